"""Holds frameworks against saved scans. A pure function of both: no clock, no file, no tool."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from secscan.compliance.controls import Control, Framework
from secscan.compliance.history import trends_of
from secscan.compliance.inputs import Input, Inputs, Timeline, arrange
from secscan.compliance.look import Look
from secscan.compliance.model import Assessment, ControlState, Overall, Status, SubjectAssessment
from secscan.compliance.reach import cwes_within, within
from secscan.compliance.seen import Seen


def assess(scans: Iterable[Input], framework: Framework, *, since: str = "") -> Assessment:
    """Return what the scans show about each control of a framework; see `inputs.arrange` for what it raises."""
    (assessment,) = assess_each(arrange(scans, since=since), [framework])
    return assessment


def assess_each(inputs: Inputs, frameworks: Iterable[Framework]) -> tuple[Assessment, ...]:
    """Return the same for each of several frameworks, and scans that are in order already."""
    seen = [(timeline, [Seen.of(one.scan) for one in timeline.inputs]) for timeline in inputs.timelines]
    return tuple(_assessment(seen, one) for one in frameworks)


def _assessment(seen: Sequence[tuple[Timeline, Sequence[Seen]]], framework: Framework) -> Assessment:
    subjects = tuple(_subject(timeline, scans, framework) for timeline, scans in seen)
    overall = tuple(_worst([subject.states[at] for subject in subjects]) for at in range(len(framework.map.controls)))
    return Assessment(framework=framework, subjects=subjects, overall=overall)


def _subject(timeline: Timeline, seen: Sequence[Seen], framework: Framework) -> SubjectAssessment:
    states = [tuple(_state(one, control) for control in framework.map.controls) for one in seen]
    return SubjectAssessment(
        subject=timeline.subject,
        states=states[-1],
        trends=trends_of(timeline.inputs, states),
        unmapped=seen[-1].found_for_none(framework.map.controls),
    )


def _state(seen: Seen, control: Control) -> ControlState:
    looks = [seen.look(evidence) for evidence in control.evidence]
    found = seen.found_for(control)
    open_count = bisect_left(found, True, key=lambda one: not one.open)  # the open ones stand first
    doubts = () if not found and _for_people(control) else _doubts(seen, control, looks)
    return ControlState(
        id=control.id,
        status=_status(control, doubts, found=len(found), open_count=open_count),
        found=found,
        doubts=doubts,
        tolerated=_once(text for one in looks for text in one.tolerated),
        looked=_once(text for one in looks for text in one.looked),
        cwes=len({cwe for evidence in control.evidence for cwe in evidence.cwes}),
        cwes_looked_for=len({cwe for evidence in control.evidence for cwe in cwes_within(evidence)}),
        open=open_count,
    )


def _for_people(control: Control) -> bool:
    """Whether no scanner can test it: it asks for nothing, or for what no scanner here has a rule for, and says what a
    person has to check."""
    return bool(control.manual) and not any(one.facts or within(one) for one in control.evidence)


def _doubts(seen: Seen, control: Control, looks: Sequence[Look]) -> tuple[str, ...]:
    doubts = _once(text for one in looks for text in one.doubts)
    by_kinds = [one for one, evidence in zip(looks, control.evidence, strict=True) if evidence.kinds]
    if not by_kinds:
        return _once((*seen.doubts_about_whole, *doubts))
    if not doubts and all(one.nothing_there for one in by_kinds):
        return ("nothing in scope concerns the scanners that cover it",)
    return doubts


def _status(control: Control, doubts: Sequence[str], *, found: int, open_count: int) -> Status:
    """Open before not evaluated before waived before evidence: a waiver says nothing of what nobody looked at."""
    if open_count:
        return Status.FINDINGS_OPEN
    if doubts:
        return Status.NOT_EVALUATED
    if found:
        return Status.WAIVED
    return Status.MANUAL if _for_people(control) else Status.EVIDENCE


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
