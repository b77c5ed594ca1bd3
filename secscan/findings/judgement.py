"""What was decided: the values that policy and gate make, and reports show."""

from __future__ import annotations

from collections.abc import Iterable

from secscan.findings.levels import Action, Cause, Verdict, WaiverState
from secscan.findings.model import Value


class OtherDecision(Value, frozen=True, kw_only=True):
    """What the other of two policies says, where a floor and a policy both judge: the stricter one holds."""

    policy: str
    action: Action
    rule: str


class Decision(Value, frozen=True, kw_only=True):
    """What the policy says of one finding, at one of its places, and which rule or waiver said so."""

    fingerprint: str
    action: Action
    rule: str
    """Id of the rule that decided."""
    reason: str = ""
    """The rule's own words."""
    waiver: str = ""
    """Id of the waiver that accepted the finding, where one did; `rule` is then the one that it overrules."""
    due: str = ""
    """Day (ISO 8601, UTC) from which a finding that is only warned of will block."""
    new: bool | None = None
    """Whether the baseline does not hold it; None where there is no baseline."""
    cause: Cause | None = None
    """Why it is new."""
    first_seen: str = ""
    """When a scan saw it for the first time, by the baseline (RFC 3339); empty where that is not known."""
    policy: str = ""
    """Name of the policy whose rule decided, where a floor judged as well."""
    other: OtherDecision | None = None
    """What the other of the two says."""
    because: tuple[str, ...] = ()
    """Of a finding that is blocked, or would be but for a waiver: each part of the rule's condition, with what the
    finding has."""


_STRICTNESS = {Action.BLOCK: 0, Action.WARN: 1, Action.ACCEPT: 2}
_NEVER = "9999-12-31"


def strictest(decisions: Iterable[Decision]) -> Decision:
    """Return the decision that holds for a finding with several places: to block before to warn before to accept; of
    two that warn, the one that blocks sooner; of equal ones the first."""
    return min(decisions, key=lambda one: (_STRICTNESS[one.action], one.due or _NEVER))


class Reason(Value, frozen=True, kw_only=True):
    """One reason for the verdict."""

    verdict: Verdict
    """`failed` or `incomplete`: what this reason alone would lead to."""
    about: str
    """`finding`, `scanner`, `gap`, `advisories`, `target`, `waiver`, `report` or `policy`."""
    subject: str
    """Fingerprint, scanner name, gap kind, ecosystem, id of a waiver, or name of the target."""
    text: str
    hint: str = ""


def verdict_of(reasons: Iterable[Reason]) -> Verdict:
    """Return the verdict that these reasons lead to: the worst of theirs."""
    verdicts = {reason.verdict for reason in reasons}
    return next((one for one in (Verdict.FAILED, Verdict.INCOMPLETE) if one in verdicts), Verdict.PASSED)


class ToleratedGaps(Value, frozen=True, kw_only=True):
    """Gaps that the policy tolerates: counted, shown, and not held against the verdict."""

    kind: str
    count: int
    reason: str


class WaiverUse(Value, frozen=True, kw_only=True):
    """What became of one waiver."""

    id: str
    state: WaiverState
    owner: str
    expires: str
    """Last day on which it counts, ISO 8601."""
    reason: str
    origin: str = ""
    """File and line it stands in."""
    ticket: str = ""
    approved_by: str = ""
    vex: str = ""
    """Of a VEX statement: `not_affected` or `fixed`."""
    fingerprints: tuple[str, ...] = ()
    """The findings that it matches."""
    text: str = ""
    """What a person should know of its state; empty where all is well."""


class Fixed(Value, frozen=True, kw_only=True):
    """A finding of the baseline that is there no more, as far as it was looked at."""

    fingerprint: str
    title: str
    path: str


class RemedyStep(Value, frozen=True, kw_only=True):
    """One thing to do."""

    text: str
    clears: tuple[str, ...] = ()
    """Fingerprints of the findings that it clears; empty for what is not about findings."""


class Remedy(Value, frozen=True, kw_only=True):
    """The fewest things to do that turn the gate green."""

    steps: tuple[RemedyStep, ...]
    left: Verdict
    """The verdict once the findings are cleared, by judging again: `passed`, unless something was not looked at."""


class Judgement(Value, frozen=True, kw_only=True):
    """The verdict on a scan under one policy. It holds no clock: see `findings.scan.RunInfo`."""

    policy: str
    policy_digest: str
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    decisions: tuple[Decision, ...] = ()
    """One for each place of each finding, by its fingerprint; of those of one finding the strictest holds."""
    tolerated: tuple[ToleratedGaps, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()
    """Every waiver there is, whether it counted or not."""
    fixed: tuple[Fixed, ...] = ()
    remedy: Remedy | None = None
    """What turns the gate green; None where it is, or nobody asked."""
    log_only: bool = False
    """The policy's `mode: log`: the process ends 0 and says what it would have been."""

    def action_of(self, fingerprint: str) -> Action:
        """The decision at one place of a finding; `block` for one that was never judged."""
        return next((d.action for d in self.decisions if d.fingerprint == fingerprint), Action.BLOCK)
