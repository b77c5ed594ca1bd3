"""What a secret store says of a secret, and what that does to the severity of the finding.

In use is the worst there is to say, whoever else is unsure. That a secret was replaced lowers a finding, so it counts
only where the store spoke of all that the finding is about: that `old-password` was replaced says nothing of
`old-password1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from secscan.findings.levels import Confidence, Kind, SecretState, Severity
from secscan.findings.model import Finding, Region

STORES = frozenset({"vault", "aws-secrets"})
"""The scanners that ask a store."""

_ENDED = frozenset({SecretState.ROTATED, SecretState.DELETED})
_STRENGTH = (SecretState.LIVE, SecretState.ROTATED, SecretState.DELETED, SecretState.UNKNOWN)
_QUOTES = 1
"""Columns by which scanners that point at texts with their quotes go beyond the value, on each side."""
_EXACT = "secrets"
"""The scanner that points at values to the character."""


def with_state(merged: Finding, group: Sequence[Finding]) -> Finding:
    """Return what was merged of a group with the state that stores give, and the severity that follows from it."""
    if len(group) == 1 or all(one.secret_state is None for one in group):
        return merged  # one alone says itself what it is; what was merged before was weighed then
    state = _state(group)
    if state is not SecretState.LIVE and state not in _ENDED:
        return msgspec.structs.replace(merged, secret_state=state)
    teller = next(one for one in group if one.secret_state is state)
    live = state is SecretState.LIVE
    return msgspec.structs.replace(
        merged,
        kind=Kind.SECRET,
        secret_state=state,
        severity=Severity.CRITICAL if live else Severity.LOW,
        confidence=Confidence.HIGH if live else merged.confidence,
        title=teller.title,
        message=teller.message,
        remediation=teller.remediation,
    )


def _state(group: Sequence[Finding]) -> SecretState | None:
    told = [one for one in group if one.secret_state is not None]
    if any(one.secret_state is SecretState.LIVE for one in told):
        return SecretState.LIVE
    whole = {one.secret_state for one in told if all(_covers(one, other) for other in group)}
    return next((state for state in _STRENGTH if state in whole), None)


def _covers(told: Finding, other: Finding) -> bool:
    """Whether the store spoke of the whole of what the other finding points at."""
    spoken = [region for region in _regions(told) if region.start_column]
    return all(any(_within(one, region, slack) for region in spoken) for one, slack in _claims(other))


def _claims(finding: Finding) -> Iterable[tuple[Region, int]]:
    for source in finding.sources:
        region = source.region or finding.location.region
        if region is not None:
            yield region, 0 if source.scanner == _EXACT else _QUOTES


def _regions(finding: Finding) -> Iterable[Region]:
    for source in finding.sources:
        region = source.region or finding.location.region
        if region is not None and source.scanner in STORES:
            yield region


def _within(one: Region, other: Region, slack: int) -> bool:
    if not one.start_column:
        return False
    return (one.start_line, one.start_column) >= (other.start_line, other.start_column - slack) and (
        one.last_line,
        one.end_column,
    ) <= (other.last_line, other.end_column + slack)
