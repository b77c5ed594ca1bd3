"""One saved scan as controls ask it: its findings in order, and what was looked at; the same for all frameworks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from secscan.compliance.controls import Control, Evidence
from secscan.compliance.facts import holds
from secscan.compliance.look import Look, doubts_about_whole, look
from secscan.compliance.model import Found
from secscan.compliance.reach import within
from secscan.findings.judgement import Decision
from secscan.findings.levels import Action, Kind
from secscan.findings.model import Finding, at_each_place
from secscan.findings.scan import Scan
from secscan.findings.weaknesses import cwes_of

_Sort: TypeAlias = tuple[Kind, str, tuple[int, ...]]


@dataclass(frozen=True)
class Seen:
    """A scan with its findings at each place, as reports name them, the open ones first."""

    scan: Scan
    found: tuple[Found, ...]
    positions: Mapping[_Sort, list[int]]
    """Where in `found` each sort stands: what decides to which controls a finding belongs. There are few sorts, however
    many findings there are."""
    _looks: dict[tuple[object, ...], Look] = field(default_factory=dict)

    @classmethod
    def of(cls, scan: Scan) -> Seen:
        """Return what a scan shows, whatever the framework."""
        decisions = {one.fingerprint: one for one in scan.judgement.decisions} if scan.judgement else {}
        found = [_found(one, decisions.get(one.fingerprint)) for one in at_each_place(scan.findings)]
        found.sort(key=lambda one: (not one.open, one.severity.order, one.place))
        positions: defaultdict[_Sort, list[int]] = defaultdict(list)
        for at, one in enumerate(found):
            positions[one.kind, one.defect, one.cwes].append(at)
        return cls(scan, tuple(found), positions)

    def found_for(self, control: Control) -> tuple[Found, ...]:
        """Return the findings that belong to a control."""
        return self._at(positions for sort, positions in self.positions.items() if _belongs(sort, control))

    def found_for_none(self, controls: Sequence[Control]) -> tuple[Found, ...]:
        """Return the findings that belong to none of the controls."""
        return self._at(
            positions for sort, positions in self.positions.items() if not any(_belongs(sort, one) for one in controls)
        )

    def _at(self, positions: Iterable[list[int]]) -> tuple[Found, ...]:
        return tuple(map(self.found.__getitem__, sorted(chain.from_iterable(positions))))

    @cached_property
    def doubts_about_whole(self) -> tuple[str, ...]:
        """Why the scan is no evidence for controls that ask for facts alone; empty where it is."""
        return doubts_about_whole(self.scan)

    def look(self, evidence: Evidence) -> Look:
        """Return what was looked at for an evidence; many controls ask for the same."""
        # All that decides: which CWE ids are asked for does not, only whether anybody has a rule for one.
        asked = (evidence.kinds, evidence.scanners, evidence.facts, within(evidence))
        if asked not in self._looks:
            self._looks[asked] = look(self.scan, evidence) if evidence.kinds else _facts(self.scan, evidence)
        return self._looks[asked]


def _facts(scan: Scan, evidence: Evidence) -> Look:
    said = [holds(scan, fact) for fact in evidence.facts]
    return Look(
        looked=tuple(text for good, text in said if good),
        doubts=tuple(text for good, text in said if not good),
    )


def _belongs(sort: _Sort, control: Control) -> bool:
    return any(_concerns(evidence, *sort) for evidence in control.evidence)


def _concerns(evidence: Evidence, kind: Kind, defect: str, cwes: tuple[int, ...]) -> bool:
    if kind not in evidence.kinds:
        return False
    if not evidence.cwes and not evidence.classes:
        return True
    return defect in evidence.classes or not set(cwes).isdisjoint(evidence.cwes)


def _found(finding: Finding, decision: Decision | None) -> Found:
    decided = decision or Decision(
        fingerprint=finding.fingerprint, action=Action.BLOCK, rule="", reason="nobody decided on it"
    )
    return Found(
        fingerprint=finding.fingerprint,
        title=finding.title,
        kind=finding.kind,
        defect=finding.defect,
        severity=finding.severity,
        place=finding.place,
        by=", ".join(dict.fromkeys(f"{one.scanner} {one.rule}" for one in finding.sources)),
        cwes=tuple(sorted(cwes_of(finding))),
        action=decided.action,
        rule=decided.rule,
        reason=decided.reason,
        waiver=decided.waiver,
        due=decided.due,
        first_seen=decided.first_seen,
    )
