"""What a store says of a secret, when it is merged with what scanners say."""

from __future__ import annotations

import pytest

from secscan.correlate.merge import merge
from secscan.findings.levels import Confidence, Kind, SecretState, Severity
from secscan.findings.model import Finding, Location, Region, Source


def found(
    scanner: str, start: int, end: int, state: SecretState | None = None, *, kind: Kind = Kind.SECRET, rule: str = "r"
) -> Finding:
    region = Region(start_line=1, start_column=start, end_line=1, end_column=end)
    return Finding(
        kind=kind,
        defect="hardcoded-credential",
        title="a secret",
        message="",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        location=Location(path="a.env", region=region, statement=Region(start_line=1, start_column=1)),
        sources=(Source(scanner=scanner, rule=rule, region=region, severity=Severity.HIGH),),
        secret_state=state,
    )


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        (SecretState.LIVE, Severity.CRITICAL),
        (SecretState.ROTATED, Severity.LOW),
        (SecretState.DELETED, Severity.LOW),
        (SecretState.UNKNOWN, Severity.HIGH),
    ],
)
def test_the_state_of_the_same_value_decides_the_severity(state: SecretState, severity: Severity) -> None:
    (one,) = merge([found("secrets", 5, 20), found("vault", 5, 20, state)])
    assert (one.secret_state, one.severity, one.kind) == (state, severity, Kind.SECRET)
    assert merge([one])[0] == one


def test_a_part_that_was_replaced_says_nothing_of_the_whole() -> None:
    """`old-password1` is not `old-password`."""
    (one,) = merge([found("secrets", 5, 21), found("vault", 5, 20, SecretState.ROTATED)])
    assert (one.secret_state, one.severity) == (None, Severity.HIGH)
    (again,) = merge([one, found("bandit", 4, 22, kind=Kind.SAST)])
    assert (again.secret_state, again.severity) == (None, Severity.HIGH)


def test_the_whole_is_unknown_and_a_part_was_replaced() -> None:
    parts = [found("vault", 5, 20, SecretState.ROTATED, rule="p"), found("vault", 5, 21, SecretState.UNKNOWN)]
    for one in merge([found("secrets", 5, 21), *parts]):
        whole = one.location.region is not None and one.location.region.end_column == 21
        assert (one.secret_state is SecretState.ROTATED) != whole


def test_what_is_in_use_counts_wherever_it_touches() -> None:
    (one,) = merge([found("secrets", 5, 40), found("vault", 10, 30, SecretState.LIVE)])
    assert (one.secret_state, one.severity, one.confidence) == (SecretState.LIVE, Severity.CRITICAL, Confidence.HIGH)


def test_scanners_that_point_at_the_quotes_too_do_not_hinder() -> None:
    (one,) = merge([found("betterleaks", 4, 21), found("vault", 5, 20, SecretState.ROTATED)])
    assert one.severity is Severity.LOW
    (one,) = merge([found("betterleaks", 1, 30), found("vault", 5, 20, SecretState.ROTATED)])
    assert one.severity is Severity.HIGH


def test_two_secrets_of_a_line_keep_their_own_states() -> None:
    ours = [found("secrets", 5, 20), found("secrets", 30, 50)]
    told = [found("vault", 5, 20, SecretState.ROTATED), found("vault", 30, 50, SecretState.LIVE)]
    assert [(one.location.region.start_column, one.secret_state) for one in merge([*ours, *told])] == [
        (5, SecretState.ROTATED),
        (30, SecretState.LIVE),
    ]
    (first, second) = merge([*ours, told[0]])
    assert (first.secret_state, second.secret_state, second.severity) == (SecretState.ROTATED, None, Severity.HIGH)


def test_without_a_store_nothing_is_said() -> None:
    (one,) = merge([found("secrets", 5, 20), found("bandit", 4, 21, kind=Kind.SAST)])
    assert one.secret_state is None
