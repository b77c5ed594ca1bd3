"""Policies' own tests: the shipped ones pass and notice nearly every change, and the score tells good ones from bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.gate.rehearsal import Rehearsal, rehearse
from secscan.policy.document import FIELDS, RULE_FIELDS, TERMS
from secscan.policy.load import Reader, shipped_policies
from secscan.policy.words import READERS

SCANNERS = ("bandit", "dockerfile", "image", "manifests", "osv", "pip-audit", "secrets", "semgrep", "vault")
EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "policies" / "examples").glob("*/policy.yaml"))

POLICY = """
format: secscan.policy/1
name: mine
required: [bandit]
rules:
  - id: serious
    match: {severity: [critical, high]}
    undecided: next
    action: block
    reason: because
  - id: rest
    action: accept
    reason: because
tests:
"""
GOOD = """
  - {name: critical, finding: {severity: critical}, expect: {action: block, verdict: failed, stops: true}}
  - {name: high, finding: {severity: high}, expect: {rule: serious}}
  - {name: unknown, finding: {severity: unknown}, expect: {rule: rest}}
  - {name: medium, finding: {severity: medium}, expect: {action: accept}}
  - {name: no bandit, scanners: {bandit: missing, semgrep: completed}, expect: {verdict: incomplete}}
"""
MORE = (
    "  - {name: wrong, finding: {severity: low}, expect: {action: warn, rule: serious, stops: true, due: 2026-01-01}}\n"
)


def rehearsed(text: str, **files: str) -> Rehearsal:
    named = {"policy.yaml": text, **{f"{name}.yaml": content for name, content in files.items()}}
    return rehearse("policy.yaml", reader=Reader(file=lambda path: named[path].encode()))


@pytest.mark.parametrize("name", shipped_policies())
def test_the_tests_of_a_shipped_policy_pass_and_notice_at_least_90_percent_of_all_changes(name: str) -> None:
    done = rehearse(name, scanners=SCANNERS)
    assert [(one.case.name, one.problems) for one in done.tried if not one.passed] == []
    assert done.tried
    assert done.never_hit == ()
    assert done.score.percent >= 90, [one.about for one in done.score.missed]


def test_good_tests_notice_every_change() -> None:
    done = rehearsed(POLICY + GOOD)
    assert done.passed
    assert done.rules == ("serious", "rest")
    assert done.never_hit == ()
    assert (done.score.percent, done.score.missed) == (100.0, ())
    assert done.score.total == 8


def test_a_test_that_fails_says_why() -> None:
    done = rehearsed(POLICY + GOOD + MORE)
    assert not done.passed
    (failed,) = [one for one in done.tried if not one.passed]
    assert failed.problems == (
        "expected that the build stops, and it goes on",
        "expected warn, got accept by the rule rest",
        "expected the rule serious to decide, got rest (accept)",
        "expected it to block from 2026-01-01, got no such day",
    )


@pytest.mark.parametrize(
    ("without", "missed"),
    [
        ("critical", {"`mode: log`", "the rule serious: warn instead of block"}),
        ("high", {"the rule serious: `severity` without high"}),
        ("medium", {"the rule serious: `severity` with medium, too", "the rule rest: warn instead of accept"}),
        ("unknown", {"the rule serious: undecided: block"}),
        ("no bandit", {"bandit no longer required"}),
    ],
)
def test_each_test_that_is_missing_is_missed(without: str, missed: set[str]) -> None:
    kept = "".join(f"{line}\n" for line in GOOD.splitlines() if f"name: {without}," not in line)
    assert {one.about for one in rehearsed(POLICY + kept).score.missed} == missed


def test_a_rule_that_no_test_reaches_is_named() -> None:
    kept = "".join(f"{line}\n" for line in GOOD.splitlines() if "critical" not in line and "high" not in line)
    assert rehearsed(POLICY + kept).never_hit == ("serious",)


def test_of_a_policy_that_extends_another_only_its_own_lines_are_changed() -> None:
    top = """
format: secscan.policy/1
name: top
extends: base.yaml
mode: log
rules:
  - {id: xss, match: {class: [xss]}, action: warn, reason: because}
environments:
  release:
    mode: enforce
    rules:
      - {id: all-xss, match: {class: [xss]}, action: block, reason: because}
tests:
  - {name: xss, finding: {class: xss}, expect: {rule: xss, action: warn}}
  - {name: other, finding: {class: csrf}, expect: {action: block, stops: false}}
  - {name: released, finding: {class: xss}, environment: release, expect: {rule: all-xss, stops: true}}
"""
    done = rehearsed(top, base=POLICY + GOOD)
    assert done.passed
    assert done.rules == ("xss", "all-xss")
    assert done.score.missed == ()
    assert done.score.total == 3


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_is_decided_as_it_says_and_uses_all_its_rules(path: Path) -> None:
    done = rehearse(str(path), scanners=SCANNERS)
    assert [(one.case.name, one.problems) for one in done.tried if not one.passed] == []
    assert done.never_hit == ()
    assert any(one.case.expected.verdict or one.case.expected.stops is not None for one in done.tried)
    assert done.score.percent >= 80, [one.about for one in done.score.missed]


def test_there_are_examples_of_everything() -> None:
    assert len(EXAMPLES) >= 25
    text = "\n".join(path.read_text() for path in EXAMPLES)
    missing = [name for name in (*READERS, *RULE_FIELDS, *FIELDS, *TERMS) if f"{name}:" not in text]
    assert missing == ["version"]
    shown = {name.parent.name for name in EXAMPLES}
    listed = (EXAMPLES[0].parents[1] / "README.md").read_text()
    assert all(f"[{name}]({name}/policy.yaml)" in listed for name in shown)
