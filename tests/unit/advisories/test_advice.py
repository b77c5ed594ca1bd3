"""What is told of an advisory, and what of it the saved scan and a person see."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.advice import Advice, advise
from secscan.advisories.build import build
from secscan.advisories.describe import describe_package, describe_record
from secscan.advisories.index import Index
from secscan.advisories.load import Source
from secscan.advisories.names import asked_by, package_name, purl_of
from secscan.errors import AdvisoryError
from secscan.findings.levels import Severity
from tests.support.osv_records import index_of, osv

HIGH_V4 = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}
MEDIUM_V3 = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}


def known(tmp_path: Path, record: dict[str, Any], *more: Source) -> Advice:
    path = tmp_path / "index.sqlite"
    rows = [(record["id"], json.dumps(record).encode())]
    build(path, [Source("test", rows), *more], built="2026-02-01T00:00:00Z")
    with Index(path) as index:
        (advice,) = advise(index, "PyPI", "flask", "1.0")
    return advice


@pytest.mark.parametrize(
    ("fields", "severity", "scores"),
    [
        ({}, Severity.UNKNOWN, []),
        ({"severity": [MEDIUM_V3]}, Severity.MEDIUM, [6.1]),
        ({"severity": [MEDIUM_V3, HIGH_V4]}, Severity.CRITICAL, [6.1, 9.3]),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/rubbish"}]}, Severity.UNKNOWN, [None]),
        ({"severity": [{"type": "Ubuntu", "score": "negligible"}]}, Severity.INFO, []),
        ({"database_specific": {"severity": "MODERATE"}}, Severity.MEDIUM, []),
        ({"database_specific": {"severity": "HIGH"}, "severity": [MEDIUM_V3]}, Severity.HIGH, [6.1]),
        ({"database_specific": {"severity": "whatever"}}, Severity.UNKNOWN, []),
    ],
)
def test_the_highest_severity_counts_and_none_is_unknown(
    tmp_path: Path, fields: dict[str, Any], severity: Severity, scores: list[float | None]
) -> None:
    advice = known(tmp_path, osv(**fields))
    assert advice.severity is severity
    assert [one.score for one in advice.cvss] == scores
    assert {one.source for one in advice.cvss} <= {"PYSEC-1"}


def test_the_severity_of_the_affected_package_counts(tmp_path: Path) -> None:
    record = osv()
    record["affected"][0]["severity"] = [HIGH_V4]
    assert known(tmp_path, record).severity is Severity.CRITICAL


def test_exploitation_is_known_only_where_there_is_a_catalogue(tmp_path: Path) -> None:
    record = osv(aliases=["CVE-2026-1000", "CVE-2026-1001"])
    assert known(tmp_path, record).known_exploited is None
    kev = Source("CISA KEV", kind="kev", exploited={"CVE-2026-1001": "2026-01-01"})
    epss = Source("FIRST EPSS", kind="epss", epss={"CVE-2026-1000": 0.25, "CVE-2026-1001": 0.5})
    advice = known(tmp_path, record, kev, epss)
    assert (advice.known_exploited, advice.epss) == (True, 0.5)
    assert known(tmp_path, osv(), kev, epss).known_exploited is False


def test_a_record_that_is_named_and_not_there_is_an_error(tmp_path: Path) -> None:
    path = index_of(tmp_path / "index.sqlite", osv())
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM record WHERE id = 'PYSEC-1'")
    database.close()
    with Index(path) as index, pytest.raises(AdvisoryError, match="does not hold it"):
        advise(index, "PyPI", "flask", "1.0")


@pytest.mark.parametrize(
    ("purl", "ecosystem", "name", "version"),
    [
        ("pkg:pypi/flask@2.0.1", "PyPI", "flask", "2.0.1"),
        ("pkg:npm/%40babel/core@7.0.0", "npm", "@babel/core", "7.0.0"),
        ("pkg:golang/github.com/x/y/v2@v2.1.0", "Go", "github.com/x/y/v2", "v2.1.0"),
        (
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
            "Maven",
            "org.apache.logging.log4j:log4j-core",
            "2.14.1",
        ),
        ("pkg:cargo/time@0.1.0", "crates.io", "time", "0.1.0"),
        ("pkg:gem/rails@6.0.0", "RubyGems", "rails", "6.0.0"),
        ("pkg:composer/symfony/http-kernel@4.4.0", "Packagist", "symfony/http-kernel", "4.4.0"),
        ("pkg:deb/debian/openssl@3.0.9-1?distro=debian-12", "Debian:12", "openssl", "3.0.9-1"),
        ("pkg:apk/alpine/busybox@1.36.1-r0?distro=alpine-3.18", "Alpine:v3.18", "busybox", "1.36.1-r0"),
    ],
)
def test_package_urls_there_and_back(purl: str, ecosystem: str, name: str, version: str) -> None:
    assert asked_by(purl) == [(ecosystem, name, version)]
    assert purl_of(ecosystem, name, version) == purl


@pytest.mark.parametrize("text", ["", "flask", "pkg:", "pkg:pypi", "pkg:nothing/x@1", "pkg:deb/nowhere/x@1"])
def test_what_is_no_package_url_is_refused(text: str) -> None:
    with pytest.raises(AdvisoryError) as caught:
        asked_by(text)
    assert caught.value.hint


@given(
    st.sampled_from(["PyPI", "npm", "Go", "Maven", "NuGet", "Debian:12", "Other"]),
    st.text(max_size=9),
    st.text(max_size=9),
)
def test_any_name_has_a_package_url(ecosystem: str, name: str, version: str) -> None:
    assert purl_of(ecosystem, name, version).startswith("pkg:")
    assert package_name(ecosystem, package_name(ecosystem, name)) == package_name(ecosystem, name)


def test_a_person_is_told_everything(tmp_path: Path) -> None:
    path = index_of(
        tmp_path / "index.sqlite",
        osv("PYSEC-1", aliases=["CVE-2026-1"], severity=[HIGH_V4]),
        osv("GHSA-1", aliases=["CVE-2026-1"]),
        osv("PYSEC-2", withdrawn="2026-01-01T00:00:00Z"),
        osv("PYSEC-3", affected=[{"package": {"ecosystem": "PyPI", "name": "flask"}}]),
    )
    with Index(path) as index:
        assert index.records_called("cve-2026-1") == ["GHSA-1", "PYSEC-1"]
        text = "\n".join(describe_record(index, "PYSEC-1"))
        assert "(9.3)" in text
        assert "from 0 below 2.0" in text
        assert "withdrawn" in "\n".join(describe_record(index, "PYSEC-2"))
        head, *lines = describe_package(index, "PyPI", "Flask", "1.0")
        assert head == "PyPI Flask 1.0: 1 vulnerabilities"
        assert "CVE-2026-1 = GHSA-1 = PYSEC-1  critical" in lines[0]
        assert "PYSEC-3  names no version that can be compared" in lines[-1]
        assert next(describe_package(index, "PyPI", "flask", "")) == "PyPI flask: 3 advisories"


@pytest.mark.parametrize(("ecosystem", "version"), [("npm", "1.0"), ("PyPI", "not a version")])
def test_what_the_index_cannot_tell_is_an_error_and_not_nothing(tmp_path: Path, ecosystem: str, version: str) -> None:
    with Index(index_of(tmp_path / "index.sqlite", osv())) as index, pytest.raises(AdvisoryError) as caught:
        list(describe_package(index, ecosystem, "flask", version))
    assert caught.value.hint
