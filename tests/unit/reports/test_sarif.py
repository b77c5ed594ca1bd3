"""SARIF: what the platforms need of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from secscan.findings.levels import Severity
from secscan.findings.model import Finding, Location, Region
from secscan.reports.present import Presentation
from secscan.reports.sarif import build_log
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import STRINGS
from tests.support.scans import MARKED, NOTE, PACKAGE, TAINTED, UNSCORED, clean, ordinary, scan_of


def run_of(scan: Any) -> dict[str, Any]:
    (run,) = build_log(Presentation(scan))["runs"]
    return run


def result_of(finding: Finding) -> dict[str, Any]:
    (result,) = run_of(scan_of(finding))["results"]
    return result


def rules(scan: Any) -> dict[str, dict[str, Any]]:
    return {rule["id"]: rule for rule in run_of(scan)["tool"]["driver"]["rules"]}


@pytest.mark.parametrize("make", [ordinary, clean, *(lambda text=text: hostile(text) for text in STRINGS[::10])])
def test_it_is_valid_against_the_schema(make) -> None:
    schema = os.environ.get("SECSCAN_SARIF_SCHEMA")
    if not schema:
        pytest.skip("no SARIF schema here; name one in SECSCAN_SARIF_SCHEMA")
    jsonschema_rs.validator_for(json.loads(Path(schema).read_bytes())).validate(build_log(Presentation(make())))


def test_every_result_has_what_a_platform_asks_for() -> None:
    run = run_of(ordinary())
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
        assert result["partialFingerprints"]["secscan/v1"]
    for rule in run["tool"]["driver"]["rules"]:
        for part in ("shortDescription", "fullDescription", "help"):
            assert 0 < len(rule[part]["text"]) <= 1024
        assert rule["helpUri"].startswith("https://")
        assert len(rule["properties"]["tags"]) <= 20


def test_a_rule_is_the_class_or_the_advisory() -> None:
    assert set(rules(ordinary())) == {
        *("sql-injection", "command-injection", "assert-used"),
        *("CVE-2023-30861", "PYSEC-2026-1"),
    }


def test_the_severity_of_a_rule_is_a_text_and_that_of_its_worst_finding() -> None:
    mild = msgspec.structs.replace(TAINTED, severity=Severity.LOW, fingerprint="cccc")
    found = rules(scan_of(TAINTED, mild, PACKAGE, UNSCORED))
    assert found["sql-injection"]["properties"]["security-severity"] == "9.5"
    assert found["CVE-2023-30861"]["properties"]["security-severity"] == "7.5"
    assert found["CVE-2023-30861"]["properties"]["tags"] == ["security", "external/cwe/cwe-539"]


def test_an_unknown_severity_gets_no_number_that_could_look_low() -> None:
    assert "security-severity" not in rules(scan_of(UNSCORED))["PYSEC-2026-1"]["properties"]
    assert result_of(UNSCORED)["level"] == "error"


def test_what_is_accepted_is_suppressed_and_a_marker_is_not_heard() -> None:
    (accepted,) = result_of(NOTE)["suppressions"]
    assert (accepted["kind"], accepted["status"]) == ("external", "accepted")
    (marker,) = result_of(MARKED)["suppressions"]
    assert (marker["kind"], marker["status"]) == ("inSource", "rejected")
    assert "suppressions" not in result_of(TAINTED)


def test_the_way_of_the_data_is_a_code_flow() -> None:
    (flow,) = result_of(TAINTED)["codeFlows"]
    steps = flow["threadFlows"][0]["locations"]
    uris = [step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in steps]
    assert uris == ["shop/views.py", "shop/catalog.py"]


def test_the_context_is_more_than_the_region() -> None:
    place = result_of(TAINTED)["locations"][0]["physicalLocation"]
    assert (place["contextRegion"]["startLine"], place["contextRegion"]["endLine"]) == (11, 13)
    assert place["region"] == {"startLine": 12, "startColumn": 5, "endLine": 12, "endColumn": 48}
    assert "contextRegion" not in result_of(MARKED)["locations"][0]["physicalLocation"]


def test_a_path_is_a_relative_reference() -> None:
    odd = msgspec.structs.replace(NOTE, location=Location(path="a b/#1:x%0A.py", region=Region(start_line=1)))
    place = result_of(odd)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "a%20b/%231%3Ax%0A.py", "uriBaseId": "%SRCROOT%"}


def test_the_scan_was_successful_only_if_all_was_looked_at() -> None:
    assert run_of(clean())["invocations"] == [{"executionSuccessful": True}]
    (invocation,) = run_of(ordinary())["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [note["descriptor"]["id"] for note in invocation["toolExecutionNotifications"]]
    assert told.count("secscan/gap") == 2
    assert told.count("secscan/scanner-failed") == 1
    assert told.count("secscan/incomplete") == 2


def test_a_clean_scan_has_an_empty_list_of_results() -> None:
    assert run_of(clean())["results"] == []
