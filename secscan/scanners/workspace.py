"""Where scanners are shown a file: in place, or as a private copy where tools would lose it without a word.

Measured: semgrep counts a file as scanned that it cannot decode (UTF-16) or whose name is not UTF-8, and finds
nothing in it; semgrep passes over Python files without `.py`; a name that begins with `-` is an option. A copy has a
harmless name, and Python source in another encoding is UTF-8 in it, with the same lines and the same columns in
characters.
"""

from __future__ import annotations

import codecs
import re
import threading
import warnings
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from secscan.byte_order import byte_order_mark
from secscan.errors import TargetError
from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.findings.paths import encode_path, os_path
from secscan.leftovers import private_folder
from secscan.targets.contract import Target

_MOST_BYTES = 20_000_000
"""Larger files are shown as they are; no tool parses Python source of this size."""

_PYTHON_SUFFIXES = (".py", ".pyi")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,16}$")
# PEP 263: in a comment on the first line, or on the second after a line that is blank or a comment.
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_COOKIE_WORD = re.compile(r"coding[:=]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANK = re.compile(r"^[ \t\f]*(?:#.*)?$")
_REFUSED_CODECS = frozenset({"idna", "punycode"})
"""Encodings whose decoders take time that grows with the square of the input."""


class Workspace:
    """Gives each file in scope a place on disk at which a tool can be shown it. A context manager."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._files = {file.path: file for file in target.files}
        self._placed: dict[str, Path] = {}
        self._lock = threading.Lock()
        self._closing = ExitStack()
        self._folder: Path | None = None
        self._root_is_plain = _is_plain(str(target.root))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def place(self, path: str) -> Path:
        """Return the absolute path at which a file in scope, given by path text, can be scanned.

        Raises `KeyError` for a file that is not in scope. A file that has changed since the target was opened is
        shown in place; `verify` tells of it.
        """
        with self._lock:
            if path not in self._placed:
                self._placed[path] = self._find_place(path)
            return self._placed[path]

    def verify(self) -> tuple[Gap, ...]:
        """Return a gap for each file that was placed and whose content is no longer the one that was counted."""
        gaps = []
        for path in sorted(self._placed):
            try:
                self._target.read(path)
            except TargetError:
                gaps.append(
                    Gap(
                        scanner="secscan",
                        kind=GapKind.UNREADABLE,
                        subject=path,
                        detail="the file was changed while it was scanned, so nobody knows which content was judged",
                        remedy="scan again when nothing writes to the tree",
                    )
                )
        return tuple(gaps)

    def _find_place(self, path: str) -> Path:
        python = self._files[path].language == "python"
        original = self._target.root / os_path(path)
        plain = self._root_is_plain and _is_plain(path) and (not python or path.endswith(_PYTHON_SUFFIXES))
        if plain and not python:
            return original
        try:
            data = self._target.read(path)
        except TargetError:
            return original
        converted = python_in_utf8(data) if python and len(data) <= _MOST_BYTES else None
        if plain and converted is None:
            return original
        suffix = _SUFFIX.search(path)
        name = ".py" if python and not path.endswith(_PYTHON_SUFFIXES) else suffix.group() if suffix else ""
        return self._copy(f"file{name}", data if converted is None else converted)

    def _copy(self, name: str, data: bytes) -> Path:
        if self._folder is None:
            self._folder = self._closing.enter_context(private_folder()).resolve()
        folder = self._folder / f"{len(self._placed):06d}"
        folder.mkdir()
        place = folder / name
        place.write_bytes(data)
        return place


def python_in_utf8(data: bytes) -> bytes | None:
    """Return Python source as UTF-8 without a byte order mark, or None where it needs or allows no change.

    None too where the source cannot be decoded: the scanner's own complaint is then the gap.
    """
    mark, encoding = byte_order_mark(data)
    encoding = encoding or _declared(data)
    if not mark and encoding in ("", "utf-8"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unicode_escape warns of escapes that mean nothing
            text = data[len(mark) :].decode(encoding)
        return _without_cookie(text).encode("utf-8")
    except (UnicodeError, LookupError):  # LookupError: a codec that is not of text, such as rot13
        return None


def _declared(data: bytes) -> str:
    """The encoding that the source declares by PEP 263, as Python names it; empty for none or an unknown one."""
    found = next(filter(None, map(_COOKIE.match, _heading(data[:10_000].decode("latin-1")))), None)
    if found is None:
        return ""
    # Python takes `utf-8-unix` and the like, as editors write them; see `tokenize.detect_encoding`.
    short = found.group(1)[:12].lower().replace("_", "-")
    for family in ("utf-8", "latin-1", "iso-8859-1", "iso-latin-1"):
        if short == family or short.startswith(f"{family}-"):
            return codecs.lookup(family).name
    try:
        name = codecs.lookup(found.group(1)).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _REFUSED_CODECS else name


def _without_cookie(text: str) -> str:
    """Make the declaration one that no tool takes for a declaration, without moving a character."""
    end = 0
    for line in _heading(text):
        start = text.index(line, end)
        end = start + len(line)
        if _COOKIE.match(line):
            text = text[:start] + _COOKIE_WORD.sub("coding ", line) + text[end:]
    return text


def _heading(text: str) -> list[str]:
    """The lines in which Python looks for a declaration."""
    first, *more = _LINE_END.split(text, maxsplit=2)
    return [first, *more[:1]] if _BLANK.match(first) else [first]


def _is_plain(name: str) -> bool:
    """Whether a name holds nothing that a tool, or its JSON, could trip over."""
    try:
        raw = name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "%" not in name and not name.startswith("-") and "/-" not in name and encode_path(raw) == name
