"""A severity from which on findings block, whatever else the rules say: the word of the caller, which only tightens."""

from __future__ import annotations

import msgspec

from secscan.errors import PolicyError
from secscan.findings.levels import Action, Severity
from secscan.policy.model import Match, Mode, Policy, Rule, with_digest

SEVERITIES = ("critical", "high", "medium", "low", "info")
"""What can be asked for, worst first."""


def failing_on(policy: Policy, severity: str) -> Policy:
    """Return the policy, which also blocks what is of this severity or worse, or of unknown severity.

    To block is the strictest decision, so that one more rule at the head that blocks cannot loosen anything; waivers
    count as before. Raises `PolicyError` for another severity, and for a policy by which nothing stops.
    """
    if severity not in SEVERITIES:
        raise PolicyError(
            f"there is no severity {severity[:40]!r} to fail on", hint=f"the severities are {', '.join(SEVERITIES)}"
        )
    if policy.mode is Mode.LOG:
        raise PolicyError(
            f"by the policy {policy.name} nothing stops a build (`mode: log`)", hint="choose another, or do not fail on"
        )
    levels = [*SEVERITIES[: SEVERITIES.index(severity) + 1], "unknown"]
    rule = Rule(
        id=f"fail-on-{severity}",
        action=Action.BLOCK,
        reason=f"whoever started the scan wants it to fail on {severity} or worse",
        match=Match(severity=tuple(Severity(level) for level in levels)),
    )
    if any(one.id == rule.id for one in policy.rules):
        raise PolicyError(f"the policy {policy.name} has a rule {rule.id!r} already", hint="rename that rule")
    return with_digest(msgspec.structs.replace(policy, rules=(rule, *policy.rules)))
