"""CycloneDX, GitLab, DefectDojo and our own saved scan; and our own reports, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from secscan.correlate.imported import with_imported
from secscan.errors import ImportedResultsError
from secscan.findings.levels import GapKind, Kind, RunStatus, Severity
from secscan.findings.model import Finding, Gap, at_each_place
from secscan.findings.scan import dumps
from secscan.reports.contract import load_format
from tests.support.hostile_scans import hostile
from tests.support.scans import compared, ordinary, run, scan_of, spread
from tests.unit.imports.samples import findings, read, tree


@pytest.fixture
def target(tmp_path: Path) -> Any:
    return tree(tmp_path)


def bom(*vulnerabilities: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"tools": {"components": [{"name": "trivy", "version": "0.59.1"}]}},
        "components": [{"bom-ref": "f", "name": "flask", "version": "0.12.2", "purl": "pkg:pypi/Flask@0.12.2"}],
        "vulnerabilities": list(vulnerabilities),
        **members,
    }


VULNERABILITY = {
    "id": "CVE-2018-1000656",
    "ratings": [
        {"score": 7.5, "severity": "high", "vector": "CVSS:3.0/AV:N", "source": {"name": "nvd"}},
        {"severity": "low"},
    ],
    "cwes": [20],
    "description": "Denial of service",
    "recommendation": "Upgrade",
    "advisories": [{"url": "https://example.com/a"}, {"url": "javascript:x"}],
    "affects": [{"ref": "f"}],
    "analysis": {"state": "not_affected", "detail": "we never call it"},
}


def test_cyclonedx(target: Any) -> None:
    (said,) = read(bom(VULNERABILITY), target)
    assert (said.scanner, said.version) == ("import:trivy", "0.59.1")
    (found,) = said.findings
    assert found.package is not None
    assert (found.package.purl, found.package.ecosystem) == ("pkg:pypi/flask@0.12.2", "PyPI")
    assert (found.kind, found.severity, found.defect) == (Kind.DEPENDENCY, Severity.HIGH, "vulnerable-dependency")
    assert found.identifiers == ("CVE-2018-1000656", "CWE-20")
    assert found.references == ("https://example.com/a",)
    assert "hides nothing here: we never call it" in found.notes[0]
    assert (found.location.path, found.location.region) == (".", None)


def test_where_a_component_is_declared(target: Any) -> None:
    place = {"occurrences": [{"location": "requirements.txt", "line": 1}]}
    component = {"bom-ref": "f", "name": "flask", "purl": "pkg:pypi/flask@0.12.2", "evidence": place}
    (found,) = findings(bom(VULNERABILITY, components=[component]), target)
    assert found.place == "requirements.txt:1"


def test_components_that_are_nested_elsewhere_or_unknown(target: Any) -> None:
    nested = [{"name": "app", "components": [{"bom-ref": "in", "name": "in", "version": "1", "purl": "pkg:npm/in@1"}]}]
    affects = [{"ref": "in"}, {"ref": "urn:cdx:abc/1#pkg:npm/x%401"}, {"ref": "who"}]
    found = findings(bom({**VULNERABILITY, "affects": affects}, components=nested), target)
    assert [(one.package.ecosystem, one.package.name) for one in found if one.package] == [
        ("npm", "in"),
        ("npm", "x"),
        ("", "who"),
    ]


def test_a_vulnerability_of_nothing_is_a_gap_and_an_sbom_alone_is_refused(target: Any) -> None:
    (said,) = read(bom({**VULNERABILITY, "affects": []}), target)
    assert [one.kind for one in said.all_gaps()] == [GapKind.NOT_ASSESSED]
    with pytest.raises(ImportedResultsError, match="nobody looked for any"):
        read({"bomFormat": "CycloneDX"}, target)


GITLAB = {
    "version": "15.2.1",
    "scan": {
        "type": "sast",
        "status": "success",
        "scanner": {"id": "semgrep", "name": "Semgrep", "version": "1.1"},
        "messages": [{"level": "fatal", "value": "a rule broke"}, {"level": "info", "value": "hello"}],
    },
    "vulnerabilities": [
        {
            "id": "1",
            "name": "SQL",
            "description": "SQL is built",
            "severity": "Critical",
            "solution": "Do not",
            "location": {"file": "src/app.py", "start_line": 8, "class": "Shop", "method": "find"},
            "identifiers": [
                {"type": "semgrep_id", "name": "r", "value": "r"},
                {"type": "cwe", "name": "CWE-89", "value": "89"},
            ],
            "flags": [{"type": "flagged-as-likely-false-positive", "description": "hm"}],
        }
    ],
}


def test_gitlab(target: Any) -> None:
    (said,) = read(GITLAB, target)
    (found,) = said.findings
    assert (said.scanner, found.place, found.defect) == ("import:semgrep", "src/app.py:8", "sql-injection")
    assert (found.severity, found.sources[0].rule, found.identifiers) == (Severity.CRITICAL, "r", ("CWE-89",))
    assert "hides nothing here" in found.notes[0]
    assert [one.detail for one in said.all_gaps()] == ["a rule broke"]
    assert said.remarks == ["hello"]
    (failed,) = read({**GITLAB, "scan": {"type": "sast", "status": "failure"}}, target)
    assert "failure" in failed.failed


def test_gitlab_dependencies(target: Any) -> None:
    report = {
        "version": "15.0.0",
        "scan": {"type": "dependency_scanning", "scanner": {"id": "gemnasium"}},
        "vulnerabilities": [
            {
                "name": "DoS in flask",
                "severity": "High",
                "location": {
                    "file": "requirements.txt",
                    "dependency": {"package": {"name": "flask"}, "version": "0.12.2"},
                },
                "identifiers": [{"type": "cve", "name": "CVE-2018-1000656", "value": "CVE-2018-1000656"}],
            }
        ],
    }
    (found,) = findings(report, target)
    assert found.package is not None
    assert (found.package.name, found.kind, found.identifiers) == ("flask", Kind.DEPENDENCY, ("CVE-2018-1000656",))


def test_defectdojo(target: Any) -> None:
    document = {
        "findings": [
            {"title": "SQL", "severity": "High", "description": "bad", "cwe": 89, "file_path": "src/app.py", "line": 8},
            {
                "title": "flask",
                "severity": "Low",
                "description": "x",
                "cve": "CVE-2020-10001",
                "component_name": "flask",
                "false_p": True,
            },
        ]
    }
    code, package = findings(document, target)
    assert (code.defect, code.place, code.severity) == ("sql-injection", "src/app.py:8", Severity.HIGH)
    assert (package.kind, package.identifiers) == (Kind.DEPENDENCY, ("CVE-2020-10001",))
    assert "false_p, which hides nothing here" in package.notes[0]


def of(finding: Finding) -> tuple[Any, ...]:
    """What must come back."""
    purl = finding.package.purl if finding.package else ""
    return finding.kind, finding.defect, finding.place, finding.severity, purl


def told(scan: Any, format_name: str, target: Any) -> list[Finding]:
    return findings(load_format(format_name).render(scan), target)


@pytest.mark.parametrize("scan", [ordinary(), compared(), spread()], ids=["ordinary", "compared", "spread"])
@pytest.mark.parametrize("format_name", ["sarif", "json"])
def test_our_own_reports_come_back(target: Any, format_name: str, scan: Any) -> None:
    assert sorted(map(of, told(scan, format_name, target))) == sorted(map(of, at_each_place(scan.findings)))


def test_a_report_of_ours_that_was_incomplete_is_incomplete(target: Any) -> None:
    for format_name in ("sarif", "json", "cyclonedx", "defectdojo"):
        said = read(load_format(format_name).render(ordinary()), target)
        assert any(list(one.all_gaps()) or one.failed for one in said), format_name


def test_a_saved_scan_counts_as_imported_tools_and_nothing_decided_on_it_counts(target: Any) -> None:
    scan = scan_of(
        *ordinary().findings,
        scanners=(
            run("bandit", status=RunStatus.FAILED, reason="killed"),
            run("semgrep", control=False),
            run("hadolint", status=RunStatus.SKIPPED, selected=0, looked_at=0, reason="off"),
            run("checkov", status=RunStatus.SKIPPED, selected=0, looked_at=0, idle=True),
            run("pip-audit", status=RunStatus.SKIPPED, selected=0, looked_at=0, reason="only gaps"),
        ),
        gaps=(Gap(scanner="pip-audit", kind=GapKind.NO_LOCK_FILE, subject="pyproject.toml"),),
    )
    said = {one.scanner: one for one in read(dumps(scan), target)}
    assert said["import:bandit"].failed == "killed"
    assert "positive control" in said["import:semgrep"].failed
    assert said["import:hadolint"].failed == "off"
    assert said["import:checkov"].failed == said["import:pip-audit"].failed == ""
    every = [finding for one in said.values() for finding in one.findings]
    assert not any(one.markers or one.fingerprint or one.secret_state for one in every)
    assert {source.scanner.partition(":")[0] for one in every for source in one.sources} == {"import"}
    assert not any(source.note for one in every for source in one.sources)
    with pytest.raises(ImportedResultsError, match="damaged"):
        read(dumps(scan).replace(b'"findings"', b'"findingz"'), target)


def test_the_same_report_twice_is_one_finding_each(target: Any) -> None:
    found = told(ordinary(), "sarif", target)
    assert len(with_imported((), [*found, *found])) == len(found)


def test_formats_are_told_by_what_stands_in_them(target: Any) -> None:
    hostile_log = load_format("sarif").render(hostile("<script>alert(1)</script>"))
    assert read(hostile_log, target)
    for unknown in ({"findings": 7}, {"vulnerabilities": []}, {"format": "secscan.baseline/1"}):
        with pytest.raises(ImportedResultsError, match="no format that is known"):
            read(json.dumps(unknown).encode(), target)


def test_values_are_frozen_and_texts_are_cut(target: Any) -> None:
    document = {"findings": [{"title": "x" * 9000, "severity": "?", "description": "\ud800" + "y" * 9000}]}
    (found,) = findings(document, target)
    assert len(found.title) == 200
    assert len(found.message) == 4000
    assert found.severity is Severity.UNKNOWN
    assert msgspec.json.encode(found)
