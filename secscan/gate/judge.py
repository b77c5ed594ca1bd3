"""The verdict: may the build go on. A pure function of (scan, policy, time of judgement).

`failed` if the policy blocks a finding; else `incomplete` if something it demands was not looked at; else `passed`.
Reasons of both kinds are kept, those for `failed` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from secscan.findings.judgement import Decision, Judgement, Reason
from secscan.findings.levels import Action, Verdict
from secscan.findings.model import Finding
from secscan.findings.scan import RunInfo, Scan, timestamp
from secscan.gate.coverage import judge_gaps
from secscan.gate.evidence import missing_evidence
from secscan.policy.decide import decide_all
from secscan.policy.model import Mode, Policy


def judge(scan: Scan, policy: Policy, at: datetime) -> Judgement:
    """Return the verdict on `scan` under `policy` at the time `at`, which must say its time zone.

    An earlier judgement that the scan carries is not looked at. Raises `ValueError` for findings that do not have a
    fingerprint of their own each: no decision could be told from another.
    """
    if at.tzinfo is None:
        raise ValueError("the time of judgement must say its time zone")
    findings = {finding.fingerprint: finding for finding in scan.findings}
    if len(findings) != len(scan.findings) or "" in findings:
        raise ValueError("findings must have a fingerprint of their own each before they are judged")
    decisions = decide_all(policy, scan.findings)
    gap_reasons, tolerated = judge_gaps(scan.gaps, policy)
    reasons = (*_blocked(findings, decisions), *missing_evidence(scan, policy), *gap_reasons)
    return Judgement(
        policy=policy.name,
        policy_digest=policy.digest,
        verdict=_worst(reasons),
        reasons=reasons,
        decisions=decisions,
        tolerated=tolerated,
        log_only=policy.mode is Mode.LOG,
    )


def judged(scan: Scan, policy: Policy, at: datetime) -> Scan:
    """Return the scan with the judgement of `policy` at the time `at`, which is kept in its `run`."""
    run = scan.run or RunInfo(started="", judged_at="")
    return msgspec.structs.replace(
        scan,
        judgement=judge(scan, policy, at),
        run=msgspec.structs.replace(run, judged_at=timestamp(at)),
    )


def _blocked(findings: dict[str, Finding], decisions: tuple[Decision, ...]) -> Iterator[Reason]:
    """One reason per blocked finding, what should be read first before the rest."""
    blocked = [(findings[one.fingerprint], one) for one in decisions if one.action is Action.BLOCK]
    for finding, decision in sorted(blocked, key=lambda pair: _attention(pair[0])):
        yield Reason(
            verdict=Verdict.FAILED,
            about="finding",
            subject=finding.fingerprint,
            text=f"{finding.title} ({finding.severity}) in {finding.place}: {decision.reason}",
            hint=finding.remediation,
        )


def _attention(finding: Finding) -> tuple[int, int, str, int, str]:
    region = finding.location.region
    line = region.start_line if region else 0
    return finding.severity.order, finding.confidence.order, finding.location.path, line, finding.fingerprint


def _worst(reasons: tuple[Reason, ...]) -> Verdict:
    verdicts = {reason.verdict for reason in reasons}
    return next((one for one in (Verdict.FAILED, Verdict.INCOMPLETE) if one in verdicts), Verdict.PASSED)
