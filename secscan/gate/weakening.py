"""Whether a change weakens its own judge: the same scan, judged by what was there before the change and by what it
brings along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from secscan.findings.fingerprint import structure_digest, with_fingerprints
from secscan.findings.judgement import Judgement, Reason
from secscan.findings.levels import Action, Confidence, Kind, Severity, Verdict
from secscan.findings.model import Finding, Location, Source, at_each_place
from secscan.findings.scan import Scan
from secscan.gate.judge import judge, judged
from secscan.policy.baseline import Baseline
from secscan.policy.model import Policy, Waiver

DEFECT = "gate-weakening"
_STRICTNESS = {Action.BLOCK: 2, Action.WARN: 1, Action.ACCEPT: 0}
_MOST_NAMED = 10


@dataclass(frozen=True)
class Terms:
    """What a scan is judged by."""

    policy: Policy
    waivers: tuple[Waiver, ...] = ()
    """Besides those of the policy."""
    baseline: Baseline | None = None

    def judged(self, scan: Scan, at: datetime, pending: Sequence[Waiver] = ()) -> Scan:
        """Return the scan with its judgement."""
        return judged(scan, self.policy, at, waivers=self.waivers, pending=pending, baseline=self.baseline)


def weakening(scan: Scan, before: Terms, after: Terms, at: datetime, *, files: Sequence[str]) -> Finding | None:
    """Return the finding that the change of `files` (policy, waivers) makes the judgement of this scan looser; None
    where it does not."""
    strict, loose = (
        judge(scan, terms.policy, at, waivers=terms.waivers, baseline=terms.baseline, explained=False)
        for terms in (before, after)
    )
    lines = list(_loosened(scan, strict, loose))
    if not lines:
        return None
    shown = "; ".join(lines[:_MOST_NAMED])
    more = f"; and {len(lines) - _MOST_NAMED} more" if len(lines) > _MOST_NAMED else ""
    finding = Finding(
        kind=Kind.MISCONFIGURATION,
        defect=DEFECT,
        title="The change weakens the gate that judges it",
        message=f"Judged by {', '.join(files)} as the change has them, this scan would come out looser: {shown}{more}. "
        "The change is judged without them.",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        location=Location(path=files[0], context=structure_digest("\n".join(sorted(lines)))),
        sources=(Source(scanner="secscan", rule=DEFECT),),
        remediation="Bring the policy or the waivers in by a change of their own, which their owners approve.",
        identifiers=("CWE-693",),
    )
    return with_fingerprints((finding,))[0]


def _loosened(scan: Scan, strict: Judgement, loose: Judgement) -> list[str]:
    places = {one.fingerprint: f"{one.title} in {one.place}" for one in at_each_place(scan.findings)}
    softer = {one.fingerprint: one for one in loose.decisions}
    lines = []
    for one in strict.decisions:
        other = softer[one.fingerprint]
        if _STRICTNESS[other.action] < _STRICTNESS[one.action]:
            by = f"the waiver {other.waiver}" if other.waiver else f"the rule {other.rule}"
            lines.append(f"{places[one.fingerprint]}: {other.action} by {by} instead of {one.action}")
    kept = {_key(one) for one in loose.reasons}
    lines += [
        f"no longer a reason to stop: {one.text}"
        for one in strict.reasons
        if one.verdict is Verdict.INCOMPLETE and _key(one) not in kept
    ]
    if loose.log_only and not strict.log_only:
        lines.append("the verdict would no longer stop the build (`mode: log`)")
    return lines


def _key(reason: Reason) -> tuple[str, str, str]:
    return reason.verdict, reason.about, reason.subject
