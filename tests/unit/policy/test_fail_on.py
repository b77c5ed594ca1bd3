"""What the caller wants to fail on tightens a policy, and can do nothing else."""

from __future__ import annotations

import msgspec
import pytest

from secscan.errors import PolicyError
from secscan.findings.levels import Action, Severity
from secscan.findings.model import at_each_place
from secscan.gate.judge import judge
from secscan.policy.fail_on import SEVERITIES, failing_on
from secscan.policy.load import load_policy, shipped_policies
from secscan.policy.model import Mode
from tests.support.scans import AT, TAINTED, ordinary, scan_of, waiver

_STRICT = {Action.BLOCK: 0, Action.WARN: 1, Action.ACCEPT: 2}


@pytest.mark.parametrize("name", [name for name in shipped_policies() if name != "advisory"])
@pytest.mark.parametrize("severity", ["critical", "medium", "info"])
def test_no_decision_becomes_looser(name: str, severity: str) -> None:
    policy, scan = load_policy(name), ordinary()
    before, after = judge(scan, policy, AT), judge(scan, failing_on(policy, severity), AT)
    at_least = {Severity(level) for level in (*SEVERITIES[: SEVERITIES.index(severity) + 1], "unknown")}
    severities = {one.fingerprint: one.severity for one in at_each_place(scan.findings)}
    for one in before.decisions:
        now = after.action_of(one.fingerprint)
        assert _STRICT[now] <= _STRICT[one.action]
        assert now is (Action.BLOCK if severities[one.fingerprint] in at_least else one.action)
    assert {one.about for one in before.reasons} <= {one.about for one in after.reasons}


def test_waivers_still_count() -> None:
    scan = scan_of(TAINTED)
    accepted = waiver("agreed", fingerprints=(scan.findings[0].fingerprint,))
    found = judge(scan, failing_on(load_policy("default"), "info"), AT, waivers=(accepted,))
    assert found.decisions[0].waiver == "agreed"


def test_a_policy_that_stops_nothing_is_refused() -> None:
    with pytest.raises(PolicyError, match="mode: log"):
        failing_on(load_policy("advisory"), "high")


@pytest.mark.parametrize("severity", ["unknown", "HIGH", "severe", "x\n"])
def test_other_severities_are_refused(severity: str) -> None:
    with pytest.raises(PolicyError, match="no severity"):
        failing_on(load_policy("default"), severity)


def test_twice_is_refused_and_the_digest_tells_it_apart() -> None:
    policy = load_policy("default")
    tight = failing_on(policy, "low")
    assert tight.digest != policy.digest
    with pytest.raises(PolicyError, match="already"):
        failing_on(tight, "low")
    assert failing_on(msgspec.structs.replace(policy, mode=Mode.ENFORCE), "low") == tight
