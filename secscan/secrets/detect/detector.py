"""Finds the secrets in one text: rules in the order of how much they know, then what the text encodes.

Nothing here reads a file, and no value leaves in the clear: a candidate holds a `Secret`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import replace

from secscan.findings.levels import Confidence
from secscan.findings.paths import is_test_path
from secscan.secrets.detect.candidate import Candidate, Judged, Rejected
from secscan.secrets.detect.contexts import contexts
from secscan.secrets.detect.encodings import encoded
from secscan.secrets.detect.structures import structures

_LESS_SURE = {Confidence.HIGH: Confidence.MEDIUM, Confidence.MEDIUM: Confidence.LOW, Confidence.LOW: Confidence.LOW}


def detect(text: str, path: str = "") -> tuple[Candidate, ...]:
    """Return the secrets of a text, in their order. `path` is the file it comes from: it says what its form is."""
    return explain(text, path)[0]


def explain(text: str, path: str = "") -> tuple[tuple[Candidate, ...], tuple[Rejected, ...]]:
    """Return the secrets of a text, and what was looked at and not taken, each with its reason.

    Of two rules that see the same place the first decides. In tests, examples and documentation a candidate counts
    one step less.
    """
    places = _Places()
    places.judge(structures(text))
    places.judge(contexts(text, path, places.is_free))
    for inner in encoded(text):
        # Of words in it nobody knows what they mean; what has a structure of its own is what it is in any form.
        within = (one for one in structures(inner.text) if isinstance(one, Candidate))
        places.judge(replace(one, start=inner.start, end=inner.end, form=inner.form) for one in within)
    found = sorted(places.found, key=lambda one: (one.start, one.end))
    if is_test_path(path):
        found = [replace(one, confidence=_LESS_SURE[one.confidence]) for one in found]
    return tuple(found), tuple(sorted(places.rejected, key=lambda one: (one.start, one.end)))


class _Places:
    """What was decided, and where: a place that a rule has decided on is decided."""

    def __init__(self) -> None:
        self.found: list[Candidate] = []
        self.rejected: list[Rejected] = []
        self._taken: list[tuple[int, int]] = []

    def is_free(self, start: int, end: int) -> bool:
        """Whether no rule has decided on this place, or on a part of it."""
        at = bisect_left(self._taken, (start, end))
        return not any(first < end and start < last for first, last in self._taken[max(0, at - 1) : at + 1])

    def judge(self, judged: Iterable[Judged]) -> None:
        for one in judged:
            if not self.is_free(one.start, one.end):
                continue
            insort(self._taken, (one.start, one.end))
            if isinstance(one, Candidate):
                self.found.append(one)
            else:
                self.rejected.append(one)
