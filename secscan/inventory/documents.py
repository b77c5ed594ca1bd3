"""Text, JSON, TOML and XML of manifests, with the lines on which things stand. Every error is a `ValueError`.

Bounded by design: the parsers below are linear in what they read.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

MAX_ELEMENTS = 500_000
"""Elements of an XML document; each costs a hundred times what its text does."""

Place = tuple[str | int, ...]
"""Where a value stands in a document: names of members and indices of elements, from the top."""

_JSON_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|[{}\[\]:,\n]')
_RELAXED = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|//[^\n]*+')
_TRAILING_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|,(?=\s*+[}\]])')


def decode_text(data: bytes) -> str:
    """Decode a manifest: UTF-8, with or without byte order mark, or UTF-16 with one."""
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is neither UTF-8 nor UTF-16 text") from None


def read_json(data: bytes, *, relaxed: bool = False) -> tuple[str, dict[str, Any]]:
    """Return text and top object of a JSON document; `relaxed` allows `//` comments and trailing commas."""
    text = decode_text(data)
    if relaxed:
        text = _TRAILING_COMMA.sub(_kept, _RELAXED.sub(_kept, text))
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return text, as_table(document)


def _kept(found: re.Match[str]) -> str:
    return found[1] or ""


def json_lines(text: str, *, depth: int) -> dict[Place, int]:
    """Return the line of every member, and of every object in an array, of a JSON text down to `depth` levels.

    The text must be valid JSON. Of a name that is given twice the last line counts, as its value does.
    """
    lines: dict[Place, int] = {}
    place: list[str | int] = []
    line, word, word_line = 1, "", 1
    for found in _JSON_TOKEN.finditer(text):
        mark = found[0]
        if mark == "\n":
            line += 1
        elif mark[0] == '"':
            word, word_line = mark, line
        elif mark == ":":
            if len(place) <= depth:
                place[-1] = json.loads(word)
                lines[tuple(place)] = word_line
        elif mark in "{[":
            if mark == "{" and place and isinstance(place[-1], int) and len(place) <= depth:
                lines[tuple(place)] = line
            place.append("" if mark == "{" else 0)
        elif mark in "}]":
            place.pop()
        elif place and isinstance(place[-1], int):
            place[-1] += 1
    return lines


def read_toml(data: bytes) -> tuple[str, dict[str, Any]]:
    """Return text and document of a TOML file."""
    import tomllib  # what reads images needs few of these parsers

    text = decode_text(data)
    try:
        return text, tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def table_lines(text: str, *headers: str) -> Iterator[int]:
    """Yield the lines on which one of the TOML headers (`[[package]]`) stands."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() in headers:
            yield number


def as_table(value: Any) -> dict[str, Any]:
    """Return an object; raises `ValueError` for anything else."""
    if not isinstance(value, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - the one error that readers turn into a gap
    return value


def table(document: Any, *names: str) -> dict[str, Any]:
    """Return the object on a path of members; an empty one where there is none, or something else."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a list; an empty one where the value is none."""
    return value if isinstance(value, list) else []


def word(value: Any) -> str:
    """Return a text; an empty one where the value is none."""
    return value if isinstance(value, str) else ""
