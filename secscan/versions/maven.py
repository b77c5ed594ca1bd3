"""Maven's version order. Source: https://maven.apache.org/pom.html#version-order-specification"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from itertools import zip_longest

_TOKEN = re.compile(r"(?P<mark>[.\-_]?)(?P<value>[0-9]+|[^0-9.\-_]*)")
_QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_SAME = {"cr": "rc", "ga": "", "final": "", "release": ""}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}


@dataclass(frozen=True)
class _Token:
    """One part of a version; `hyphen` for what begins a part of lower rank."""

    hyphen: bool
    number: int | None
    word: str = ""

    @property
    def is_null(self) -> bool:
        """Whether it says nothing at the end of a part."""
        return self.number == 0 if self.number is not None else not self.word

    @property
    def rank(self) -> tuple[int, int, str]:
        """Words before numbers, numbers after a hyphen before those after a dot."""
        if self.number is not None:
            return (1 if self.hyphen else 2, self.number, "")
        if self.word in _QUALIFIERS:
            return (0, _QUALIFIERS.index(self.word), "")
        return (0, len(_QUALIFIERS), self.word)


def key(text: str) -> object | None:
    """Return what a version of Maven is compared by; None for a text that is none.

    Maven itself takes any text. One without a number, or with blanks or braces, is an expression or a mistake.
    """
    if not re.fullmatch(r"[^\s${}\[\](),]*[0-9][^\s${}\[\](),]*", text):
        return None
    return _Key(tuple(_trimmed(_tokens(text.lower()))))


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.end() == position:
            break
        position = found.end()
        # A change between digits and letters counts as a hyphen.
        hyphen = found["mark"] == "-" or (not found["mark"] and bool(tokens))
        value = found["value"]
        if value.isdecimal() or not value:
            tokens.append(_Token(hyphen, int(value or 0)))
        else:
            digit_follows = position < len(text) and text[position].isdecimal()
            word = _SHORT.get(value, value) if digit_follows else value
            tokens.append(_Token(hyphen, None, _SAME.get(word, word)))
    return tokens


def _trimmed(tokens: list[_Token]) -> list[_Token]:
    """Without what says nothing at the end, and before each hyphen."""
    kept: list[_Token] = []
    for token in reversed(tokens):
        if token.is_null and (not kept or kept[-1].hyphen):
            continue
        kept.append(token)
    return kept[::-1]


@functools.total_ordering
class _Key:
    """Tokens, compared as if the shorter version went on with nothing of the other's kind."""

    def __init__(self, tokens: tuple[_Token, ...]) -> None:
        self._tokens = tokens

    def __repr__(self) -> str:
        return str([token.rank for token in self._tokens])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._compare(other) == 0

    def __lt__(self, other: _Key) -> bool:
        return self._compare(other) < 0

    def __hash__(self) -> int:
        return hash(self._tokens)

    def _compare(self, other: _Key) -> int:
        for mine, theirs in zip_longest(self._tokens, other._tokens):
            one, two = mine or _nothing_like(theirs), theirs or _nothing_like(mine)
            if one.rank != two.rank:
                return -1 if one.rank < two.rank else 1
        return 0


def _nothing_like(token: _Token) -> _Token:
    return _Token(token.hyphen, 0 if token.number is not None else None)
