"""Finds known secrets in a text: whole ones and large parts, in all their forms, in time linear in the text.

Every form is remembered by a few seeds of six characters, placed so densely that any part of at least `_SHARE` of
the form holds one. A text is read once, six characters at a time; where a seed occurs, the match is extended in both
directions and counts if it is long enough. Compared with an Aho-Corasick automaton this finds parts, too (tools cut
long lines), needs no library, and holds 10,000 secrets in some tens of megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from secscan.secrets.forms import forms
from secscan.secrets.mask import Span
from secscan.secrets.strength import is_plain

SEED = 6
_SHARE = 0.6
"""A part of a form that is at least this share of it is masked. Two thirds of a secret are as good as the secret;
below that is a margin for encodings."""

_EFFORT = 20
"""Comparisons per character of text, beyond `_FREE_EFFORT`, after which the text is called hostile."""
_FREE_EFFORT = 500_000


class HostileText(Exception):
    """The text was made to match thousands of secrets half-way. It is masked as a whole."""


class _Seed(NamedTuple):
    form: str
    offset: int
    needed: int
    kind: str


class KnownSecrets:
    """An index of known secrets."""

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        """`secrets`: values of at least eight characters, each with its kind."""
        self._seeds: dict[str, list[_Seed]] = {}
        for value, kind in secrets:
            for form in forms(value):
                self._add(form, kind)

    def _add(self, form: str, kind: str) -> None:
        needed = max(SEED, int(len(form) * _SHARE))
        step = needed - SEED + 1
        last = len(form) - SEED
        for offset in {*range(0, last + 1, step), last}:
            seeds = self._seeds.setdefault(form[offset : offset + SEED], [])
            seeds.append(_Seed(form, offset, needed, kind))

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where the text holds a known secret or a large part of one.

        Raises `HostileText` where that would take more than linear time.
        """
        seeds = self._seeds
        if not seeds:
            return
        effort = _FREE_EFFORT + _EFFORT * len(text)
        covered = 0
        for at in [at for at in range(len(text) - SEED + 1) if text[at : at + SEED] in seeds]:
            if at + SEED <= covered:
                continue
            for seed in seeds[text[at : at + SEED]]:
                start, end = _extended(text, at, seed)
                effort -= end - start
                if end - start >= seed.needed and _telling(text[start:end], seed.form):
                    covered = max(covered, end)
                    yield Span(start, end, seed.kind)
                if effort < 0:
                    raise HostileText


def _extended(text: str, at: int, seed: _Seed) -> tuple[int, int]:
    """The longest stretch around `at` on which the text equals the form."""
    form, before = seed.form, seed.offset
    start = at
    while before > 0 and start > 0 and text[start - 1] == form[before - 1]:
        before -= 1
        start -= 1
    after, end = seed.offset + SEED, at + SEED
    while after < len(form) and end < len(text) and text[end] == form[after]:
        after += 1
        end += 1
    return start, end


def _telling(part: str, form: str) -> bool:
    """Whether the part belongs to this secret and not to the language: `password` is a part of `password1`."""
    if len(part) == len(form) or len(part) >= 16 or not is_plain(part):
        return True
    return len(part) >= 8 and part[0].isdigit()
