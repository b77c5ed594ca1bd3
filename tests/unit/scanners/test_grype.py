"""The grype adapter, on answers made after grype's documentation: what it makes of them, and how it would ask."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import GapKind, RunStatus, Severity
from secscan.inventory.contract import Declared
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Report
from secscan.scanners.grype import CACHE_VARIABLE, SCANNER
from secscan.scanners.image_packages import ImageScan
from secscan.scanners.runner import run_scanners
from tests.support.grype_answers import BUILT, DIGEST, PROVEN, artifact, ended, match, packages, report
from tests.support.image_samples import Known
from tests.support.scanned_images import STATUS, declared, read_image, setup_of

LIBSSL = ("libssl3", "3.0.9-1", "pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12&upstream=openssl")
LOGIN = ("login", "1:4.13-1", "pkg:deb/debian/login@1%3A4.13-1?arch=amd64&distro=debian-12&upstream=shadow")
DJANGO = ("Django", "2.2", "pkg:pypi/django@2.2")
OURS = (
    *declared([Known("Debian:12", "libssl3", "3.0.9-1", ("openssl", "3.0.9-1"))]),
    *declared([Known("Debian:12", "login", "1:4.13-1", ("shadow", "1:4.13-1"))]),
    *declared([Known("PyPI", "Django", "2.2")], "usr/lib/Django-2.2.dist-info/METADATA", layer=1),
)


def piece(kind: str = "docker-archive", ours: tuple[Declared, ...] = OURS) -> ImageScan:
    return ImageScan(kind=kind, place="/image", digest="" if kind == "rootfs" else DIGEST, packages=ours)


def parse(*matches: dict[str, Any], **fields: Any) -> Report:
    return SCANNER.parse(ended(report(*matches, **fields), packages(LIBSSL, LOGIN, DJANGO)), piece())


def libssl(**fields: Any) -> dict[str, Any]:
    return artifact(*LIBSSL, upstreams=[{"name": "openssl"}], **fields)


def test_a_clean_answer_with_the_control_is_clean() -> None:
    result = parse()
    assert (result.findings, result.gaps, result.control) == ((), (), True)
    assert len(result.looked_at) == 3
    (state,) = result.advisories
    assert (state.name, state.as_of, state.ecosystems) == ("grype", BUILT, ("Debian:12", "PyPI"))


def test_a_match_is_told_of_the_source_and_where_we_read_it() -> None:
    result = parse(match(libssl(), "CVE-2024-5535", "CVE-2024-5535"))
    (finding,) = result.findings
    assert finding.package is not None
    assert (finding.package.name, finding.package.version, finding.package.ecosystem) == (
        "openssl", "3.0.9-1", "Debian:12",
    )  # fmt: skip
    assert (finding.location.path, finding.identifiers) == (STATUS, ("CVE-2024-5535",))
    assert finding.severity is Severity.HIGH
    assert finding.package.fixed_versions == ("3.0.14-1~deb12u1",)
    assert finding.message == "What CVE-2024-5535 is about."
    assert [one.score for one in finding.cvss] == [9.8]
    assert finding.epss == 0.03
    assert finding.known_exploited is None


def test_ids_of_one_vulnerability_are_one_finding() -> None:
    django = artifact(*DJANGO, locations=[{"path": "/usr/lib/Django-2.2.dist-info/METADATA"}])
    (finding,) = parse(match(django, "GHSA-6r97-cj55-9hrq", "CVE-2019-14234")).findings
    assert finding.identifiers == ("CVE-2019-14234", "GHSA-6r97-cj55-9hrq")


def test_a_notice_about_many_vulnerabilities_is_as_many_findings() -> None:
    findings = parse(match(libssl(), "ELSA-2024-1", "CVE-2024-1", "CVE-2024-2")).findings
    assert [one.identifiers for one in findings] == [("CVE-2024-1", "ELSA-2024-1"), ("CVE-2024-2", "ELSA-2024-1")]
    (alone,) = parse(match(libssl(), "ELSA-2024-1")).findings
    assert alone.identifiers == ("ELSA-2024-1",)


@pytest.mark.parametrize(
    ("word", "severity"), [("Negligible", Severity.INFO), ("Unknown", Severity.UNKNOWN), ("", Severity.UNKNOWN)]
)
def test_words_for_severity(word: str, severity: Severity) -> None:
    (finding,) = parse(match(libssl(), "CVE-2024-1", severity=word)).findings
    assert finding.severity is severity


def test_what_is_exploited_and_what_will_not_be_fixed_is_told() -> None:
    fields = {"knownExploited": [{"cve": "CVE-2024-1"}], "fix": {"versions": [], "state": "wont-fix"}}
    (finding,) = parse(match(libssl(), "CVE-2024-1", **fields)).findings
    assert finding.known_exploited
    assert "will not fix" in finding.message


def test_what_grype_passes_over_stays_visible() -> None:
    ignored = {**match(libssl(), "CVE-2024-1"), "appliedIgnoreRules": [{"reason": "made up", "fix-state": "unknown"}]}
    notices = [one for one in parse(ignoredMatches=[ignored]).notices if one.topic == "passed-over"]
    assert [(one.subject, "CVE-2024-1" in one.text, "made up" in one.text) for one in notices] == [
        ("libssl3 3.0.9-1", True, True)
    ]
    many = [one for one in parse(ignoredMatches=[ignored] * 500).notices if one.topic == "passed-over"]
    assert len(many) == 101
    assert "400 more" in many[-1].text


def test_what_it_does_not_list_is_a_gap() -> None:
    result = SCANNER.parse(ended(report(), packages(LIBSSL)), piece())
    assert {(gap.kind, gap.subject) for gap in result.gaps} == {
        (GapKind.NOT_SEEN, "Debian:12:shadow@1:4.13-1"),
        (GapKind.NOT_SEEN, "PyPI:django@2.2"),
    }
    assert result.looked_at == {"Debian:12:openssl@3.0.9-1"}


@pytest.mark.parametrize(
    ("found", "lost"), [(PROVEN[:1], {"PyPI"}), (PROVEN[1:], {"Debian"}), ((), {"PyPI", "Debian"})]
)
def test_what_the_control_did_not_show_to_be_known_is_a_gap(found: tuple[str, ...], lost: set[str]) -> None:
    result = SCANNER.parse(ended(report(), packages(LIBSSL, LOGIN, DJANGO), found), piece())
    assert {gap.subject.partition(":")[0] for gap in result.gaps} == lost
    assert {gap.kind for gap in result.gaps} == {GapKind.NO_ADVISORIES}
    assert result.control == bool(found)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (report(kind="directory"), "something else"),
        (report(source={"type": "image", "target": {"imageID": "sha256:" + "0" * 64}}), "another image"),
        (report(source={"type": "image", "target": "x"}), "another image"),
        ({**report(), "descriptor": {"name": "syft", "version": "1", "db": {}}}, "report is one of"),
        ({key: value for key, value in report().items() if key != "descriptor"}, "form"),
        ({**report(), "matches": None}, "form"),
    ],
)
def test_an_answer_about_something_else_is_malformed(answer: dict[str, Any], why: str) -> None:
    with pytest.raises(MalformedOutput, match=why):
        SCANNER.parse(ended(answer, packages(LIBSSL)), piece())


def test_a_folder_is_no_image() -> None:
    assert SCANNER.parse(ended(report(kind="directory"), packages(LIBSSL)), piece("rootfs")).control
    with pytest.raises(MalformedOutput, match="something else"):
        SCANNER.parse(ended(report(), packages(LIBSSL)), piece("rootfs"))


def test_a_list_of_packages_that_is_none_is_malformed() -> None:
    with pytest.raises(MalformedOutput, match="no CycloneDX"):
        SCANNER.parse(ended(report(), {"bomFormat": "x"}), piece())


@pytest.mark.parametrize(
    ("version", "warned"), [("0.104.0", True), ("0.104.1", False), ("v1.0.0", False), ("[not provided]", True)]
)
def test_a_version_that_tells_credentials_is_warned_of(version: str, warned: bool) -> None:
    assert any("CVE-2025-65965" in one.text for one in parse(version=version).notices) == warned


def test_a_database_of_unknown_age_says_so() -> None:
    answer = report()
    answer["descriptor"]["db"] = {"status": {"built": "yesterday"}}
    result = SCANNER.parse(ended(answer, packages(LIBSSL)), piece())
    assert [one.as_of for one in result.advisories] == [""]
    answer["descriptor"]["db"] = {"built": "2024-01-01T00:00:00Z", "schemaVersion": 5}
    result = SCANNER.parse(ended(answer, packages(LIBSSL)), piece())
    assert [one.as_of for one in result.advisories] == ["2024-01-01T00:00:00Z"]


@given(st.binary(max_size=100) | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(
    lambda value: json.dumps({"matches": value, "descriptor": {"name": "grype"}}).encode()
))  # fmt: skip
def test_any_output_is_malformed(data: bytes) -> None:
    good = ended(report(), packages(LIBSSL))
    for damaged in (
        replace(good, stdout=data),
        *(replace(good, files={**good.files, name: data}) for name in good.files),
    ):
        with pytest.raises(MalformedOutput):
            SCANNER.parse(damaged, piece())


SHOW = """#!/bin/sh
case "$1" in
  version) echo 'Application: grype'; echo 'Version: 0.110.0'; exit;;
  --version) echo 'grype 0.110.0'; exit;;
  sbom:*) cat control.cdx.json > SEEN/control.cdx.json; cat SEEN/control.json; exit;;
esac
echo "$@" > SEEN/argv; env > SEEN/env; cat grype.yaml > SEEN/grype.yaml
cp SEEN/packages.json packages.json; cat SEEN/answer.json
"""


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [("docker-archive", "docker-archive:"), ("oci-archive", "oci-archive:"), ("oci", "oci-dir:"), ("rootfs", "dir:")],
)
def test_how_it_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, scheme: str) -> None:
    """A program that shows what it was given, in the place of grype."""
    seen, database = tmp_path / "seen", tmp_path / "database"
    seen.mkdir()
    database.mkdir()
    good = ended(report(kind="directory" if kind == "rootfs" else "image"), packages(LIBSSL, LOGIN, DJANGO))
    (seen / "answer.json").write_bytes(good.stdout)
    for name, data in good.files.items():
        (seen / name).write_bytes(data)
    program = tmp_path / "bin" / "grype"
    program.parent.mkdir()
    program.write_text(SHOW.replace("SEEN", str(seen)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv(CACHE_VARIABLE, str(database))
    monkeypatch.setenv("GRYPE_IGNORE", "leak")
    setup = setup_of(read_image(kind, tmp_path / "image", OURS, DIGEST), tmp_path)
    (outcome,) = run_scanners({"grype": SCANNER}, setup)
    assert outcome.run.status is RunStatus.COMPLETED, outcome.run
    assert (outcome.run.version, outcome.run.looked_at) == ("0.110.0", 3)
    argv = (seen / "argv").read_text()
    assert argv.startswith(f"{scheme}{tmp_path / 'image'} --config=grype.yaml --output=json ")
    environment = (seen / "env").read_text()
    assert "leak" not in environment
    for variable in (
        f"GRYPE_DB_CACHE_DIR={database}",
        "GRYPE_DB_AUTO_UPDATE=false",
        "GRYPE_CHECK_FOR_APP_UPDATE=false",
    ):
        assert variable in environment.splitlines()
    assert b"auto-update: false" in (seen / "grype.yaml").read_bytes()
    names = {one["name"] for one in json.loads((seen / "control.cdx.json").read_bytes())["components"]}
    assert names == {"django", "debian", "openssl"}


def test_without_a_database_it_fails_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "grype"
    program.parent.mkdir()
    program.write_text(SHOW)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (outcome,) = run_scanners({"grype": SCANNER}, setup_of(read_image("oci", tmp_path, OURS, DIGEST), tmp_path))
    assert outcome.run.status is RunStatus.FAILED
    assert "grype db update" in outcome.run.hint


def test_what_is_no_image_is_not_for_it(tmp_path: Path) -> None:
    (outcome,) = run_scanners({"grype": SCANNER}, setup_of(None, tmp_path))
    assert outcome.run.status is RunStatus.SKIPPED


def test_an_exit_code_is_a_failure() -> None:
    with pytest.raises(MalformedOutput, match="exit code 1"):
        SCANNER.parse(Ended(("grype",), 1, b"", b"", 0, 0), piece())
