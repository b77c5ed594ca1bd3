"""Jupyter notebooks as files: which language their code is in, and where in the file each character of it stands.

https://nbformat.readthedocs.io/en/latest/format_description.html, of version 4, and version 3 with its worksheets. The
places of the parts are worked out by stepping over members whose length the decoder tells, so that outputs of megabytes
cost next to nothing.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from secscan.findings.levels import GapKind

PYTHON, OTHER = "notebook", "other-notebook"
"""The languages of `targets.languages` that a notebook may have."""
MOST_BYTES = 20_000_000
"""A larger notebook is not taken apart."""

_BLANK = rb"[ \t\r\n]*+"
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_OPENS = {"{": re.compile(_BLANK + rb"\{" + _BLANK), "[": re.compile(_BLANK + rb"\[" + _BLANK)}
_KEY = re.compile(_BLANK + rb"(" + _STRING + rb")" + _BLANK + rb":" + _BLANK)
_COMMA = re.compile(_BLANK + rb"," + _BLANK)
_NO_NUMBER = re.compile(rb"(" + _STRING + rb")|\bNaN\b|\bInfinity\b", re.DOTALL)
_HALVES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)
_PIECE = re.compile(
    rb"[^\\]++|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)
_LINE_END = re.compile("\r\n?")


class NotebookError(Exception):
    """It is no notebook that can be taken apart."""

    def __init__(self, why: str, kind: GapKind = GapKind.UNPARSABLE) -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True)
class CodeCell:
    """A cell with code."""

    number: int
    """Its position among all cells, from 1."""
    text: str
    """Its lines, which end at `\\n`."""
    offsets: array[int]
    """For each character, and for the end, the byte of the file at which it stands."""


class _Spec(msgspec.Struct):
    name: object = None
    language: object = None


class _Metadata(msgspec.Struct):
    kernelspec: _Spec | None = None
    language_info: _Spec | None = None


class _Head(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


def language_of(data: bytes) -> str:
    """Return `notebook`, or `other-notebook` for one of another language than Python.

    What cannot be read is for those to tell who try. Python is what it counts as unless all that it says of itself
    speaks against that: a name is quickly changed, and Jupyter starts the kernel of the name in any case.
    """
    try:
        metadata = msgspec.json.decode(_as_json(data), type=_Head).metadata
    except (msgspec.MsgspecError, RecursionError):
        return PYTHON
    kernel, info = metadata.kernelspec or _Spec(), metadata.language_info or _Spec()
    told = [one for one in (kernel.language, info.name) if isinstance(one, str) and one]
    names = [*told, kernel.name if isinstance(kernel.name, str) else ""]
    return PYTHON if not told or any("python" in name.lower() for name in names) else OTHER


def code_cells(data: bytes) -> tuple[CodeCell, ...]:
    """Return the cells with code in their order. Raises `NotebookError`."""
    if len(data) > MOST_BYTES:
        raise NotebookError(f"more than {MOST_BYTES} bytes", GapKind.TOO_LARGE)
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    try:
        data[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotebookError("its bytes are not UTF-8", GapKind.ENCODING) from error
    patched = data[:start] + _as_json(data[start:])
    try:
        root = dict(_members(patched, start, patched[start:]))
        return tuple(_code(patched, root))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise NotebookError(f"it is not the JSON of a notebook ({str(error)[:100]})") from error


_Part = tuple[int, bytes]
"""A value: the byte at which it begins, and its JSON."""


def _code(data: bytes, root: dict[str, _Part]) -> Iterator[CodeCell]:
    number = 0
    for at, cell in _all_cells(data, root):
        number += 1
        members = dict(_members(data, at, cell))
        kind = _text_of(members.get("cell_type"))
        source = members.get("source") or members.get("input")
        if kind != "code":
            if kind is None:
                raise NotebookError(f"nobody knows of which kind its cell {number} is")
            continue
        if source is None:
            raise NotebookError(f"its cell {number} has no source")
        yield _cell(number, source[0], _strings(data, *source))


def _all_cells(data: bytes, root: dict[str, _Part]) -> Iterator[_Part]:
    if "cells" in root:
        yield from _elements(data, *root["cells"])
    elif "worksheets" in root:
        for at, sheet in _elements(data, *root["worksheets"]):
            cells = dict(_members(data, at, sheet)).get("cells")
            yield from _elements(data, *cells) if cells else ()
    else:
        raise NotebookError("it has no cells")


def _text_of(part: _Part | None) -> str | None:
    return msgspec.json.decode(part[1], type=str) if part else None


def _strings(data: bytes, at: int, value: bytes) -> Iterator[_Part]:
    if value.startswith(b'"'):
        yield at, value
        return
    for part in _elements(data, at, value):
        if not part[1].startswith(b'"'):
            raise NotebookError("the source of a cell is no text")
        yield part


def _members(data: bytes, at: int, value: bytes) -> Iterator[tuple[str, _Part]]:
    """The members of an object, each with the place of its value."""
    found = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    position = _after(_OPENS["{"], data, at)
    for number, (name, raw) in enumerate(found.items()):
        position = _after(_COMMA, data, position) if number else position
        key = _KEY.match(data, position)
        inner = bytes(raw)
        if key is None or msgspec.json.decode(key[1], type=str) != name or not data.startswith(inner, key.end()):
            raise NotebookError("a member of it stands there twice")
        yield name, (key.end(), inner)
        position = key.end() + len(inner)
    if data[position : at + len(value)].strip() != b"}":
        raise NotebookError("a member of it stands there twice")


def _elements(data: bytes, at: int, value: bytes) -> Iterator[_Part]:
    """The elements of an array, each with its place."""
    position = _after(_OPENS["["], data, at)
    for number, raw in enumerate(msgspec.json.decode(value, type=list[msgspec.Raw])):
        position = _after(_COMMA, data, position) if number else position
        inner = bytes(raw)
        yield position, inner
        position += len(inner)


def _after(pattern: re.Pattern[bytes], data: bytes, position: int) -> int:
    found = pattern.match(data, position)
    if found is None:
        raise NotebookError("it is not the JSON of a notebook")
    return found.end()


def _cell(number: int, start: int, strings: Iterable[_Part]) -> CodeCell:
    """Put the strings of a cell together."""
    texts: list[str] = []
    offsets = array("q")
    end = start
    for at, string in strings:
        for piece in _PIECE.finditer(string, 1, len(string) - 1):
            raw, place = piece[0], at + piece.start()
            if raw.startswith(b"\\"):
                text = msgspec.json.decode(b'"' + raw + b'"', type=str)
                offsets.append(place)
            else:
                text = raw.decode("utf-8")
                offsets.extend(_starts(text, place))
            texts.append(text)
        end = at + len(string) - 1
    offsets.append(end)
    text = "".join(texts)
    return CodeCell(number, *_with_plain_ends(text, offsets)) if "\r" in text else CodeCell(number, text, offsets)


def _starts(text: str, place: int) -> Iterator[int] | range:
    if text.isascii():
        return range(place, place + len(text))
    return _wide_starts(text, place)


def _wide_starts(text: str, place: int) -> Iterator[int]:
    for char in text:
        yield place
        place += len(char.encode("utf-8"))


def _with_plain_ends(text: str, offsets: array[int]) -> tuple[str, array[int]]:
    """The same with `\\n` at the end of each line."""
    dropped = {found.start() for found in _LINE_END.finditer(text) if found[0] == "\r\n"}
    kept = array("q", (offset for at, offset in enumerate(offsets) if at not in dropped))
    return _LINE_END.sub("\n", text), kept


def _as_json(data: bytes) -> bytes:
    """The same, as long, with what Python writes and the standard does not have: numbers that are none become 0, and
    halves of characters U+FFFD."""
    if b"NaN" in data or b"Infinity" in data:
        data = _NO_NUMBER.sub(lambda found: found[0] if found[1] is not None else b"0".ljust(len(found[0])), data)
    if b"\\ud" in data or b"\\uD" in data:
        data = _HALVES.sub(lambda found: found[0] if found[1] is None else b"\\ufffd", data)
    return data
