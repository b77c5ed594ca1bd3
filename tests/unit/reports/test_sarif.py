"""SARIF: what the platforms need of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Severity
from secscan.findings.model import Finding, Location, Region
from secscan.findings.scan import Scan
from secscan.reports.contract import load_format
from secscan.reports.sarif import FORMAT
from secscan.reports.sarif_log.numbers import FIXED, NUMBERS
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import SAMPLE, STRINGS, TAME
from tests.support.oracles import judge_sarif
from tests.support.sarif import IN_LAYER, everything, from_repository, of_image, schema
from tests.support.scans import (
    MARKED,
    NOTE,
    PACKAGE,
    TAINTED,
    UNSCORED,
    clean,
    compared,
    ordinary,
    scan_of,
)


def run_of(scan: Any) -> dict[str, Any]:
    (run,) = json.loads(FORMAT.render(scan))["runs"]
    return run


def result_of(finding: Finding) -> dict[str, Any]:
    (result,) = run_of(scan_of(finding))["results"]
    return result


def rules(scan: Any) -> dict[str, dict[str, Any]]:
    return {rule["id"]: rule for rule in run_of(scan)["tool"]["driver"]["rules"]}


@pytest.mark.parametrize("make", [everything, ordinary, clean, *(lambda text=text: hostile(text) for text in SAMPLE)])
@pytest.mark.parametrize("name", ["sarif", "github"])
def test_it_is_valid_against_the_schema(name: str, make: Callable[[], Scan]) -> None:
    judge = jsonschema_rs.validator_for(schema())
    log = json.loads(load_format(name).render(make()))
    judge.validate(log)
    log["runs"][0]["tool"]["driver"]["rules"][0]["surprise"] = 1
    assert not judge.is_valid(log)


def in_repository(text: str) -> Scan:
    """A scan with this text in every field but the kind of its target, which decides what others are for."""
    return from_repository(hostile(text), kind="tree", repository=text, revision=text, branch=text, prefix=text)


@pytest.mark.parametrize("name", ["sarif", "github"])
def test_nothing_acts_where_the_target_is_a_repository(name: str) -> None:
    render = load_format(name).render
    tame = tuple(render(in_repository(text)) for text in TAME)
    wrong = {text: found for text in STRINGS if (found := [*judge_sarif(render(in_repository(text)), text, tame)])}
    assert wrong == {}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://git.example:8443/a/b", "https://git.example:8443/a/b"),
        ("ssh://git.example/a b", "ssh://git.example/a%20b"),
        ("git://[::1]/x", "git://[::1]/x"),
    ],
)
def test_the_address_of_a_repository_is_a_uri(address: str, shown: str) -> None:
    (provenance,) = run_of(from_repository(scan_of(), repository=address))["versionControlProvenance"]
    assert provenance["repositoryUri"] == shown


@pytest.mark.parametrize("address", ["javascript:x", "file:///etc", "JAVASCRIPT://x", "/srv/git", "https://", ""])
def test_what_is_no_address_of_a_repository_is_left_out(address: str) -> None:
    assert "versionControlProvenance" not in run_of(from_repository(scan_of(), repository=address))


def test_a_path_leads_to_no_other_host() -> None:
    odd = msgspec.structs.replace(NOTE, location=Location(path="//evil.invalid/x", region=Region(start_line=1)))
    assert result_of(odd)["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "evil.invalid/x"


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
        assert len(rule.get("properties", {}).get("tags", [])) <= 20


def test_a_rule_is_the_class_or_the_advisory() -> None:
    assert set(rules(ordinary())) - {FIXED} == {
        *("SECSCAN1001", "SECSCAN1002", "SECSCAN1044"),
        *("CVE-2023-30861", "PYSEC-2026-1"),
    }


def test_the_severity_of_a_rule_is_a_text_and_that_of_its_worst_finding() -> None:
    mild = msgspec.structs.replace(TAINTED, severity=Severity.LOW, fingerprint="cccc")
    found = rules(scan_of(TAINTED, mild, PACKAGE, UNSCORED))
    assert found["SECSCAN1001"]["properties"]["security-severity"] == "9.5"
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
    assert place["region"] == {
        "startLine": 12,
        "startColumn": 5,
        "endLine": 12,
        "endColumn": 48,
        "snippet": {"text": "    f\"SELECT * FROM goods WHERE name = '{na"},
    }


def test_what_is_not_at_hand_masked_or_cut_is_not_passed_off_as_the_files_text() -> None:
    assert "text" not in result_of(MARKED)["locations"][0]["physicalLocation"]["region"]["snippet"]
    for snippet in ("key = [masked token, 40 characters]", "\u2026 a long line \u2026"):
        location = msgspec.structs.replace(TAINTED.location, snippet=f"{snippet}\n" * 3)
        place = result_of(msgspec.structs.replace(TAINTED, location=location))["locations"][0]["physicalLocation"]
        assert place["region"]["snippet"] == {"rendered": {"text": snippet}}
        assert set(place["contextRegion"]["snippet"]) == {"rendered"}


def test_a_path_is_a_relative_reference() -> None:
    odd = msgspec.structs.replace(NOTE, location=Location(path="a b/#1:x%0A.py", region=Region(start_line=1)))
    place = result_of(odd)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "a%20b/%231%3Ax%0A.py", "uriBaseId": "%SRCROOT%"}


def test_the_scan_was_successful_only_if_all_was_looked_at() -> None:
    (invocation,) = run_of(clean())["invocations"]
    assert invocation["executionSuccessful"] is True
    ended = [one["properties"]["status"] for one in invocation["toolExecutionNotifications"]]
    assert ended == ["completed"] * 3
    (invocation,) = run_of(ordinary())["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [note["descriptor"]["id"] for note in invocation["toolExecutionNotifications"]]
    assert told.count("secscan/gap") == 2
    assert told.count("secscan/scanner-failed") == 1
    assert told.count("secscan/incomplete") == 2


def test_a_clean_scan_has_an_empty_list_of_results() -> None:
    assert run_of(clean())["results"] == []


def test_what_the_baseline_had_and_is_fixed_is_absent() -> None:
    *others, gone = run_of(compared())["results"]
    assert (gone["ruleId"], gone["baselineState"], gone["kind"], gone["level"]) == (FIXED, "absent", "pass", "none")
    assert gone["partialFingerprints"] == {"secscan/v1": "aaaa0099"}
    assert {one["baselineState"] for one in others} == {"new", "unchanged"}
    assert run_of(compared())["tool"]["driver"]["rules"][gone["ruleIndex"]]["id"] == FIXED


def test_addresses_are_relative_to_the_top_of_the_repository() -> None:
    run = run_of(from_repository(scan_of(TAINTED)))
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "services/a%20b/shop/catalog.py", "uriBaseId": "%SRCROOT%"}
    assert run["versionControlProvenance"] == [
        {
            "repositoryUri": "https://git.example/shop",
            "revisionId": "f" * 40,
            "branch": "main",
            "mappedTo": {"uriBaseId": "%SRCROOT%"},
            "properties": {"dirty": False},
        }
    ]


def test_what_is_in_an_image_is_no_file_of_a_repository() -> None:
    run = run_of(of_image(IN_LAYER))
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uriBaseId"] == "%IMAGE%"
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "sha256:" + "a" * 64
    assert "registry.example/shop:1" in run["originalUriBaseIds"]["%IMAGE%"]["description"]["text"]
    assert "versionControlProvenance" not in run


def test_every_class_has_a_number_of_its_own() -> None:
    assert set(NUMBERS) == set(DEFECTS)
    assert len(set(NUMBERS.values())) == len(NUMBERS)
