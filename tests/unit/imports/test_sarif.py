"""SARIF of real tools, recorded, and everything in the format that tells what a result is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from secscan.errors import ImportedResultsError
from secscan.findings.levels import Confidence, Kind, Severity
from tests.unit.imports.samples import RECORDED, findings, read, result, sarif, tree


@pytest.fixture
def target(tmp_path: Path) -> Any:
    return tree(tmp_path)


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (
            "bandit",
            [
                ("risky-import", Severity.LOW, "src/app.py:2"),
                ("sql-injection", Severity.MEDIUM, "src/app.py:8"),
                ("command-injection", Severity.HIGH, "src/app.py:12"),
                ("assert-used", Severity.LOW, "src/app.py:13"),
                ("weak-hash", Severity.HIGH, "src/app.py:14"),
            ],
        ),
        ("semgrep", [("command-injection", Severity.HIGH, "src/app.py:12")]),
        ("gitleaks", [("hardcoded-credential", Severity.MEDIUM, "sec/deploy.env:2")]),
        ("kingfisher", [("hardcoded-credential", Severity.HIGH, "sec/deploy.env:2")]),
    ],
)
def test_recorded_logs_of_real_tools(target: Any, tool: str, expected: list[tuple[str, Severity, str]]) -> None:
    (said,) = read((RECORDED / f"{tool}.sarif").read_bytes(), target)
    assert [
        (one.defect, one.severity, one.place) for one in sorted(said.findings, key=lambda one: one.place)
    ] == sorted(expected, key=lambda one: one[2])
    assert said.scanner.startswith(f"import:{tool}")
    assert not said.failed
    assert not list(said.all_gaps())
    assert {one.kind for one in said.findings} == ({Kind.SECRET} if "deploy" in expected[0][2] else {Kind.SAST})


def test_hadolint_names_no_rules_but_we_know_some(target: Any) -> None:
    found = findings((RECORDED / "hadolint.sarif").read_bytes(), target)
    assert len(found) == 7
    assert {one.kind for one in found} == {Kind.MISCONFIGURATION}
    assert "unpinned-image" in {one.defect for one in found}


@pytest.mark.parametrize(
    ("members", "rule", "severity"),
    [
        ({}, {}, Severity.MEDIUM),
        ({"level": "error"}, {}, Severity.HIGH),
        ({"level": "none"}, {}, Severity.INFO),
        ({}, {"defaultConfiguration": {"level": "note"}}, Severity.LOW),
        ({"level": "note"}, {"properties": {"security-severity": "9.8"}}, Severity.CRITICAL),
        ({"level": "note"}, {"properties": {"security-severity": 7}}, Severity.HIGH),
        ({"level": "error"}, {"properties": {"security-severity": "0.0"}}, Severity.HIGH),
        ({"level": "error"}, {"properties": {"security-severity": "nan"}}, Severity.HIGH),
        ({"level": "error"}, {"properties": {"security-severity": "-1"}}, Severity.HIGH),
        ({"level": "error"}, {"properties": {"security-severity": [1]}}, Severity.HIGH),
        ({"properties": {"severity": "CRITICAL"}}, {}, Severity.CRITICAL),
        ({"kind": "informational"}, {}, Severity.INFO),
        ({"level": "loud"}, {}, Severity.UNKNOWN),
    ],
)
def test_severity(target: Any, members: dict[str, Any], rule: dict[str, Any], severity: Severity) -> None:
    (found,) = findings(sarif(result(**members), rules=[{"id": "R1", **rule}]), target)
    assert found.severity is severity


@pytest.mark.parametrize(
    "rule",
    [
        {"properties": {"tags": ["security", "external/cwe/cwe-089"]}},
        {"properties": {"tags": ["CWE-89: SQL"]}},
        {"properties": {"cwe": "CWE-89"}},
        {"relationships": [{"target": {"id": "89", "toolComponent": {"name": "CWE"}}}]},
    ],
)
def test_the_class_follows_from_the_weakness(target: Any, rule: dict[str, Any]) -> None:
    (found,) = findings(sarif(result(), rules=[{"id": "R1", **rule}]), target)
    assert (found.defect, found.title, found.identifiers) == ("sql-injection", "SQL injection", ("CWE-89",))


def test_a_rule_is_found_by_index_by_id_and_in_extensions(target: Any) -> None:
    extension = {"name": "pack", "rules": [{"id": "X", "properties": {"tags": ["CWE-79"]}}]}
    log = sarif(
        result(ruleId="X"),
        result(ruleId="X", line=3, rule={"id": "X", "index": 0, "toolComponent": {"index": 0}}),
        result(ruleId="R1", line=4, ruleIndex=0),
        result(ruleId="R1/sub", line=5),
        result(ruleId="other", line=6, ruleIndex=0),
        rules=[{"id": "R1", "properties": {"tags": ["CWE-89"]}}],
        tool={
            "driver": {"name": "acme", "rules": [{"id": "R1", "properties": {"tags": ["CWE-89"]}}]},
            "extensions": [extension],
        },
    )
    assert [one.defect for one in findings(log, target)] == ["xss", "xss", "sql-injection", "sql-injection", "other"]


def test_what_its_tool_suppressed_is_a_finding_with_a_note_and_no_marker(target: Any) -> None:
    (found,) = findings(sarif(result(suppressions=[{"kind": "inSource", "justification": "trust me"}])), target)
    assert not found.markers
    assert "suppressed (inSource, accepted), which hides nothing here: trust me" in found.notes[0]
    assert found.sources[0].note == ""


def test_what_is_no_defect_is_none(target: Any) -> None:
    log = sarif(result(kind="pass"), result(kind="notApplicable"), result(baselineState="absent"))
    assert findings(log, target) == []


def test_a_tool_that_says_that_it_failed_has_failed(target: Any) -> None:
    (said,) = read(sarif(invocations=[{"executionSuccessful": False, "exitCodeDescription": "out of memory"}]), target)
    assert said.failed == "out of memory"
    (silent,) = read({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "acme"}}}]}, target)
    assert "did not look" in silent.failed


def test_its_errors_are_gaps_and_the_rest_is_told(target: Any) -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "src/app.py"}, "region": {"startLine": 3}}}
    notes = [
        {"level": "error", "message": {"text": "cannot parse"}, "locations": [place]},
        {"level": "error", "message": {"text": "rule broke"}},
        {"message": {"text": "slow"}},
    ]
    (said,) = read(sarif(invocations=[{"executionSuccessful": True, "toolExecutionNotifications": notes}]), target)
    assert [(one.subject, one.line, one.detail) for one in said.all_gaps()] == [
        ("src/app.py", 3, "cannot parse"),
        ("results.json", 0, "rule broke"),
    ]
    assert said.remarks == ["slow"]


def test_what_is_outside_is_a_gap_and_what_has_no_place_is_about_the_target(target: Any) -> None:
    (said,) = read(sarif(result("../x"), result("../x"), result("/etc/passwd"), {"message": {"text": "hm"}}), target)
    assert [(one.subject, one.detail[:14]) for one in said.all_gaps()] == [
        ("../x", "2 of its resul"),
        ("/etc/passwd", "1 of its resul"),
    ]
    assert [(one.location.path, one.location.region) for one in said.findings] == [(".", None)]


def test_bases_of_uris_are_followed_and_never_for_ever(target: Any) -> None:
    def at(base: str) -> dict[str, Any]:
        one = result()
        one["locations"][0]["physicalLocation"]["artifactLocation"] = {"uri": "app.py", "uriBaseId": base}
        return one

    bases = {
        "ROOT": {"uri": "file:///ci/shop/"},
        "SRC": {"uri": "src/", "uriBaseId": "ROOT"},
        "A": {"uri": "src/", "uriBaseId": "B"},
        "B": {"uriBaseId": "A"},
    }
    log = sarif(at("SRC"), at("A"), at("%UNKNOWN%"), originalUriBaseIds=bases)
    assert [one.location.path for one in findings(log, target)] == ["src/app.py", "src/app.py", "app.py"]


def test_an_artifact_is_named_by_its_index(target: Any) -> None:
    one = result()
    one["locations"][0]["physicalLocation"]["artifactLocation"] = {"index": 0}
    (found,) = findings(sarif(one, artifacts=[{"location": {"uri": "src/app.py"}}]), target)
    assert found.location.path == "src/app.py"


def test_messages_flows_fixes_and_links(target: Any) -> None:
    step = {"location": {"physicalLocation": result()["locations"][0]["physicalLocation"], "message": {"text": "in"}}}
    one = result(
        message={"id": "default", "arguments": ["x", "{0}"]},
        codeFlows=[{"threadFlows": [{"locations": [step]}]}],
        fixes=[{"description": {"text": "Do it so."}, "artifactChanges": [{"whatever": 1}]}],
    )
    rule = {
        "id": "R1",
        "messageStrings": {"default": {"text": "{0} is {1} and {7}"}},
        "helpUri": "javascript:alert(1)",
    }
    (found,) = findings(sarif(one, rules=[rule]), target)
    assert found.message == "x is {0} and {7}"
    assert [(one.path, one.region.start_line, one.text) for one in found.trace] == [("src/app.py", 12, "in")]
    assert found.remediation == "Do it so."
    assert found.references == ()


def test_numbers_that_make_no_sense_are_no_region(target: Any) -> None:
    lines = [0, -4, 10**12]
    found = findings(sarif(*(result(line=line) for line in lines)), target)
    assert [one.location.region for one in found] == [None] * 3


def test_a_tool_cannot_call_itself_one_of_ours(target: Any) -> None:
    log = sarif(result(), tool={"driver": {"name": "bandit"}})
    (said,) = read(log, target)
    assert said.scanner == "import:bandit"
    assert {source.scanner for one in said.findings for source in one.sources} == {"import:bandit"}


def test_precision_is_confidence(target: Any) -> None:
    (found,) = findings(sarif(result(), rules=[{"id": "R1", "properties": {"precision": "very-high"}}]), target)
    assert found.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "wrote nothing"),
        (b"[]", "not a JSON object"),
        (b"{}", "no format that is known"),
        (b'{"version": "2.1.0", "runs": [], "runs": []}', "twice"),
        (b'{"version": "2.1.0", "runs": NaN}', "NaN"),
        ({"version": "2.0.0", "runs": []}, "2.1.0 is read"),
        ({"version": "2.1.0", "runs": [{}]}, "tool"),
        ({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": 7}}}]}, "name"),
        (b'{"runs": ' + b"[" * 200 + b"]" * 200 + b"}", "nested"),
        (b'{"runs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested|recursion|JSON"),
        (b"<testsuite/>", "JSON"),
    ],
)
def test_what_is_broken_is_refused(target: Any, document: Any, said: str) -> None:
    with pytest.raises(ImportedResultsError, match=f"(?s)results.json.*({said})"):
        read(document, target)


def test_too_many_results_are_refused(target: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secscan.imports.contract.MAX_RESULTS", 2)
    with pytest.raises(ImportedResultsError, match="more than 2 results"):
        read(sarif(result(), result(), result()), target)
