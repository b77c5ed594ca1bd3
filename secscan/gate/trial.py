"""Runs a policy's own tests: each case is judged as a scan is, and compared with what it expects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from secscan.findings.judgement import Judgement
from secscan.findings.levels import RunStatus
from secscan.findings.model import ScannerRun, TargetInfo
from secscan.findings.scan import FORMAT, AdvisoryState, Scan
from secscan.gate.exit import stops
from secscan.gate.judge import judge
from secscan.policy.cases import Case
from secscan.policy.model import Policy

Policies = Callable[[str], Policy]
"""Gives the policy in one of its environments; an empty name for none."""


@dataclass(frozen=True)
class Tried:
    """How one case went."""

    case: Case
    judgement: Judgement
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it went as expected."""
        return not self.problems


def try_cases(cases: Iterable[Case], policies: Policies) -> tuple[Tried, ...]:
    """Judge every case, each in its environment."""
    return tuple(try_case(case, policies(case.environment)) for case in cases)


def try_case(case: Case, policy: Policy) -> Tried:
    """Judge one case, with every scanner done and nothing else amiss than what the case says."""
    facts = {one.finding.fingerprint: one.facts(case.at) for one in case.subjects}
    judgement = judge(
        _scan(case, policy),
        policy,
        case.at,
        waivers=case.waivers,
        facts_of=lambda finding: facts[finding.fingerprint],
        explained=False,
    )
    return Tried(case, judgement, tuple(_problems(case, judgement)))


def _scan(case: Case, policy: Policy) -> Scan:
    """The saved scan that a case describes."""
    named = {source.scanner for one in case.subjects for source in one.finding.sources}
    named |= {*policy.required, *case.runs, *(gap.scanner for gap in case.gaps)} - {"secscan"}
    return Scan(
        format=FORMAT,
        secscan="",
        target=TargetInfo(kind="tree", name="case", digest="", files=1, bytes=1),
        scanners=tuple(_run(name, ended) for name in sorted(named) if (ended := _ended(case, name)) is not None),
        findings=tuple(one.finding for one in case.subjects),
        gaps=case.gaps,
        advisories=tuple(
            AdvisoryState(name=name, records=1, as_of=as_of) for name, as_of in sorted(case.advisories.items())
        ),
    )


def _ended(case: Case, scanner: str) -> RunStatus | None:
    return case.runs.get(scanner, RunStatus.COMPLETED)


def _run(scanner: str, status: RunStatus) -> ScannerRun:
    completed = status is RunStatus.COMPLETED
    return ScannerRun(scanner=scanner, status=status, control=completed, reason="" if completed else "so the case says")


_ENDS = {True: "stops", False: "goes on"}


def _problems(case: Case, judgement: Judgement) -> Iterable[str]:
    expected = case.expected
    if expected.stops is not None and stops(judgement) is not expected.stops:
        yield f"expected that the build {_ENDS[expected.stops]}, and it {_ENDS[stops(judgement)]}"
    states = {use.id: use.state for use in judgement.waivers}
    for name, state in expected.waivers.items():
        if states.get(name) is not state:
            yield f"expected the waiver {name} to be {state}, got {states.get(name, 'none of that id')}"
    if expected.verdict is not None and judgement.verdict is not expected.verdict:
        yield f"expected the verdict {expected.verdict}, got {judgement.verdict}"
    for decision in judgement.decisions:
        if expected.action is not None and decision.action is not expected.action:
            yield f"expected {expected.action}, got {decision.action} by the rule {decision.rule}"
        if expected.rule and decision.rule != expected.rule:
            yield f"expected the rule {expected.rule} to decide, got {decision.rule} ({decision.action})"
        if expected.due and decision.due != expected.due:
            yield f"expected it to block from {expected.due}, got {decision.due or 'no such day'}"
        if expected.waiver and decision.waiver != expected.waiver:
            yield f"expected the waiver {expected.waiver} to count, got {decision.waiver or 'none'}"
