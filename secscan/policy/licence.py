"""What a licence lets one choose, by its SPDX expression: `MIT OR GPL-3.0-only` can be taken as MIT.

Expressions: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/. A licence with an exception is allowed
where the licence itself is: an exception only adds to what is permitted.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

_TOKEN = re.compile(r"[()]|[^\s()]+")
_LONGEST = 1_000
_DEEPEST = 30

Allowed = Callable[[str], bool]
Choice = Callable[[Allowed], bool]
"""Tells whether one of the choices has only licences that are allowed."""


@functools.lru_cache(maxsize=4096)
def choice_of(licence: str) -> Choice | None:
    """Return what a licence lets one choose; None for a text that is no expression."""
    words = _TOKEN.findall(licence) if len(licence) <= _LONGEST else []
    words.reverse()
    try:
        found = _any(words, 0)
    except ValueError:
        return None
    return None if words else found


def _any(words: list[str], depth: int) -> Choice:
    parts = [_all(words, depth)]
    while words and words[-1].upper() == "OR":
        words.pop()
        parts.append(_all(words, depth))
    return lambda allowed: any(part(allowed) for part in parts)


def _all(words: list[str], depth: int) -> Choice:
    parts = [_one(words, depth)]
    while words and words[-1].upper() == "AND":
        words.pop()
        parts.append(_one(words, depth))
    return lambda allowed: all(part(allowed) for part in parts)


def _one(words: list[str], depth: int) -> Choice:
    word = words.pop() if words else ""
    if word == "(" and depth < _DEEPEST:
        found = _any(words, depth + 1)
        if not words or words.pop() != ")":
            raise ValueError("a bracket that does not close")
        return found
    if word in ("", "(", ")") or word.upper() in ("AND", "OR", "WITH"):
        raise ValueError("a licence is missing")
    whole = word
    if words and words[-1].upper() == "WITH":
        words.pop()
        whole = f"{word} WITH {words.pop() if words else ''}"
    return lambda allowed: allowed(whole) or allowed(word)
