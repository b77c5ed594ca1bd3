"""Holds a framework against saved scans. A pure function of both: no clock, no file, no tool."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from secscan.compliance.controls import Control, Evidence, Framework
from secscan.compliance.facts import holds
from secscan.compliance.history import trends_of
from secscan.compliance.inputs import Input, Inputs, Timeline, arrange
from secscan.compliance.look import Look, look
from secscan.compliance.model import Assessment, ControlState, Found, Overall, Status, SubjectAssessment
from secscan.compliance.reach import cwes_within, within
from secscan.findings.defects import DEFECTS
from secscan.findings.judgement import Decision
from secscan.findings.levels import Action, Kind
from secscan.findings.model import Finding, at_each_place
from secscan.findings.scan import Scan

_Sort: TypeAlias = tuple[Kind, str, tuple[int, ...]]
_CWE = re.compile(r"CWE-0*([1-9]\d{0,5})")


def assess(scans: Iterable[Input], framework: Framework, *, since: str = "") -> Assessment:
    """Return what the scans show about each control of a framework; see `inputs.arrange` for what it raises."""
    return assess_arranged(arrange(scans, since=since), framework)


def assess_arranged(inputs: Inputs, framework: Framework) -> Assessment:
    """Return the same for scans that are in order already."""
    subjects = tuple(_subject(timeline, framework) for timeline in inputs.timelines)
    overall = tuple(_worst([subject.states[at] for subject in subjects]) for at in range(len(framework.map.controls)))
    return Assessment(framework=framework, subjects=subjects, overall=overall)


def _subject(timeline: Timeline, framework: Framework) -> SubjectAssessment:
    seen = [_Seen.of(one.scan) for one in timeline.inputs]
    states = [tuple(_state(one, control) for control in framework.map.controls) for one in seen]
    mapped = {found.fingerprint for state in states[-1] for found in state.found}
    return SubjectAssessment(
        subject=timeline.subject,
        states=states[-1],
        trends=trends_of(timeline.inputs, states),
        unmapped=tuple(one for one in seen[-1].found if one.fingerprint not in mapped),
    )


@dataclass(frozen=True)
class _Seen:
    """A scan with its findings at each place, as reports name them."""

    scan: Scan
    found: tuple[Found, ...]
    sorts: frozenset[_Sort]
    """What decides to which controls they belong. There are few, however many findings there are."""

    @classmethod
    def of(cls, scan: Scan) -> _Seen:
        decisions = {one.fingerprint: one for one in scan.judgement.decisions} if scan.judgement else {}
        found = [_found(one, decisions.get(one.fingerprint)) for one in at_each_place(scan.findings)]
        found.sort(key=lambda one: (not one.open, one.severity.order, one.place))
        return cls(scan, tuple(found), frozenset(map(_sort, found)))


def _state(seen: _Seen, control: Control) -> ControlState:
    looks = [_look(seen.scan, evidence) for evidence in control.evidence]
    sorts = {sort for sort in seen.sorts if any(_concerns(evidence, *sort) for evidence in control.evidence)}
    found = tuple(one for one in seen.found if _sort(one) in sorts)
    doubts = () if not found and _for_people(control) else _doubts(control, looks)
    return ControlState(
        id=control.id,
        status=_status(control, found, doubts),
        found=found,
        doubts=doubts,
        tolerated=_once(text for one in looks for text in one.tolerated),
        looked=_once(text for one in looks for text in one.looked),
        cwes=len({cwe for evidence in control.evidence for cwe in evidence.cwes}),
        cwes_looked_for=len({cwe for evidence in control.evidence for cwe in cwes_within(evidence)}),
    )


def _for_people(control: Control) -> bool:
    """Whether no scanner can test it: it asks for nothing, or for what no scanner here has a rule for, and says what a
    person has to check."""
    return bool(control.manual) and not any(one.facts or within(one) for one in control.evidence)


def _doubts(control: Control, looks: Sequence[Look]) -> tuple[str, ...]:
    doubts = _once(text for one in looks for text in one.doubts)
    by_kinds = [one for one, evidence in zip(looks, control.evidence, strict=True) if evidence.kinds]
    if by_kinds and not doubts and all(one.nothing_there for one in by_kinds):
        return ("nothing in scope concerns the scanners that cover it",)
    return doubts


def _status(control: Control, found: Sequence[Found], doubts: Sequence[str]) -> Status:
    """Open before not evaluated before waived before evidence: a waiver says nothing of what nobody looked at."""
    if any(one.open for one in found):
        return Status.FINDINGS_OPEN
    if doubts:
        return Status.NOT_EVALUATED
    if found:
        return Status.WAIVED
    return Status.MANUAL if _for_people(control) else Status.EVIDENCE


def _look(scan: Scan, evidence: Evidence) -> Look:
    if evidence.kinds:
        return look(scan, evidence)
    said = [holds(scan, fact) for fact in evidence.facts]
    return Look(
        looked=tuple(text for good, text in said if good),
        doubts=tuple(text for good, text in said if not good),
    )


def _sort(found: Found) -> _Sort:
    return found.kind, found.defect, found.cwes


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
        cwes=cwes_of(finding),
        action=decided.action,
        rule=decided.rule,
        reason=decided.reason,
        waiver=decided.waiver,
        due=decided.due,
        first_seen=decided.first_seen,
    )


def cwes_of(finding: Finding) -> tuple[int, ...]:
    """Return a finding's CWE ids, sorted; the first of its class where nobody named one."""
    named = {int(match[1]) for text in finding.identifiers if (match := _CWE.fullmatch(text))}
    if named:
        return tuple(sorted(named))
    of_class = DEFECTS[finding.defect].cwes if finding.defect in DEFECTS else ()
    return of_class[:1]


def _worst(states: Sequence[ControlState]) -> Overall:
    return Overall(
        id=states[0].id,
        status=min((one.status for one in states), key=lambda one: one.order),
        incomplete=any(one.doubts for one in states),
        open=sum(one.open for one in states),
        accepted=sum(one.accepted for one in states),
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
