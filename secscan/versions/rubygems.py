"""RubyGems' version order. Source: the documentation of `Gem::Version`."""

from __future__ import annotations

import functools
import re
from itertools import zip_longest

_VERSION = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
_SEGMENT = re.compile(r"[0-9]+|[a-z]+", re.IGNORECASE)


def key(text: str) -> object | None:
    """Return what a gem's version is compared by; None for a text that is none."""
    text = text.strip()
    if not _VERSION.fullmatch(text):
        return None
    segments = [int(one) if one.isdecimal() else one for one in _SEGMENT.findall(text.replace("-", ".pre."))]
    first_word = next((at for at, one in enumerate(segments) if isinstance(one, str)), len(segments))
    return _Key((*_without_zeros(segments[:first_word]), *_without_zeros(segments[first_word:])))


def _without_zeros(segments: list[int | str]) -> list[int | str]:
    end = len(segments)
    while end and segments[end - 1] == 0:
        end -= 1
    return segments[:end]


@functools.total_ordering
class _Key:
    """Segments: a word (a pre-release) before every number; where one version ends it goes on with zeros."""

    def __init__(self, segments: tuple[int | str, ...]) -> None:
        self._segments = segments

    def __repr__(self) -> str:
        return str(self._segments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._segments == other._segments

    def __lt__(self, other: _Key) -> bool:
        for mine, theirs in zip_longest(self._segments, other._segments, fillvalue=0):
            if mine != theirs:
                return _rank(mine) < _rank(theirs)
        return False

    def __hash__(self) -> int:
        return hash(self._segments)


def _rank(segment: int | str) -> tuple[int, int, str]:
    return (0, 0, segment) if isinstance(segment, str) else (1, segment, "")
