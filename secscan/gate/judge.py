"""The verdict: may the build go on. A pure function of (scan, policy, time of judgement).

`failed` if the policy blocks a finding; else `incomplete` if something it demands was not looked at; else `passed`.
Reasons of both kinds are kept, those for `failed` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from secscan.findings.judgement import Decision, Judgement, Reason, WaiverUse, verdict_of
from secscan.findings.levels import Action, Verdict
from secscan.findings.model import Finding, at_each_place
from secscan.findings.scan import RunInfo, Scan, timestamp
from secscan.gate.coverage import judge_gaps
from secscan.gate.evidence import missing_evidence
from secscan.gate.freshness import stale_advisories
from secscan.gate.remedy import places_of, remedy
from secscan.policy.baseline import Baseline, facts_from
from secscan.policy.decide import decide_all
from secscan.policy.explain import because
from secscan.policy.facts import Facts
from secscan.policy.gone import fixed_since
from secscan.policy.model import Mode, Policy, Waiver, WaiverTerms
from secscan.policy.waiving import pending as pending_uses
from secscan.policy.waiving import waive


def judge(
    scan: Scan,
    policy: Policy,
    at: datetime,
    *,
    waivers: Sequence[Waiver] = (),
    pending: Sequence[Waiver] = (),
    baseline: Baseline | None = None,
    facts_of: Callable[[Finding], Facts] | None = None,
    explained: bool = True,
) -> Judgement:
    """Return the verdict on `scan` under `policy` at the time `at`, which must say its time zone.

    `waivers` count beside those of the policy; `pending` ones are brought along by the change that is judged, so they
    are only shown. `baseline` is what was there before; `facts_of` says it instead, finding by finding.
    Where not `explained`, there is neither a remedy nor why a rule blocks.

    An earlier judgement that the scan carries is not looked at. Raises `ValueError` for findings that do not have a
    fingerprint of their own at each place: no decision could be told from another.
    """
    if at.tzinfo is None:
        raise ValueError("the time of judgement must say its time zone")
    places = tuple(at_each_place(scan.findings))
    findings = {one.fingerprint: one for one in places}
    if len(findings) != len(places) or "" in findings:
        raise ValueError("findings must have a fingerprint of their own at each place before they are judged")
    facts_of = facts_of or facts_from(baseline, scan, at)
    decided = decide_all(policy, places, facts_of)
    if explained:
        decided = tuple(_explained(decided, policy, findings, facts_of))
    decisions, uses = waive(decided, findings, (*policy.waivers, *waivers), policy.waiver_terms, at)
    gap_reasons, tolerated = judge_gaps(scan.gaps, policy)
    reasons = (
        *_blocked(scan.findings, decisions),
        *_failing_waivers(uses, policy.waiver_terms),
        *missing_evidence(scan, policy),
        *gap_reasons,
        *stale_advisories(scan, policy, at),
    )
    judgement = Judgement(
        policy=policy.name,
        policy_digest=policy.digest,
        verdict=verdict_of(reasons),
        reasons=reasons,
        decisions=decisions,
        tolerated=tolerated,
        waivers=(*uses, *pending_uses(pending, scan.findings, at)),
        fixed=fixed_since(baseline, scan) if baseline else (),
        log_only=policy.mode is Mode.LOG,
    )
    if not explained or judgement.verdict is Verdict.PASSED:
        return judgement

    def judge_again(rest: Scan) -> Judgement:
        return judge(rest, policy, at, waivers=waivers, baseline=baseline, facts_of=facts_of, explained=False)

    return msgspec.structs.replace(judgement, remedy=remedy(scan, judgement, judge_again))


def judged(
    scan: Scan,
    policy: Policy,
    at: datetime,
    *,
    waivers: Sequence[Waiver] = (),
    pending: Sequence[Waiver] = (),
    baseline: Baseline | None = None,
) -> Scan:
    """Return the scan with its judgement, see `judge`, and the time of it, which is kept in its `run`.

    It is judged as at the whole second that is written there, so that judging again gives the same.
    """
    at = at.replace(microsecond=0)
    run = scan.run or RunInfo(started="", judged_at="")
    return msgspec.structs.replace(
        scan,
        judgement=judge(scan, policy, at, waivers=waivers, pending=pending, baseline=baseline),
        run=msgspec.structs.replace(run, judged_at=timestamp(at)),
    )


def _explained(
    decisions: Iterable[Decision], policy: Policy, findings: dict[str, Finding], facts_of: Callable[[Finding], Facts]
) -> Iterator[Decision]:
    """The decisions, those that block with the parts of their rule's condition."""
    tell = because(policy)
    for one in decisions:
        if one.action is not Action.BLOCK:
            yield one
            continue
        finding = findings[one.fingerprint]
        yield msgspec.structs.replace(one, because=tell(one, finding, facts_of(finding)))


def _blocked(findings: Iterable[Finding], decisions: Iterable[Decision]) -> Iterator[Reason]:
    """One reason per finding that is blocked at a place, what should be read first before the rest."""
    blocking = {one.fingerprint: one for one in decisions if one.action is Action.BLOCK}
    blocked = [here for finding in findings if (here := [one for one in finding.each if one.fingerprint in blocking])]
    for here in sorted(blocked, key=lambda here: _attention(here[0])):
        first = here[0]
        yield Reason(
            verdict=Verdict.FAILED,
            about="finding",
            subject=first.fingerprint,
            text=f"{first.title} ({first.severity}) in {places_of(here)}: {blocking[first.fingerprint].reason}",
            hint=first.remediation,
        )


def _failing_waivers(uses: Iterable[WaiverUse], terms: WaiverTerms) -> Iterator[Reason]:
    for use in uses:
        if use.state in terms.fail_on:
            yield Reason(
                verdict=Verdict.FAILED,
                about="waiver",
                subject=use.id,
                text=f"the waiver {use.id} ({use.origin}) is {use.state}: {use.text}",
                hint="the policy demands that waivers are kept in order (`fail_on`)",
            )


def _attention(finding: Finding) -> tuple[int, int, str, int, str]:
    region = finding.location.region
    line = region.start_line if region else 0
    return finding.severity.order, finding.confidence.order, finding.location.path, line, finding.fingerprint
