from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import Action, Severity
from secscan.findings.model import Finding, Marker
from secscan.policy.decide import MARKER_RULE
from secscan.policy.match import all_of, conditions
from secscan.policy.model import MarkerTrust, Policy, Undecided
from tests.unit.policy import samples
from tests.unit.policy.samples import FACTS, FLASK, SQL, changed, decide, decide_all, policy, rule

UNKNOWN = changed(FLASK, severity=Severity.UNKNOWN)


def test_the_first_rule_that_matches_decides() -> None:
    both = policy(rule("warn", "first", severity=["high"]), rule("block", "second", kind=["sast"]))
    assert decide(both, SQL).rule == "first"
    assert decide(both, SQL).action is Action.WARN
    assert decide(both, changed(SQL, severity=Severity.LOW)).rule == "second"


def test_the_catch_all_decides_the_rest_and_says_why() -> None:
    decision = decide(policy(rule("block", severity=["critical"])), SQL)
    assert (decision.action, decision.rule, decision.reason) == (Action.ACCEPT, "rest", "the rest")
    assert decision.fingerprint == SQL.fingerprint


def test_missing_data_blocks_where_a_blocking_rule_asks_for_it() -> None:
    decision = decide(policy(rule("block", severity=["critical"])), UNKNOWN)
    assert decision.action is Action.BLOCK
    assert "severity" in decision.reason


def test_a_blocking_rule_may_say_otherwise() -> None:
    assert decide(policy(rule("block", undecided="next", severity=["critical"])), UNKNOWN).rule == "rest"


@pytest.mark.parametrize("action", ["warn", "accept"])
def test_missing_data_never_opens_the_gate(action: str) -> None:
    judged = policy(rule(action, "soft", severity=["low"]), rule("block", "hard", kind=["dependency"]))
    assert decide(judged, UNKNOWN).rule == "hard"


def test_unknown_is_judged_where_it_is_named() -> None:
    judged = policy(rule("warn", "named", severity=["unknown"]), rule("block", "hard", kind=["dependency"]))
    assert decide(judged, UNKNOWN).rule == "named"


class TestInSourceMarkers:
    marked = changed(SQL, markers=(Marker(tool="bandit", text="nosec", line=12),))
    explained = changed(SQL, markers=(Marker(tool="bandit", text="nosec", line=12, reason="table is constant"),))
    blocking = rule("block", kind=["sast"])

    def test_they_do_not_count_by_themselves(self) -> None:
        assert decide(policy(self.blocking), self.explained).action is Action.BLOCK

    def test_those_of_a_tool_that_the_policy_names_count(self) -> None:
        decision = decide(policy(self.blocking, in_source_markers=(MarkerTrust(tool="bandit"),)), self.marked)
        assert (decision.action, decision.rule) == (Action.ACCEPT, MARKER_RULE)

    def test_those_of_another_tool_do_not(self) -> None:
        trusting = policy(self.blocking, in_source_markers=(MarkerTrust(tool="semgrep"),))
        assert decide(trusting, self.marked).action is Action.BLOCK

    def test_a_reason_can_be_demanded(self) -> None:
        trusting = policy(self.blocking, in_source_markers=(MarkerTrust(tool="bandit", reason_required=True),))
        assert decide(trusting, self.marked).action is Action.BLOCK
        decision = decide(trusting, self.explained)
        assert decision.action is Action.ACCEPT
        assert "table is constant" in decision.reason


def test_a_policy_without_a_catch_all_is_a_bug_not_a_pass() -> None:
    with pytest.raises(ValueError, match="matches every finding"):
        decide(Policy(name="none", rules=()), SQL)


@given(samples.policies, st.lists(samples.findings, max_size=8, unique_by=lambda one: one.fingerprint))
def test_each_finding_gets_exactly_one_decision(judged: Policy, findings: list[Finding]) -> None:
    decisions = decide_all(judged, findings)
    assert [one.fingerprint for one in decisions] == sorted(one.fingerprint for one in findings)
    shuffled = random.Random(1).sample(findings, len(findings))
    assert decide_all(judged, shuffled) == decisions


@given(samples.policies, samples.findings)
def test_the_index_by_kind_changes_nothing(judged: Policy, finding: Finding) -> None:
    """The same as trying every rule in order, without any preparation."""
    decision = decide(judged, finding)
    if decision.rule == MARKER_RULE:
        return
    for one in judged.rules:
        answer = all_of(conditions(one.match, one.when))(finding, FACTS)
        blocks = one.action is Action.BLOCK and one.undecided is Undecided.BLOCK
        if answer or (answer is None and blocks):
            assert decision.rule == one.id
            return
    raise AssertionError("no rule matched")
