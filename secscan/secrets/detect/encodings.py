"""What a text encodes: base64 and percent-encoding, opened to look inside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from secscan.secrets.detect.checksums import decode_base64

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])(?P<v>[A-Za-z0-9+/_-]{24,20000}+={0,2})")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_BREAK = re.compile(r"[\s\"'<>]")
_LAST_BREAK = re.compile(r".*[\s\"'<>]", re.DOTALL)
_WORD = 2000
"""Characters before and behind an escaped one that can belong to the same word."""
_DEEPEST = 3
"""Encodings within encodings that are opened."""


class Inner(NamedTuple):
    """What stands in a text in another form, and where."""

    text: str
    start: int
    end: int
    form: str


def encoded(text: str) -> Iterator[Inner]:
    """Yield the texts that a text encodes, and what those encode again."""
    for found in _BASE64.finditer(text):
        inner = _opened(found["v"])
        for _ in range(_DEEPEST):
            if inner is None:
                break
            yield Inner(inner, found.start("v"), found.end("v"), "base64")
            inner = _opened(inner.strip()) if "\n" not in inner.strip() else None
    for start, end in _escaped_words(text):
        inner = unquote(text[start:end])
        if inner.isprintable():
            yield Inner(inner, start, end, "url-encoded")


def _opened(text: str) -> str | None:
    """What base64 text stands for, if that is text."""
    try:
        inner = decode_base64(text).decode("utf-8")
    except ValueError:
        return None
    return inner if inner and all(char.isprintable() or char in "\n\r\t" for char in inner) else None


def _escaped_words(text: str) -> Iterator[tuple[int, int]]:
    """Where the words stand that hold a character as `%XX`."""
    at = 0
    while (found := _PERCENT.search(text, at)) is not None:
        before = max(at, found.start() - _WORD)
        broken = _LAST_BREAK.match(text, before, found.start())
        after = _BREAK.search(text, found.end(), found.end() + _WORD)
        at = after.start() if after else min(len(text), found.end() + _WORD)
        yield broken.end() if broken else before, at
