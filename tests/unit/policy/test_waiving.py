"""What becomes of waivers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from secscan.findings.judgement import Decision, WaiverUse
from secscan.findings.levels import Kind, SecretState, Severity, WaiverState
from secscan.findings.model import Finding
from secscan.policy.model import USUAL_TERMS, Match, Waiver, WaiverTerms
from secscan.policy.waiving import pending, waive
from tests.unit.policy.samples import FLASK, SQL, changed, decide_all, policy, rule

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
BLOCKING = policy(rule("block", severity=["critical", "high", "unknown"]), rule("warn", id="soft", severity=["medium"]))
OTHER = changed(SQL, fingerprint="2sql00000000")
FIRST = changed(SQL, fingerprint="1sql00000000")


def waiver(**fields: Any) -> Waiver:
    given = {
        "id": "w",
        "reason": "it will do for now",
        "owner": "ana",
        "expires": "2026-06-30",
        "fingerprints": ("1sql00000000",),
    }
    return Waiver(**{**given, **fields})


def waived(
    *findings: Finding, waivers: tuple[Waiver, ...], terms: WaiverTerms = USUAL_TERMS
) -> tuple[dict[str, Decision], list[WaiverUse]]:
    decided = decide_all(BLOCKING, findings)
    decisions, uses = waive(decided, {one.fingerprint: one for one in findings}, waivers, terms, AT)
    return {one.fingerprint: one for one in decisions}, list(uses)


def state(waiver: Waiver, *findings: Finding, terms: WaiverTerms = USUAL_TERMS) -> WaiverState:
    decisions, (use,) = waived(*(findings or (FIRST,)), waivers=(waiver,), terms=terms)
    counted = use.state in (WaiverState.USED, WaiverState.EXPIRING)
    assert counted == any(one.waiver for one in decisions.values())
    assert counted or use.text
    return use.state


def test_a_finding_that_is_waived_is_accepted_and_says_by_whom() -> None:
    decisions, (use,) = waived(FIRST, OTHER, waivers=(waiver(ticket="T-1", approved_by="bo"),))
    accepted = decisions["1sql00000000"]
    assert (accepted.action, accepted.waiver, accepted.rule) == ("accept", "w", "rule")
    assert accepted.reason == "waived by ana until 2026-06-30: it will do for now"
    assert decisions["2sql00000000"].action == "block"
    assert (use.ticket, use.approved_by, use.fingerprints) == ("T-1", "bo", ("1sql00000000",))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "used"),
        ({"expires": "2026-01-31"}, "expiring"),
        ({"expires": "2026-02-14"}, "expiring"),
        ({"expires": "2026-02-15"}, "used"),
        ({"expires": "2026-01-30"}, "expired"),
        ({"expires": "2027-01-31"}, "used"),
        ({"expires": "2027-02-01"}, "too-long"),
        ({"fingerprints": ("1sql0000",)}, "used"),
        ({"fingerprints": ("ffffffff",)}, "unused"),
        ({"fingerprints": (), "match": Match(identifier=("CVE-2023-30861",))}, "unused"),
        ({"match": Match(paths=("other/**",))}, "unused"),
        ({"until_fixable": True}, "used"),
        ({"at_most": 1}, "used"),
    ],
)
def test_states(changes: dict[str, Any], expected: str) -> None:
    assert state(waiver(**changes)) == expected


def test_what_blocks_nothing_needs_no_waiver() -> None:
    assert state(waiver(), changed(FIRST, severity=Severity.LOW)) is WaiverState.UNUSED
    assert state(waiver(), changed(FIRST, severity=Severity.MEDIUM)) is WaiverState.USED


def test_one_waiver_covers_every_name_of_a_vulnerability_and_every_tool() -> None:
    by_alias = waiver(fingerprints=(), match=Match(identifier=("ghsa-M2QF-hxjv-5gpq",), package=("flask",)))
    assert state(by_alias, FLASK) is WaiverState.USED


def test_until_there_is_a_fix() -> None:
    until = waiver(fingerprints=("1flask",), until_fixable=True)
    assert state(until, FLASK) is WaiverState.FIXABLE
    assert state(until, changed(FLASK, package=changed(FLASK.package, fixed_versions=()))) is WaiverState.USED


def test_more_than_it_says_is_accepted_by_none() -> None:
    both = waiver(fingerprints=("1sql00000000", "2sql00000000"), at_most=1)
    assert state(both, FIRST) is WaiverState.USED
    assert state(both, FIRST, OTHER) is WaiverState.OVER


@pytest.mark.parametrize(
    ("approved_by", "expected"),
    [("", "unapproved"), ("ana", "unapproved"), (" ANA ", "unapproved"), ("bo", "used")],
)
def test_somebody_else_must_approve_what_is_severe(approved_by: str, expected: str) -> None:
    terms = WaiverTerms(approval=(Severity.HIGH,))
    assert state(waiver(approved_by=approved_by), terms=terms) == expected
    assert state(waiver(approved_by=approved_by), changed(FIRST, severity=Severity.CRITICAL), terms=terms) == "used"


def test_the_first_waiver_that_counts_holds() -> None:
    old, new = waiver(id="old", expires="2026-01-01"), waiver(id="new")
    decisions, uses = waived(FIRST, waivers=(old, new, waiver(id="third")))
    assert decisions["1sql00000000"].waiver == "new"
    assert [one.state for one in uses] == ["expired", "used", "used"]


def test_what_the_change_brings_along_is_shown_and_does_not_count() -> None:
    (use,) = pending((waiver(),), (FIRST, OTHER), AT)
    assert (use.state, use.fingerprints) == (WaiverState.PENDING, ("1sql00000000",))
    assert "once it is merged" in use.text


def test_a_waiver_is_over_at_the_end_of_its_day_in_utc() -> None:
    last = waiver(expires="2026-01-31")
    decided = decide_all(BLOCKING, (FIRST,))
    for moment, expected in (("2026-01-31T23:59:59+00:00", "expiring"), ("2026-01-31T20:00:00-05:00", "expired")):
        at = datetime.fromisoformat(moment)
        _, (use,) = waive(decided, {FIRST.fingerprint: FIRST}, (last,), USUAL_TERMS, at)
        assert use.state == expected


def test_a_secret_that_is_in_use_is_accepted_by_its_own_fingerprint_or_by_name() -> None:
    """Whoever accepted the made-up passwords of a folder has not accepted a real one among them."""
    made_up = changed(SQL, kind=Kind.SECRET, fingerprint="1secret00000")
    live = changed(made_up, secret_state=SecretState.LIVE, fingerprint="2secret00000")
    by_path = waiver(fingerprints=(), match=Match(paths=(f"**/{SQL.location.path.rpartition('/')[2]}",)))
    decisions, _ = waived(made_up, live, waivers=(by_path,))
    assert {key: one.action for key, one in decisions.items()} == {"1secret00000": "accept", "2secret00000": "block"}
    named = waiver(fingerprints=(), match=Match(secret_state=(SecretState.LIVE,)))
    for one in (named, waiver(fingerprints=("2secret00000",))):
        decisions, _ = waived(made_up, live, waivers=(one,))
        assert decisions["2secret00000"].action == "accept"
