"""Which statements lie on the way of a data flow that a taint rule followed.

A pattern often points at where a dangerous text is built (`query = "..." % name`), a taint rule at where it is used
(`cursor.execute(query)`): one defect, in two statements. The steps of the trace lead from the one to the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping

from secscan.findings.model import Finding, Region, Source

Key = tuple[str, tuple[int, int], str]
"""Path, start of the statement, class of defect."""
Group = list[Finding]
Groups = Mapping[Key, list[Group]]

SANITIZER_SEEN = "sanitizer-seen"
"""Note of a source that is evidence: a taint rule followed the flow to this place and saw a sanitizer on the way."""

_Extent = tuple[tuple[int, int], tuple[int, int], Key]
"""Where a statement begins and ends, and which it is."""
_NO_COLUMN = 1_000_000_000


def is_evidence(finding: Finding) -> bool:
    """Whether the finding only tells that a sanitizer was seen."""
    for source in finding.sources:
        if source.note != SANITIZER_SEEN:
            return False
    return bool(finding.sources)


def is_traced(finding: Finding) -> bool:
    """Whether a taint rule followed a flow from a source to the place, with no sanitizer on the way."""
    return bool(finding.trace) and not is_evidence(finding)


def start_of(region: Region | None) -> tuple[int, int]:
    """Return line and column where a region begins; (0, 0) for none."""
    return (region.start_line, region.start_column) if region else (0, 0)


class Flows:
    """The flows through the statements of all groups."""

    def __init__(self, groups: Groups) -> None:
        self._statements = _Statements(groups)
        self._judged = {key for key, here in groups.items() if any(map(is_traced, _all(here)))}
        self._sinks: dict[Key, Group] = {}
        self._cleared: dict[Key, list[Source]] = defaultdict(list)
        for key, here in groups.items():
            for group in here:
                for finding in group:
                    self._follow(key, group, finding)

    def sink_of(self, key: Key) -> Group | None:
        """Return the group at the sink of a traced flow that leads through this statement, if there is one and no
        flow was traced to the statement itself. The first in order, if there are several."""
        return self._sinks.get(key)

    def cleared_by(self, key: Key) -> list[Source]:
        """Return the evidence of a sanitizer on flows through this statement, if none was traced to it."""
        return self._cleared.get(key, [])

    def _follow(self, key: Key, group: Group, finding: Finding) -> None:
        for step in finding.trace:
            passed = self._statements.around(step.path, key[2], start_of(step.region))
            if passed is None or passed == key or passed in self._judged:
                continue
            if is_evidence(finding):
                self._cleared[passed].extend(finding.sources)
            else:
                self._sinks.setdefault(passed, group)


class _Statements:
    """Finds the statement around a position, among those that have findings."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self._keys: dict[tuple[str, str], list[Key]] = defaultdict(list)
        for key in groups:
            self._keys[key[0], key[2]].append(key)
        self._spans: dict[tuple[str, str], list[_Extent]] = {}

    def around(self, path: str, about: str, position: tuple[int, int]) -> Key | None:
        spans = self._spans.get((path, about))
        if spans is None:  # few files have flows
            keys = self._keys.get((path, about), ())
            spans = self._spans[path, about] = sorted(extent for key in keys for extent in self._extent(key))
        index = bisect_right(spans, position, key=lambda span: span[0]) - 1
        return spans[index][2] if index >= 0 and position < spans[index][1] else None

    def _extent(self, key: Key) -> Iterator[_Extent]:
        for finding in _all(self._groups[key]):
            region = finding.location.statement or finding.location.region
            if region is not None:
                yield start_of(region), (region.last_line, region.end_column or _NO_COLUMN), key
            return


def _all(groups: list[Group]) -> Iterator[Finding]:
    return (finding for group in groups for finding in group)
