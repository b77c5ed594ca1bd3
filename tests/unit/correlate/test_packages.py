from __future__ import annotations

from typing import Any

import pytest

from secscan.correlate.merge import merge
from secscan.findings.levels import Kind, Severity
from secscan.findings.model import Cvss


def test_aliases_are_one_finding_also_through_others(build: Any) -> None:
    merged = merge(
        [
            build.vulnerable("PYSEC-2019-1", "CVE-2019-1"),
            build.vulnerable("GHSA-a", "CVE-2019-1", scanner="trivy", severity=Severity.HIGH),
            build.vulnerable("GHSA-a", "OSV-9", scanner="osv"),
            build.vulnerable("CVE-2020-2"),
        ]
    )
    assert {one.identifiers for one in merged} == {("CVE-2020-2",), ("CVE-2019-1", "GHSA-a", "OSV-9", "PYSEC-2019-1")}
    joined = max(merged, key=lambda one: len(one.sources))
    assert joined.severity is Severity.HIGH
    assert joined.title == "GHSA-a"
    assert [source.scanner for source in joined.sources] == ["osv", "pip-audit", "trivy"]


@pytest.mark.parametrize(
    "other",
    [
        {"purl": "pkg:pypi/jinja2@2.4.2"},
        {"purl": "pkg:pypi/tensorflow-gpu@2.4.1"},
        {"path": "other.txt"},
    ],
)
def test_another_package_version_or_manifest_is_another_finding(build: Any, other: dict[str, str]) -> None:
    assert len(merge([build.vulnerable("CVE-1"), build.vulnerable("CVE-1", **other)])) == 2


def test_qualifiers_make_no_other_package(build: Any) -> None:
    other = build.vulnerable("CVE-1", purl="pkg:pypi/jinja2@2.4.1?arch=any#sub", scanner="trivy")
    assert len(merge([build.vulnerable("CVE-1"), other])) == 1


def test_a_shared_weakness_class_is_no_alias(build: Any) -> None:
    assert len(merge([build.vulnerable("CVE-1", "CWE-79"), build.vulnerable("CVE-2", "CWE-79")])) == 2


@pytest.mark.parametrize(
    ("ecosystem", "versions", "expected"),
    [
        (
            "PyPI",
            ["3.10", "3.9.post1", "3.10rc1", "1!1.0", "not a version"],
            ("3.9.post1", "3.10rc1", "3.10", "1!1.0", "not a version"),
        ),
        ("npm", ["4.17.21", "4.17.5", "5.0.0-beta.2", "5.0.0"], ("4.17.5", "4.17.21", "5.0.0-beta.2", "5.0.0")),
    ],
)
def test_fixed_versions_are_united_smallest_first(
    build: Any, ecosystem: str, versions: list[str], expected: tuple[str, ...]
) -> None:
    about = {"ecosystem": ecosystem}
    (merged,) = merge(
        [
            build.vulnerable("CVE-1", fixed=versions[:2], direct=False, **about),
            build.vulnerable("CVE-1", fixed=versions[1:], direct=True, scanner="trivy", **about),
        ]
    )
    assert merged.package is not None
    assert merged.package.fixed_versions == expected
    assert merged.package.direct is True


def test_a_malicious_package_is_not_merely_vulnerable(build: Any) -> None:
    vulnerable = build.vulnerable("GHSA-a", severity=Severity.CRITICAL)
    (merged,) = merge([vulnerable, build.vulnerable("GHSA-a", "MAL-1", defect="malicious-package")])
    assert (merged.defect, merged.severity) == ("malicious-package", Severity.CRITICAL)


def test_scores_are_united(build: Any) -> None:
    scores = [Cvss(vector="v", score=7.5, source="nvd"), Cvss(vector="w", source="ghsa")]
    (merged,) = merge(
        build.vulnerable("CVE-1", scanner=one.source, cvss=(one,), published=one.vector) for one in scores
    )
    assert set(merged.cvss) == set(scores)
    assert merged.published == "v"


def test_a_licence_finding_is_not_an_alias_of_a_vulnerability(build: Any) -> None:
    licence = build.vulnerable("CVE-1", kind=Kind.LICENCE, defect="licence-violation")
    assert len(merge([build.vulnerable("CVE-1"), licence])) == 2


def test_findings_without_ids_are_told_apart_by_rule(build: Any) -> None:
    assert len(merge([build.vulnerable(), build.vulnerable(scanner="trivy"), build.vulnerable()])) == 2
