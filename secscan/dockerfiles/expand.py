"""Replaces variables as the builder does, as far as the file tells their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from secscan.targets.source_dockerfile import words

_LONGEST = 4096
"""Characters of an expanded text. Variables that hold variables grow without measure."""
_DEEPEST = 8
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Variable:
    """What the file says of a variable."""

    value: str | None
    """None where only the one who builds knows it."""
    given: bool = False
    """Whether whoever builds can give another value: it comes from an ARG."""
    lasts: bool = False
    """Whether stages built on this one see it: it is an ENV."""


class Variables(Protocol):
    """What knows variables."""

    def get(self, name: str, /) -> Variable | None:
        """Return a variable by its name."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """A text with its variables replaced."""

    text: str
    known: bool = True
    """Whether every variable in it had a value."""
    given: bool = False
    """Whether one of them is an ARG."""


def expand(text: str, variables: Variables, escape: str = "\\") -> Expanded:
    """Return a text without quotes and with its variables replaced; those that nobody knows stay as written."""
    return _Expander(variables, escape).expand(text)


def pairs(line: str, escape: str = "\\", *, old_form: bool = True) -> Iterator[tuple[str, int, int]]:
    """Yield the names of an ENV, ARG or LABEL, and where the value of each stands in the line, quotes included.

    In the old form (`ENV NAME value`), which ARG does not have, all that follows is the value.
    """
    found = list(words(line, escape))
    if old_form and found and "=" not in line[slice(*found[0])]:
        start, end = found[0]
        if len(found) > 1:
            yield line[start:end], found[1][0], len(line.rstrip())
        return
    for start, end in found:
        name, equals, _ = line[start:end].partition("=")
        if equals:
            yield unquoted(name), start + len(name) + 1, end


def unquoted(text: str) -> str:
    """Return a text without the quotes around it."""
    bare = text.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" else bare


class _Expander:
    def __init__(self, variables: Variables, escape: str) -> None:
        self._variables = variables
        self._escape = escape
        self._known, self._given = True, False

    def expand(self, text: str) -> Expanded:
        result = self._part(text[:_LONGEST], 0)
        if len(text) > _LONGEST or len(result) > _LONGEST:
            self._known = False
        return Expanded(result[:_LONGEST], self._known, self._given)

    def _part(self, text: str, depth: int) -> str:
        pieces, at, quote, length = list[str](), 0, "", 0
        while at < len(text) and length <= _LONGEST:
            char, piece, step = text[at], text[at], 1
            if char == self._escape and quote != "'":
                piece, step = text[at + 1 : at + 2], 2
            elif char == quote:
                piece, quote = "", ""
            elif char in "\"'" and not quote:
                piece, quote = "", char
            elif char == "$" and quote != "'":
                piece, step = self._variable(text, at, depth)
            pieces.append(piece)
            length += len(piece)
            at += step
        return "".join(pieces)

    def _variable(self, text: str, at: int, depth: int) -> tuple[str, int]:
        """What a variable at `at` stands for, and how long it is as written."""
        braces = text.startswith("${", at)
        name = _NAME.match(text, at + 1 + braces)
        if name is None:
            return "$", 1
        if not braces:
            return self._value(name.group(), text[at : name.end()]), name.end() - at
        end = _closing(text, name.end())
        written = text[at : end + 1]
        rest = text[name.end() : end]
        found = self._variables.get(name.group())
        value = found.value if found else None
        operator = rest.lstrip(":")[:1]
        if end == len(text) or depth >= _DEEPEST or (rest and operator not in ("-", "+", "?")):
            self._known = False
            return written, len(written)
        if operator in ("-", "+") and found is not None and found.given:
            self._given = True
        if operator == "-" and (value is None or (not value and rest.startswith(":"))):
            return self._part(rest.lstrip(":")[1:], depth + 1), len(written)
        if operator == "+":
            is_set = value is not None and bool(value or not rest.startswith(":"))
            return (self._part(rest.lstrip(":")[1:], depth + 1) if is_set else ""), len(written)
        return self._value(name.group(), written), len(written)

    def _value(self, name: str, written: str) -> str:
        found = self._variables.get(name)
        if found is not None and found.given:
            self._given = True
        if found is None or found.value is None:
            self._known = False
            return written
        return found.value


def _closing(text: str, at: int) -> int:
    """Where the brace stands that closes one opened before `at`; the end of the text where there is none."""
    depth = 1
    while at < len(text):
        if text[at] == "}":
            depth -= 1
            if not depth:
                return at
        elif text.startswith("${", at):
            depth += 1
        at += 1
    return at
