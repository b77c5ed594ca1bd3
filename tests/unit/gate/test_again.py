"""Judging once more, remedies, and whether a change weakens its judge."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import Action, GapKind, Verdict
from secscan.findings.model import Finding, Gap
from secscan.gate.again import backtest, facts_of_saved, uses_of
from secscan.gate.judge import judge, judged
from secscan.gate.weakening import Terms, weakening
from secscan.policy.model import Mode, Policy
from tests.support.scans import AT, MARKED, NOTE, PACKAGE, TAINTED, UNSCORED, compared, scan_of, waiver
from tests.unit.policy import samples
from tests.unit.policy.samples import changed, policy, rule

ALL = policy(rule("block", id="all", severity=["critical", "high", "medium", "low", "info", "unknown"]))
NONE = policy()


def test_another_policy_flips_what_it_decides_otherwise() -> None:
    result = backtest(scan_of(TAINTED, NOTE), ALL, AT)
    assert [(one.finding, one.before.action, one.after.action) for one in result.flips] == [(NOTE, "accept", "block")]
    assert (result.stops_before, result.stops_after) == (True, True)
    softer = backtest(scan_of(TAINTED, NOTE), NONE, AT)
    assert [one.finding for one in softer.flips] == [TAINTED]
    assert (softer.after.verdict, softer.stops_after) == (Verdict.PASSED, False)


def test_what_was_not_looked_at_is_weighed_anew() -> None:
    seen = scan_of(gaps=(Gap(scanner="bandit", kind=GapKind.TIMEOUT, subject="a.py"),))
    tolerant = changed(NONE, tolerated_gaps=(samples.Tolerance(kinds=(GapKind.TIMEOUT,), reason="r"),))
    result = backtest(seen, tolerant, AT)
    assert (result.before.verdict, result.after.verdict) == (Verdict.INCOMPLETE, Verdict.PASSED)
    assert len(result.gone) == 1
    assert backtest(judged(seen, tolerant, AT), NONE, AT).come == result.gone


def test_waivers_that_counted_count_and_newness_stays() -> None:
    seen = compared()
    assert seen.judgement is not None
    result = backtest(seen, ALL, AT)
    waived = next(one for one in result.after.decisions if one.fingerprint == PACKAGE.fingerprint)
    assert (waived.action, waived.waiver) == (Action.ACCEPT, "flask")
    facts = facts_of_saved(seen.judgement, AT)
    assert (facts(TAINTED).new, facts(MARKED).new) == (False, True)
    assert facts(TAINTED).first_seen == datetime(2026, 1, 2, tzinfo=UTC)
    only_log = backtest(seen, changed(ALL, mode=Mode.LOG), AT)
    assert (only_log.after.verdict, only_log.stops_after) == (Verdict.FAILED, False)


def test_a_scan_that_nobody_judged_has_nothing_to_compare_with() -> None:
    with pytest.raises(ValueError, match="nobody judged"):
        backtest(changed(scan_of(), judgement=None), ALL, AT)


def test_the_use_of_waivers_alone() -> None:
    given_waivers = (waiver("a", fingerprints=("aaaa0001",)), waiver("b", fingerprints=("ffff0001",)))
    assert [one.state for one in uses_of(scan_of(TAINTED), given_waivers, ALL, AT)] == ["used", "unused"]


# --- Remedies ---------------------------------------------------------------------------------------------------------


def other(finding: Finding, fingerprint: str, fixed: str) -> Finding:
    return changed(finding, fingerprint=fingerprint, package=changed(finding.package, fixed_versions=(fixed,)))


def test_one_upgrade_clears_all_vulnerabilities_of_a_package() -> None:
    flask = [other(PACKAGE, f"ffff000{at}", fixed) for at, fixed in enumerate(("2.9", "2.10", "2.2.5"))]
    remedy = judge(changed(scan_of(), findings=(*flask, TAINTED)), ALL, AT).remedy
    assert remedy is not None
    assert [(one.text.split(":")[0], len(one.clears)) for one in remedy.steps] == [
        ("upgrade Flask 2.2.2 to 2.10 in requirements.txt", 3),
        ("repair or waive SQL injection in shop/catalog.py", 1),
    ]
    assert remedy.left is Verdict.PASSED


def test_where_versions_have_no_order_all_are_named() -> None:
    flask = [other(PACKAGE, f"ffff000{at}", fixed) for at, fixed in enumerate(("1.2-r3", "1.2_alpha-r0"))]
    alpine = [changed(one, package=changed(one.package, ecosystem="Alpine:v3.19")) for one in flask]
    odd = [other(PACKAGE, f"ffff001{at}", fixed) for at, fixed in enumerate(("2.3", "any"))]
    for findings, versions in ((alpine, "1.2-r3"), (odd, "2.3 and any")):
        remedy = judge(changed(scan_of(), findings=tuple(findings)), ALL, AT).remedy
        assert remedy is not None
        assert f"to {versions} in" in remedy.steps[0].text


def test_what_was_not_looked_at_is_to_be_done_as_well() -> None:
    seen = scan_of(TAINTED, gaps=(Gap(scanner="bandit", kind=GapKind.TIMEOUT, subject="a.py", remedy="more time"),))
    remedy = judge(seen, ALL, AT).remedy
    assert remedy is not None
    assert remedy.left is Verdict.INCOMPLETE
    assert any("To close it: more time" in one.text for one in remedy.steps)


def test_a_gate_that_is_green_needs_none() -> None:
    assert judge(scan_of(NOTE), NONE, AT).remedy is None


_some = st.lists(samples.findings, max_size=6, unique_by=lambda one: one.fingerprint).map(tuple)


@given(_some, samples.policies)
def test_the_steps_clear_just_what_blocks_and_then_nothing_does(findings: tuple[Finding, ...], by: Policy) -> None:
    """Each blocked finding is cleared by one step, nothing else is, and judging again without them finds none."""
    seen = changed(scan_of(), findings=findings)
    judgement = judge(seen, by, AT)
    blocked = {one.fingerprint for one in judgement.decisions if one.action is Action.BLOCK}
    if judgement.remedy is None:
        assert not blocked
        return
    cleared = [name for step in judgement.remedy.steps for name in step.clears]
    assert sorted(cleared) == sorted(blocked)
    assert judgement.remedy.left is not Verdict.FAILED
    rest = tuple(one for one in findings if one.fingerprint not in blocked)
    assert judge(changed(seen, findings=rest), by, AT).verdict is judgement.remedy.left


# --- Weakening --------------------------------------------------------------------------------------------------------


def weaker(before: Terms, after: Terms, *findings: Finding) -> Finding | None:
    return weakening(scan_of(*findings), before, after, AT, files=[".secscan/policy.yaml"])


def test_a_change_that_makes_its_judge_looser_is_a_finding() -> None:
    found = weaker(Terms(ALL), Terms(NONE), TAINTED, UNSCORED)
    assert found is not None
    assert (found.defect, found.location.path) == ("gate-weakening", ".secscan/policy.yaml")
    assert "SQL injection in shop/catalog.py:12: accept by the rule rest instead of block" in found.message


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Terms(ALL, (waiver("w", fingerprints=("aaaa0001",)),)), "accept by the waiver w instead of block"),
        (Terms(changed(ALL, mode=Mode.LOG)), "`mode: log`"),
    ],
)
def test_by_a_waiver_or_by_logging_only(after: Terms, said: str) -> None:
    found = weaker(Terms(ALL), after, TAINTED)
    assert found is not None
    assert said in found.message


def test_demanding_less_is_weaker_too() -> None:
    strict = changed(ALL, required=("bandit", "trivy"))
    found = weaker(Terms(strict), Terms(ALL), NOTE)
    assert found is not None
    assert "no longer a reason to stop: trivy is required" in found.message


def test_a_change_that_makes_no_difference_or_a_stricter_judge_is_none() -> None:
    assert weaker(Terms(NONE), Terms(ALL), TAINTED) is None
    assert weaker(Terms(ALL), Terms(changed(ALL, name="renamed")), TAINTED) is None


def test_each_weakening_has_a_fingerprint_of_its_own_that_stays() -> None:
    one, same = (weaker(Terms(ALL), Terms(NONE), TAINTED) for _ in range(2))
    more = weaker(Terms(ALL), Terms(NONE), TAINTED, MARKED)
    assert one is not None
    assert more is not None
    assert one == same
    assert one.fingerprint != more.fingerprint
    assert msgspec.json.decode(msgspec.json.encode(one), type=Finding) == one
