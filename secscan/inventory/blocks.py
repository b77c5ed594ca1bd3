"""The indented text that yarn, pnpm and Dart's pub write: a small part of YAML, and yarn's own form of it.

A general YAML reader takes 30 microseconds for every word; a lock file has a hundred thousand. This one is linear and
reads only what those programs write: mappings by indentation, lists with `-`, values on one line (also `{a: b}` and
`[a, b]`), quoted texts and block texts, which are passed over. Anything else is an error: it is never guessed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 50

_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'|[^\s"'#\[\]{},&*!|>%@`][^"'\n]*?|@[^"'\n]*?)(?P<colon>:(?=\s|$)|(?=\s))(?P<rest>.*)"""
)
_NAME = r"""(?:"[^"\\]*+"|[^\s"',]++)"""
_SEVERAL = re.compile(rf"{_NAME}(?:, {_NAME})+")
_FLOW = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'|[\[\]{},]|:(?=[\s,\[\]{}]|$)|[^\s"'\[\]{},](?:[^,\[\]{}:]|:(?!\s))*+)"""
)
_BLOCK_TEXT = re.compile(r"[|>][-+0-9]*")


class Block(dict[str, Any]):
    """A mapping that knows the lines of its members."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: Any, line: int) -> None:
        """Add a member; a name that is given twice is an error."""
        if key in self:
            raise ValueError(f"line {line}: {key[:60]!r} is given twice")
        self[key] = value
        self.lines[key] = line


@dataclass(slots=True)
class _Line:
    number: int
    indent: int
    text: str


def read_blocks(text: str) -> Block:
    """Return the one document of a text. Values are texts, blocks or lists. Raises `ValueError`."""
    documents = read_documents(text)
    if len(documents) > 1:
        raise ValueError("it holds more than one document")
    return documents[0] if documents else Block()


def read_documents(text: str) -> list[Block]:
    """Return the documents of a text, which `---` parts: pnpm writes one for itself before that of the project."""
    documents: list[list[_Line]] = [[]]
    for number, raw in enumerate(text.splitlines(), start=1):
        bare = raw.strip()
        if raw.startswith("---"):
            documents.append([])
        elif bare and not bare.startswith("#"):
            documents[-1].append(_Line(number, len(raw) - len(raw.lstrip(" ")), bare))
    return [_Reader(lines).document() for lines in documents if lines]


class _Reader:
    def __init__(self, lines: list[_Line]) -> None:
        self._lines = lines
        self._at = 0

    def document(self) -> Block:
        found = self._mapping(0, 0)
        if self._at < len(self._lines):
            raise self._wrong("it is not indented as its neighbours")
        return found

    def _wrong(self, why: str) -> ValueError:
        line = self._lines[min(self._at, len(self._lines) - 1)]
        return ValueError(f"line {line.number}: {why}")

    def _next(self) -> _Line | None:
        return self._lines[self._at] if self._at < len(self._lines) else None

    def _mapping(self, indent: int, depth: int) -> Block:
        if depth > MAX_DEPTH:
            raise self._wrong("it is nested too deep")
        block = Block()
        while (line := self._next()) and line.indent == indent and not line.text.startswith("- "):
            key, rest = self._key(line)
            self._at += 1
            block.put(key, self._value(rest, indent, depth), line.number)
        return block

    def _key(self, line: _Line) -> tuple[str, str]:
        """Name and rest of a line: `name: rest`, yarn's `name rest`, or `? name` with `: rest` in the next line."""
        if line.text.startswith("? "):
            self._at += 1
            value = self._next()
            if value is None or not value.text.startswith(":"):
                raise self._wrong("a name without a value")
            return scalar(line.text[2:].strip()), value.text[1:].strip()
        if line.text.endswith(":") and _SEVERAL.fullmatch(line.text[:-1]):  # yarn 1: `a@^1, "a@>=1 <2":`
            return line.text[:-1], ""
        found = _KEY.fullmatch(line.text)
        if found:
            return scalar(found["key"]), found["rest"].strip()
        raise self._wrong("it is not `name: value`")

    def _value(self, rest: str, indent: int, depth: int) -> Any:
        line = self._next()
        if not rest or rest.startswith("#"):
            if line and line.text.startswith("- ") and line.indent >= indent:
                return self._list(line.indent, depth + 1)
            if line and line.indent > indent:
                return self._mapping(line.indent, depth + 1)
            return ""
        if _BLOCK_TEXT.fullmatch(rest):
            while (line := self._next()) and line.indent > indent:
                self._at += 1
            return ""
        if line and line.indent > indent:
            return self._folded(rest, indent)
        return flow(rest)

    def _folded(self, rest: str, indent: int) -> str:
        """A text that goes on in the lines below."""
        parts = [rest]
        while (line := self._next()) and line.indent > indent:
            parts.append(line.text)
            self._at += 1
        return scalar(" ".join(parts))

    def _list(self, indent: int, depth: int) -> list[Any]:
        if depth > MAX_DEPTH:
            raise self._wrong("it is nested too deep")
        found: list[Any] = []
        while (line := self._next()) and line.indent == indent and line.text.startswith("- "):
            inner = line.text[2:].lstrip()
            if _KEY.fullmatch(inner) and ":" in inner and inner[0] not in "\"'[{":
                # `- name: value`: a mapping that begins behind the dash
                self._lines[self._at] = _Line(line.number, indent + len(line.text) - len(inner), inner)
                found.append(self._mapping(indent + len(line.text) - len(inner), depth + 1))
                continue
            self._at += 1
            following = self._next()
            found.append(self._folded(inner, indent) if following and following.indent > indent else flow(inner))
        return found


def scalar(text: str) -> str:
    """Return a text without its quotes."""
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return str(json.loads(text, strict=False))
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return text.partition(" #")[0].rstrip()


def flow(text: str) -> Any:
    """Return the value of one line: a text, `{a: b}` or `[a, b]`."""
    if text[0] not in "{[":
        return scalar(text)
    tokens = []
    at = 0
    while at < len(text):
        found = _FLOW.match(text, at)
        if not found:
            raise ValueError(f"{text[:60]!r} is no value")
        tokens.append(found[1])
        at = found.end()
    tokens.reverse()
    value = _flow(tokens, 0)
    if tokens and not tokens[-1].startswith("#"):
        raise ValueError(f"{text[:60]!r} is more than one value")
    return value


def _flow(tokens: list[str], depth: int) -> Any:
    if not tokens or depth > MAX_DEPTH:
        raise ValueError("a value that does not end")
    first = tokens.pop()
    if first not in ("{", "["):
        return scalar(first.strip())
    block, found = Block(), []
    while tokens and tokens[-1] not in ("}", "]"):
        value = _flow(tokens, depth + 1)
        if tokens and tokens[-1] == ":":
            tokens.pop()
            member = "" if tokens and tokens[-1] in (",", "}") else _flow(tokens, depth + 1)
            block.put(str(value), member, 0)
        else:
            found.append(value)
        if tokens and tokens[-1] == ",":
            tokens.pop()
    if not tokens or tokens.pop() != ("}" if first == "{" else "]"):
        raise ValueError("a value that does not end")
    return block if first == "{" else found
