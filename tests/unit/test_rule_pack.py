"""What every embedded semgrep rule must say about itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Confidence, Severity
from secscan.resources import data_dir
from secscan.scanners import semgrep_rules
from secscan.scanners.semgrep_rules import compile_rules, compiled, compiled_place, load_rules
from tests.rules.markers import markers

RULES: list[dict[str, Any]] = [
    rule
    for path in sorted((data_dir("policies") / "semgrep").rglob("*.yaml"))
    for rule in YAML(typ="safe").load(path)["rules"]
]
CONTROLS = {"secscan.control.taint", "secscan.control.pattern"}
SEMGREP_SEVERITIES = {
    "ERROR": {Severity.CRITICAL, Severity.HIGH},
    "WARNING": {Severity.HIGH, Severity.MEDIUM, Severity.LOW},
    "INFO": {Severity.LOW, Severity.INFO},
}

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule["id"] for rule in RULES])


def test_ids_are_unique() -> None:
    assert len({rule["id"] for rule in RULES}) == len(RULES)


def test_the_compiled_pack_is_that_of_the_rules() -> None:
    assert compiled_place().read_bytes() == compiled(compile_rules()), "the rules have changed: make rules"


def test_rules_that_changed_are_compiled_when_they_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "compiled.json"
    old.write_bytes(compiled(replace(compile_rules(), digest="0" * 64, document=b"{}")))
    monkeypatch.setattr(semgrep_rules, "compiled_place", lambda: old)
    assert load_rules.__wrapped__() == compile_rules()
    old.write_bytes(b"half")
    assert load_rules.__wrapped__() == compile_rules()


def test_the_controls_are_there() -> None:
    assert {rule["id"] for rule in RULES} >= CONTROLS


def test_every_language_has_controls_of_both_sorts() -> None:
    """A language without would not be missed if the engine could not load it."""
    controls = [rule for rule in RULES if rule["id"] in CONTROLS]
    for language in {language for rule in RULES for language in rule["languages"]}:
        own = [rule for rule in controls if language in rule["languages"]]
        assert {rule.get("mode", "search") for rule in own} == {"search", "taint"}, language


def test_every_rule_and_its_shadow_is_asked_for() -> None:
    shadows = {f"{rule['id']}.unsanitized" for rule in RULES if rule.get("pattern-sanitizers")}
    assert set(load_rules().ids) == {rule["id"] for rule in RULES} | shadows


@each_rule
def test_id_names_the_class(rule: dict[str, Any]) -> None:
    if rule["id"] not in CONTROLS:
        assert re.fullmatch(rf"secscan\.py\.{rule['metadata']['secscan']['class']}\.[a-z0-9-]+", rule["id"])


@each_rule
def test_metadata_is_complete(rule: dict[str, Any]) -> None:
    about = rule["metadata"]["secscan"]

    assert set(about) == {"class", "severity", "confidence"}
    assert about["class"] in DEFECTS
    assert Severity(about["severity"]) in SEMGREP_SEVERITIES[rule["severity"]]
    assert Confidence(about["confidence"])
    assert rule["languages"] == ["python"]
    if rule["id"] not in CONTROLS:
        assert rule["metadata"]["cwe"]
        assert all(re.fullmatch(r"CWE-[1-9]\d*", cwe) for cwe in rule["metadata"]["cwe"])
        assert rule["metadata"]["references"]
        assert all(url.startswith("https://") for url in rule["metadata"]["references"])


@each_rule
def test_message_says_what_is_wrong_and_what_to_do_and_quotes_no_code(rule: dict[str, Any]) -> None:
    message = rule["message"].strip()

    assert "$" not in message
    assert message.endswith(".")
    assert "\n" not in message
    assert 40 <= len(message) <= 300


@each_rule
def test_nothing_rewrites_code_or_leaves_files_out(rule: dict[str, Any]) -> None:
    assert not {"fix", "fix-regex", "paths", "min-version", "max-version"} & set(rule)


@each_rule
def test_rule_has_a_line_it_must_report_and_one_it_must_not(rule: dict[str, Any]) -> None:
    assert {marked.must for marked in markers() if marked.rule == rule["id"]} == {True, False}


@each_rule
def test_taint_rule_tells_what_cleans_a_value(rule: dict[str, Any]) -> None:
    if rule.get("mode") == "taint" and rule["metadata"]["secscan"]["class"].endswith(("injection", "traversal")):
        assert rule["pattern-sanitizers"]


def test_fixtures_name_rules_that_exist() -> None:
    assert {marked.rule for marked in markers()} == {rule["id"] for rule in RULES}


def test_no_line_is_marked_both_ways() -> None:
    lines = [(marked.path, marked.line, marked.rule) for marked in markers()]

    assert len(set(lines)) == len(lines)
