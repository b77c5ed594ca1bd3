"""Path text: how a file name, which may be any bytes, is written as text that loses nothing.

Almost every path is written as it is. `%`, control characters, the backslash, bidirectional and other
invisible characters, and bytes that are not UTF-8 are written as `%XX` per byte. So path text
is always valid Unicode, never moves a cursor, and turns back into exactly the bytes it came from.
"""

from __future__ import annotations

import os
import re
from functools import cache
from urllib.parse import unquote_to_bytes

from secscan.findings.visible import is_visible

_TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|test[_-]data|fixtures?|spec|specs|__tests__|mocks?|__mocks__|examples?|samples?|demos?|docs?|documentation|e2e)(?:/|$)"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest|[^/]*[.-](?:test|spec|fixture|example|sample|template|dist|mock))\.[a-z0-9]{1,8}$",
    re.IGNORECASE,
)


def encode_path(raw: bytes) -> str:
    """Return the path text of a file name given as bytes."""
    text = raw.decode("utf-8", errors="surrogateescape")
    if text.isascii() and text.isprintable() and "%" not in text and "\\" not in text:
        return text
    return "".join(_encode(char) for char in text)


def decode_path(text: str) -> bytes:
    """Return the bytes of the file name that `text` stands for."""
    return unquote_to_bytes(text)


def os_path(text: str) -> str:
    """Return path text as a name the operating system takes (see `os.fsdecode`)."""
    return os.fsdecode(decode_path(text))


@cache
def is_test_path(path: str) -> bool:
    """Whether a file's path says that it holds tests, examples or documentation. Anybody can choose a path, so what
    stands in one counts less and is never left out."""
    return _TEST_PATH.search(path) is not None


def _encode(char: str) -> str:
    if is_visible(char) and char not in "%\\":
        return char
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", errors="surrogateescape"))
