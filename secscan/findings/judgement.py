"""What was decided: the values that policy and gate make, and reports show."""

from __future__ import annotations

from secscan.findings.levels import Action, Verdict
from secscan.findings.model import Value


class Decision(Value, frozen=True, kw_only=True):
    """What the policy says of one finding, and which rule or waiver said so."""

    fingerprint: str
    action: Action
    rule: str
    """Id of the rule that decided."""
    reason: str = ""
    """The rule's own words."""
    waiver: str = ""
    """Id of the waiver that accepted the finding, where one did."""


class Reason(Value, frozen=True, kw_only=True):
    """One reason for the verdict."""

    verdict: Verdict
    """`failed` or `incomplete`: what this reason alone would lead to."""
    about: str
    """`finding`, `scanner`, `gap`, `target`, `report` or `policy`."""
    subject: str
    """Fingerprint, scanner name, gap kind, or name of the target."""
    text: str
    hint: str = ""


class ToleratedGaps(Value, frozen=True, kw_only=True):
    """Gaps that the policy tolerates: counted, shown, and not held against the verdict."""

    kind: str
    count: int
    reason: str


class Judgement(Value, frozen=True, kw_only=True):
    """The verdict on a scan under one policy. It holds no clock: see `findings.scan.RunInfo`."""

    policy: str
    policy_digest: str
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    decisions: tuple[Decision, ...] = ()
    tolerated: tuple[ToleratedGaps, ...] = ()
    log_only: bool = False
    """The policy's `mode: log`: the process ends 0 and says what it would have been."""

    def action_of(self, fingerprint: str) -> Action:
        """The decision on one finding; `block` for one that was never judged."""
        return next((d.action for d in self.decisions if d.fingerprint == fingerprint), Action.BLOCK)
