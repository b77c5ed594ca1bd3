"""The trivy adapter's pure steps, on answers made up here; the real program is tested in tests/integration."""

from __future__ import annotations

import json
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
from secscan.scanners.image_packages import ImageScan
from secscan.scanners.runner import run_scanners
from secscan.scanners.trivy import SCANNER
from tests.support.image_samples import Known
from tests.support.scanned_images import STATUS, declared, setup_of

DIGEST = "ab" * 32
OURS = (
    *declared([Known("Debian:12", "libssl3", "3.0.9-1", ("openssl", "3.0.9-1"))]),
    *declared([Known("Debian:12", "login", "1:4.13-1+b1", ("shadow", "1:4.13-1"))]),
    *declared([Known("PyPI", "Django", "2.2")], "usr/lib/Django-2.2.dist-info/METADATA", layer=1),
)
LIBSSL = {
    "Name": "libssl3", "Version": "3.0.9", "Release": "1", "SrcName": "openssl", "SrcVersion": "3.0.9",
    "SrcRelease": "1", "Identifier": {"PURL": "pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12.5"},
}  # fmt: skip
LOGIN = {
    "Name": "login", "Version": "4.13", "Release": "1+b1", "Epoch": 1, "SrcName": "shadow", "SrcVersion": "4.13",
    "SrcRelease": "1", "SrcEpoch": 1, "Identifier": {"PURL": "pkg:deb/debian/login@4.13-1%2Bb1?epoch=1"},
}  # fmt: skip
DJANGO = {
    "Name": "Django", "Version": "2.2", "FilePath": "usr/lib/Django-2.2.dist-info/METADATA",
    "Identifier": {"PURL": "pkg:pypi/django@2.2"},
}  # fmt: skip
METADATA = b'{"Version":2,"NextUpdate":"2026-11-21T00:00:00Z","UpdatedAt":"2026-11-20T06:17:35.123456789Z"}'


def vulnerability(identifier: str, package: dict[str, Any] = LIBSSL, **fields: Any) -> dict[str, Any]:
    epoch = f"{package['Epoch']}:" if "Epoch" in package else ""
    release = f"-{package['Release']}" if "Release" in package else ""
    return {
        "VulnerabilityID": identifier,
        "PkgName": package["Name"],
        "PkgPath": package.get("FilePath", ""),
        "PkgIdentifier": package["Identifier"],
        "InstalledVersion": f"{epoch}{package['Version']}{release}",
        "Severity": "HIGH",
        "Title": f"Title of {identifier}",
        **fields,
    }


def report(*results: dict[str, Any], kind: str = "container_image", **fields: Any) -> dict[str, Any]:
    metadata = {"OS": {"Family": "debian", "Name": "12.5"}, "ImageID": f"sha256:{DIGEST}"}
    return {"SchemaVersion": 2, "ArtifactType": kind, "Metadata": metadata, "Results": list(results), **fields}


def system(*vulnerabilities: dict[str, Any], packages: tuple[dict[str, Any], ...] = (LIBSSL, LOGIN)) -> dict[str, Any]:
    return {"Class": "os-pkgs", "Packages": packages, "Vulnerabilities": vulnerabilities}


def python(*vulnerabilities: dict[str, Any]) -> dict[str, Any]:
    return {"Class": "lang-pkgs", "Packages": [DJANGO], "Vulnerabilities": vulnerabilities}


def control(*purls: str) -> dict[str, Any]:
    packages = [{"Name": "x", "Version": "0", "Identifier": {"PURL": one}} for one in purls]
    return report({"Vulnerabilities": [vulnerability("CVE-1", one) for one in packages]}, kind="cyclonedx")


PROVEN = ("pkg:deb/debian/openssl@0-0?distro=debian-12.5", "pkg:pypi/django@1.0")


def ended(answer: dict[str, Any], proven: tuple[str, ...] = PROVEN, **files: bytes) -> Ended:
    known = {"control.json": json.dumps(control(*proven)).encode(), "metadata.json": METADATA, "version.txt": b"0.72.0"}
    return Ended(("trivy",), 0, json.dumps(answer).encode(), b"", 0, 0, files=known | files)


def piece(kind: str = "docker-archive", ours: tuple[Declared, ...] = OURS) -> ImageScan:
    return ImageScan(kind=kind, place="/image", digest="" if kind == "rootfs" else DIGEST, packages=ours)


def parse(*results: dict[str, Any]) -> Report:
    return SCANNER.parse(ended(report(*results)), piece())


def test_a_clean_answer_with_the_control_is_clean() -> None:
    result = parse(system(), python())
    assert (result.findings, result.gaps, result.control) == ((), (), True)
    assert len(result.looked_at) == 3
    (state,) = result.advisories
    assert (state.name, state.as_of) == ("trivy", "2026-11-20T06:17:35Z")
    assert [one.text for one in result.notices] == ["it is of 2026-11-20T06:17:35Z"]


def test_the_epoch_is_a_part_of_the_version() -> None:
    (finding,) = parse(system(vulnerability("CVE-2023-1", LOGIN, FixedVersion="1:4.14-1")), python()).findings
    assert finding.package is not None
    assert (finding.package.name, finding.package.version) == ("shadow", "1:4.13-1")
    assert finding.package.fixed_versions == ("1:4.14-1",)
    assert finding.location.path == STATUS


@pytest.mark.parametrize("gone", ["system", "python", "everything", "null"])
def test_what_it_does_not_list_is_a_gap(gone: str) -> None:
    results = {"system": [python()], "python": [system()], "everything": []}.get(gone)
    result = SCANNER.parse(ended({**report(), "Results": results}), piece())
    lost = {"system": {"Debian"}, "python": {"PyPI"}}.get(gone, {"Debian", "PyPI"})
    assert {gap.subject.partition(":")[0] for gap in result.gaps} == lost
    assert {gap.kind for gap in result.gaps} == {GapKind.NOT_SEEN}
    assert all(gap.subject not in result.looked_at for gap in result.gaps)


@pytest.mark.parametrize(
    ("found", "lost"), [(PROVEN[:1], {"PyPI"}), (PROVEN[1:], {"Debian"}), ((), {"PyPI", "Debian"})]
)
def test_what_the_control_did_not_show_to_be_known_is_a_gap(found: tuple[str, ...], lost: set[str]) -> None:
    result = SCANNER.parse(ended(report(system(), python()), found), piece())
    assert {gap.subject.partition(":")[0] for gap in result.gaps} == lost
    assert {gap.kind for gap in result.gaps} == {GapKind.NO_ADVISORIES}
    assert result.control == bool(found)


def test_an_ecosystem_without_a_control_is_never_proven() -> None:
    ours = (*OURS, *declared([Known("Hackage", "aeson", "1.0")], "app"))
    aeson = {"Name": "aeson", "Version": "1.0", "Identifier": {"PURL": "pkg:hackage/aeson@1.0"}}
    answer = report(system(), python(), {"Class": "lang-pkgs", "Packages": [aeson]})
    assert [gap.subject for gap in SCANNER.parse(ended(answer), piece(ours=ours)).gaps] == ["Hackage:aeson@1.0"]


def test_ids_of_one_vulnerability_are_one_finding_and_notices_join_none() -> None:
    findings = parse(
        system(vulnerability("CVE-2024-1", VendorIDs=["DSA-1-1"]), vulnerability("CVE-2024-2", VendorIDs=["DSA-1-1"])),
        python(
            vulnerability("CVE-2019-14234", DJANGO, VendorIDs=["GHSA-6r97-cj55-9hrq"]),
            vulnerability("GHSA-6r97-cj55-9hrq", DJANGO),
        ),
    ).findings
    assert [one.identifiers for one in findings] == [
        ("CVE-2024-1",), ("CVE-2024-2",), ("CVE-2019-14234", "GHSA-6r97-cj55-9hrq"),
    ]  # fmt: skip


def test_everything_that_is_known_of_it_is_told() -> None:
    cvss = {"nvd": {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "V3Score": 9.8}}
    fields = {
        "Severity": "CRITICAL", "Status": "will_not_fix", "Description": "Bad.", "CVSS": cvss,
        "PublishedDate": "2024-06-27T11:15:24.447Z", "References": ["https://example.org/1"],
        "PrimaryURL": "https://example.org/0",
    }  # fmt: skip
    (finding,) = parse(system(vulnerability("CVE-2024-1", **fields)), python()).findings
    assert finding.severity is Severity.CRITICAL
    assert finding.message == "Bad. The distribution will not fix it."
    assert [(one.source, one.score) for one in finding.cvss] == [("nvd", 9.8)]
    assert finding.published == "2024-06-27"
    assert finding.references == ("https://example.org/1",)
    (source,) = finding.sources
    assert (source.scanner, source.rule, source.url) == ("trivy", "CVE-2024-1", "https://example.org/0")


@pytest.mark.parametrize("word", ["UNKNOWN", "", "nonsense"])
def test_an_unknown_severity_is_unknown(word: str) -> None:
    (finding,) = parse(system(vulnerability("CVE-2024-1", Severity=word)), python()).findings
    assert finding.severity is Severity.UNKNOWN


def test_what_only_trivy_lists_is_told_and_its_findings_are_kept() -> None:
    flask = {
        "Name": "flask", "Version": "1.0", "FilePath": "opt/flask/METADATA",
        "Identifier": {"PURL": "pkg:pypi/flask@1.0"},
    }  # fmt: skip
    zlib = {**LIBSSL, "Name": "zlib1g", "SrcName": "zlib", "Identifier": {"PURL": "pkg:deb/debian/zlib1g@3.0.9-1"}}
    found = vulnerability("CVE-2024-2", flask)
    other = {"Class": "lang-pkgs", "Packages": [flask], "Vulnerabilities": [found]}
    result = parse(system(vulnerability("CVE-2024-1", zlib), packages=(LIBSSL, LOGIN, zlib)), python(), other)
    places = {one.package.name: (one.package.ecosystem, one.location.path) for one in result.findings if one.package}
    assert places == {"zlib": ("Debian:12", STATUS), "flask": ("PyPI", "opt/flask/METADATA")}
    assert [one.text for one in result.notices if one.topic == "disagreement"] == [
        "only trivy lists flask 1.0, zlib1g 3.0.9-1"
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (report(SchemaVersion=3), "schema 3"),
        (report(kind="filesystem"), "about 'filesystem'"),
        (report(Metadata={"ImageID": "sha256:" + "0" * 64}), "another image"),
        (report(Metadata={}), "another image"),
        ({"SchemaVersion": 2}, "form"),
        (report(Results=[{"Packages": [{}]}]), "form"),
    ],
)
def test_an_answer_about_something_else_is_malformed(answer: dict[str, Any], why: str) -> None:
    with pytest.raises(MalformedOutput, match=why):
        SCANNER.parse(ended(answer), piece())


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        (b"", "nothing"),
        (b'{"Version": 1, "UpdatedAt": "2026-11-20T00:00:00Z"}', "schema 1"),
        (b'{"Version": 2}', "form"),
        (b'{"Version": 2, "UpdatedAt": 7}', "form"),
    ],
)
def test_a_database_of_another_form_is_refused(metadata: bytes, why: str) -> None:
    with pytest.raises(MalformedOutput, match=why):
        SCANNER.parse(ended(report(), **{"metadata.json": metadata}), piece())


def test_a_database_of_unknown_age_says_so() -> None:
    metadata = b'{"Version": 2, "UpdatedAt": "yesterday"}'
    result = SCANNER.parse(ended(report(system(), python()), **{"metadata.json": metadata}), piece())
    assert [one.as_of for one in result.advisories] == [""]
    assert [one.text for one in result.notices] == ["it is of an unknown time"]


def test_an_old_version_is_warned_of() -> None:
    result = SCANNER.parse(ended(report(system(), python()), **{"version.txt": b"0.59.1"}), piece())
    assert any("CVE-2026-54448" in one.text for one in result.notices)


@pytest.mark.parametrize(
    ("stderr", "hint"),
    [
        (b"2026-11-25T12:40:57Z\tFATAL\tFatal error\tinit error: invalid database\n", "invalid database"),
        (b"panic: runtime error\ngoroutine 1\n\t/opt/x.go\n", "may be damaged"),
    ],
)
def test_how_it_failed_is_told(stderr: bytes, hint: str) -> None:
    with pytest.raises(MalformedOutput) as caught:
        SCANNER.parse(replace(ended(report()), exit_code=2, stderr=stderr), piece())
    assert hint in caught.value.hint


@given(st.binary(max_size=100) | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(
    lambda value: json.dumps({"SchemaVersion": 2, "ArtifactType": "container_image", "Results": value}).encode()
))  # fmt: skip
def test_any_output_is_malformed(data: bytes) -> None:
    good = ended(report(system(), python()))
    for damaged in (
        replace(good, stdout=data),
        replace(good, files={**good.files, "control.json": data}),
        replace(good, files={**good.files, "metadata.json": data}),
    ):
        with pytest.raises(MalformedOutput):
            SCANNER.parse(damaged, piece())


def test_what_is_no_image_is_not_for_it(tmp_path: Path) -> None:
    (outcome,) = run_scanners({"trivy": SCANNER}, setup_of(None, tmp_path))
    assert outcome.run.status is RunStatus.SKIPPED
