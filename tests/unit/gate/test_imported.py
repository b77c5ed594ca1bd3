"""Imported results are evidence of nothing: they satisfy no requirement, soften nothing, and can fail a build."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from secscan.findings.judgement import Judgement
from secscan.findings.levels import GapKind, RunStatus, Verdict
from secscan.findings.model import Finding, Gap, Source
from secscan.gate.judge import judge
from secscan.policy.baseline import baseline_of
from secscan.policy.gone import fixed_since
from secscan.policy.load import load_policy
from secscan.policy.model import Policy
from secscan.reports.present import ran_as
from tests.support.scans import AT, MARKED, NOTE, TAINTED, run, scan_of

IMPORT = run("import:bandit", control=False, selected=0, looked_at=0)


def with_source(finding: Finding, rule: str = "X1") -> Finding:
    return msgspec.structs.replace(finding, sources=(*finding.sources, Source(scanner="import:acme", rule=rule)))


def verdict(**fields: Any) -> Judgement:
    judgement = scan_of(**fields).judgement
    assert judgement is not None
    return judgement


def test_a_file_called_bandit_is_no_bandit() -> None:
    found = verdict(scanners=(IMPORT, run("pip-audit"), run("semgrep")))
    assert found.verdict is Verdict.INCOMPLETE
    assert [one.subject for one in found.reasons] == ["bandit"]


def test_beside_scanners_that_looked_it_is_no_reason_for_doubt() -> None:
    assert verdict(scanners=(run("bandit"), IMPORT, run("pip-audit"), run("semgrep"))).verdict is Verdict.PASSED


@pytest.fixture
def lenient(tmp_path: Any) -> Policy:
    """A policy that requires nobody."""
    path = tmp_path / "policy.yaml"
    path.write_text(
        "format: secscan.policy/1\nname: lenient\nversion: '1'\n"
        "rules:\n  - {id: all, action: accept, reason: nothing matters here}\n"
    )
    return load_policy(str(path), scanners=[])


def test_files_alone_never_pass_even_where_nothing_is_required(lenient: Policy) -> None:
    found = judge(scan_of(scanners=(IMPORT,)), lenient, AT)
    assert (found.verdict, found.reasons[0].text) == (Verdict.INCOMPLETE, "no scanner was part of this scan")
    assert judge(scan_of(scanners=(IMPORT, run("bandit"))), lenient, AT).verdict is Verdict.PASSED


def test_a_tool_that_says_that_it_failed_and_its_gaps_count() -> None:
    failed = msgspec.structs.replace(IMPORT, status=RunStatus.FAILED, reason="out of memory")
    found = verdict(scanners=(run("bandit"), run("pip-audit"), run("semgrep"), failed))
    assert [one.text for one in found.reasons] == ["import:bandit failed: out of memory"]
    gap = Gap(scanner="import:bandit", kind=GapKind.INTERNAL, subject="a.py")
    assert verdict(gaps=(gap,)).verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize(
    "condition",
    [
        "match: {rule: [X1]}",
        "match: {scanner: ['import:acme']}",
        "match: {only_scanner: ['import:acme']}",
        "when: '\"X1\" in finding.rules'",
        "when: '\"import:acme\" in finding.scanners'",
    ],
)
def test_a_policy_does_not_take_our_finding_for_an_imported_one(tmp_path: Any, condition: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "format: secscan.policy/1\nname: p\nversion: '1'\nrequired: [bandit]\nrules:\n"
        f"  - id: soft\n    action: accept\n    reason: imported rules are noise\n    {condition}\n"
        "  - {id: rest, action: block, reason: everything else is bad}\n"
    )
    policy = load_policy(str(path), scanners=["bandit", "import:acme"])
    alone = msgspec.structs.replace(NOTE, sources=(Source(scanner="import:acme", rule="X1"),))
    decided = {one.fingerprint: one.action for one in judge(scan_of(with_source(TAINTED), alone), policy, AT).decisions}
    assert decided == {TAINTED.fingerprint: "block", NOTE.fingerprint: "accept"}


def test_a_finding_that_only_a_file_knew_is_not_called_fixed_by_another_file() -> None:
    alone = msgspec.structs.replace(MARKED, sources=(Source(scanner="import:bandit", rule="B602"),))
    before = scan_of(alone, NOTE, scanners=(run("bandit"), IMPORT))
    now = scan_of(scanners=(run("bandit"), IMPORT))
    assert [one.fingerprint for one in fixed_since(baseline_of(before), now)] == [NOTE.fingerprint]


def test_reports_say_that_nobody_saw_it_look() -> None:
    assert ran_as(IMPORT) == "its results were imported; nobody saw it look"
