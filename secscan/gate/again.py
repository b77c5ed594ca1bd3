"""Judging a saved scan once more: by another policy, or with waivers that it did not have.

What the saved judgement knew beside the findings (what is new and why, when it was first seen, which waivers held)
is taken from it, so that only what is tried makes a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from secscan.findings.judgement import Decision, Judgement, WaiverUse, strictest
from secscan.findings.levels import Action, Verdict
from secscan.findings.model import Finding, at_each_place
from secscan.findings.scan import Scan
from secscan.gate.exit import stops
from secscan.gate.judge import judge
from secscan.policy.decide import decide_all
from secscan.policy.explain import facts_of_decision
from secscan.policy.facts import Facts
from secscan.policy.model import Policy, Waiver
from secscan.policy.waiving import waive


@dataclass(frozen=True)
class Flip:
    """A finding on which the decision is another one; it is shown from the place that decides now."""

    finding: Finding
    before: Decision
    after: Decision


@dataclass(frozen=True)
class Backtest:
    """A saved scan, judged by another policy."""

    before: Judgement
    after: Judgement
    flips: tuple[Flip, ...]
    gone: tuple[str, ...]
    """Reasons for `incomplete` that there were, and are not any more."""
    come: tuple[str, ...]
    """Reasons for `incomplete` that there were not."""

    @property
    def stops_before(self) -> bool:
        """Whether the build was stopped."""
        return stops(self.before)

    @property
    def stops_after(self) -> bool:
        """Whether it is stopped now."""
        return stops(self.after)


def backtest(scan: Scan, policy: Policy, at: datetime) -> Backtest:
    """Judge a scan that has a judgement by another policy. Raises `ValueError` for one that nobody judged."""
    before = scan.judgement
    if before is None:
        raise ValueError("a scan that nobody judged has nothing to compare with")
    waivers = tuple(_standing(before))
    after = judge(scan, policy, at, waivers=waivers, facts_of=facts_of_saved(before, at), explained=False)
    flips = _flips(scan.findings, before, after)
    return Backtest(
        before,
        after,
        flips=tuple(sorted(flips, key=_strictest_first)),
        gone=_only(before, after),
        come=_only(after, before),
    )


def _flips(findings: Sequence[Finding], before: Judgement, after: Judgement) -> Iterator[Flip]:
    old = {one.fingerprint: one for one in before.decisions}
    new = {one.fingerprint: one for one in after.decisions}
    for finding in findings:
        names = [one.fingerprint for one in finding.each if one.fingerprint in old]
        if not names:
            continue
        then, now = (strictest(decided[name] for name in names) for decided in (old, new))
        if now.action is not then.action:
            yield Flip(finding.seen_from(now.fingerprint), then, now)


def uses_of(scan: Scan, waivers: Sequence[Waiver], policy: Policy, at: datetime) -> tuple[WaiverUse, ...]:
    """Return what would become of these waivers, had the scan been judged by the policy with them alone."""
    decided = decide_all(policy, scan.findings, facts_of_saved(scan.judgement, at))
    findings = {one.fingerprint: one for one in at_each_place(scan.findings)}
    return waive(decided, findings, waivers, policy.waiver_terms, at)[1]


def decision_of(finding: Finding, saved: Decision, policy: Policy, at: datetime) -> Decision:
    """Return what another policy says of a finding, where it stands first, on which there is a decision."""
    return decide_all(policy, finding.each[:1], lambda _: facts_of_decision(saved, at))[0]


def facts_of_saved(judgement: Judgement | None, at: datetime) -> Callable[[Finding], Facts]:
    """Return what tells, of each finding, what was known of it when it was judged."""
    facts = {one.fingerprint: facts_of_decision(one, at) for one in (judgement.decisions if judgement else ())}
    return lambda finding: facts.get(finding.fingerprint, Facts(at=at))


def _standing(judgement: Judgement) -> Iterator[Waiver]:
    """The waivers that counted, each for the findings that it accepted."""
    for use in judgement.waivers:
        accepted = tuple(one.fingerprint for one in judgement.decisions if one.waiver == use.id)
        if accepted:
            yield Waiver(
                id=use.id,
                reason=use.reason,
                owner=use.owner,
                expires=use.expires,
                fingerprints=accepted,
                approved_by=use.approved_by,
                ticket=use.ticket,
                origin=use.origin,
            )


def _strictest_first(flip: Flip) -> tuple[int, int, str, str]:
    order = (Action.BLOCK, Action.WARN, Action.ACCEPT)
    finding = flip.finding
    return order.index(flip.after.action), order.index(flip.before.action), finding.location.path, finding.fingerprint


def _only(one: Judgement, other: Judgement) -> tuple[str, ...]:
    """What makes the one incomplete and not the other."""
    known = {(reason.about, reason.subject) for reason in other.reasons}
    return tuple(
        reason.text
        for reason in one.reasons
        if reason.verdict is Verdict.INCOMPLETE and (reason.about, reason.subject) not in known
    )
