"""SBOMs are valid by the official schemas and checks, whatever was found, and read back to what they were made from."""

from __future__ import annotations

import json
import tempfile
import warnings
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.judgement import Decision, Judgement
from secscan.findings.levels import Action, Confidence, GapKind, Kind, RunStatus, Severity, Verdict
from secscan.findings.model import Cvss, Finding, Gap, Layer, Location, Package, Region, ScannerRun, Source, TargetInfo
from secscan.findings.scan import FORMAT, Scan
from secscan.images.reading import ImageReading
from secscan.inventory.contract import Declared, Inventory, Scope, gap
from secscan.inventory.cyclonedx import read_cyclonedx_json
from secscan.inventory.spdx import read_spdx_json
from secscan.sbom import cyclonedx, openvex, spdx
from secscan.sbom.contents import Contents, contents

INVENTORY = Inventory(
    packages=(
        Declared("Flask", "2.0", "PyPI", "requirements.txt", 1, True, licence="BSD-3-Clause"),
        Declared("flask", "2.0", "PyPI", "uv.lock", 7, True, scope=Scope.DEV),
        Declared("jinja2", "3.0", "PyPI", "uv.lock", 12, False, ("flask 2.0",), licence="BSD"),
        Declared(
            "@s/c", "1.0.0", "npm", "package-lock.json", 3, None, scope=Scope.OPTIONAL, licence="MIT OR Apache-2.0"
        ),
        Declared("org.a:b", "1", "Maven", "pom.xml", 9, True, licence="LicenseRef-own"),
        Declared("curl", "7.88", "Debian:12", "bom.json", 1),
    ),
    gaps=(gap(GapKind.VERSION_RANGE, "x>=1 in setup.cfg", "a range"),),
)


def vulnerable(fingerprint: str, *, name: str = "flask", version: str = "2.0") -> Finding:
    return Finding(
        kind=Kind.DEPENDENCY,
        defect="vulnerable-dependency",
        title="Flask 2.0: it leaks",
        message="It leaks. [link](javascript:x)",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        location=Location(path="requirements.txt", region=Region(start_line=1)),
        sources=(Source(scanner="osv", rule="PYSEC-1", severity=Severity.HIGH),),
        package=Package(purl="", name=name, version=version, ecosystem="PyPI", fixed_versions=("2.1",)),
        identifiers=("CVE-2026-1", "CWE-79", "GHSA-aaaa-bbbb-cccc", "PYSEC-1"),
        cvss=(
            Cvss(vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", score=9.8, source="x"),
            Cvss(vector="CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"),
        ),
        remediation="Upgrade flask to 2.1 or newer.",
        references=("https://example.com/a b", "https://example.com/advisory", "javascript:alert(1)"),
        fingerprint=fingerprint,
    )


def saved(*findings: Finding, waived: str = "") -> Scan:
    decisions = tuple(
        Decision(
            fingerprint=one.fingerprint,
            action=Action.ACCEPT if one.fingerprint == waived else Action.BLOCK,
            rule="r",
            waiver="w" if one.fingerprint == waived else "",
            reason="waived by me until 2026-12-31: not reachable here" if one.fingerprint == waived else "",
        )
        for one in findings
    )
    return Scan(
        format=FORMAT,
        secscan="1",
        target=TargetInfo(kind="tree", name="shop", digest="0" * 64, files=1, bytes=1),
        scanners=(),
        findings=findings,
        gaps=(),
        judgement=Judgement(policy="p", policy_digest="d", verdict=Verdict.FAILED, decisions=decisions),
    )


def made(inventory: Inventory = INVENTORY, scan: Scan | None = None, name: str = "shop") -> Contents:
    return contents(inventory, name=name, revision="abc", digest="1" * 64, created="2026-01-31T12:00:00Z", scan=scan)


def check_cyclonedx(data: bytes) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode())
    assert problem is None, str(problem)[:500]
    document = json.loads(data)
    refs = ["target", *(one["bom-ref"] for one in document["components"])]
    assert len(refs) == len(set(refs))
    used = {one for found in document["dependencies"] for one in (found["ref"], *found["dependsOn"])}
    used |= {one["ref"] for found in document.get("vulnerabilities", ()) for one in found["affects"]}
    assert used <= set(refs)


def check_spdx(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library, about itself
        from spdx_tools.spdx.parser.parse_anything import parse_file
        from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "x.spdx.json"
            file.write_bytes(data)
            problems = validate_full_spdx_document(parse_file(str(file)))
    assert [one.validation_message for one in problems] == []


SCAN = saved(vulnerable("aaaa0001"), vulnerable("aaaa0002", name="gone", version="1.0"), waived="aaaa0001")


@pytest.mark.parametrize("scan", [None, SCAN])
def test_cyclonedx_is_valid_and_reads_back(scan: Scan | None) -> None:
    data = cyclonedx.render(made(scan=scan))
    check_cyclonedx(data)
    found = read_cyclonedx_json("bom.json", data)
    read = {(one.ecosystem, one.name, one.version): one for one in found.packages}
    assert {
        ("PyPI", "flask", "2.0"),
        ("npm", "@s/c", "1.0.0"),
        ("Maven", "org.a:b", "1"),
        ("Debian:12", "curl", "7.88"),
    } <= set(read)
    assert read["PyPI", "jinja2", "3.0"].why == ("flask 2.0",)
    assert [read["PyPI", name, version].licence for name, version in (("flask", "2.0"), ("jinja2", "3.0"))] == [
        "BSD-3-Clause",
        "BSD",
    ]
    assert not found.gaps


@pytest.mark.parametrize("scan", [None, SCAN])
def test_spdx_is_valid_and_reads_back(scan: Scan | None) -> None:
    data = spdx.render(made(scan=scan))
    check_spdx(data)
    found = read_spdx_json("x.spdx.json", data)
    assert {one.name for one in found.packages} >= {"flask", "jinja2", "@s/c", "org.a:b", "curl"}
    assert next(one for one in found.packages if one.name == "jinja2").why == ("flask 2.0",)
    assert "This list is not complete" in json.loads(data)["comment"]


def test_a_package_in_two_files_is_one_component_and_is_needed_if_one_needs_it() -> None:
    document = json.loads(cyclonedx.render(made()))
    (flask,) = [one for one in document["components"] if one["name"] == "flask"]
    assert flask["evidence"]["occurrences"] == [
        {"location": "requirements.txt", "line": 1},
        {"location": "uv.lock", "line": 7},
    ]
    assert flask["scope"] == "required"
    assert document["compositions"][0]["aggregate"] == "incomplete"
    assert document["metadata"]["properties"][0]["name"] == "secscan:gap:version-range"


def test_vulnerabilities_and_what_was_decided() -> None:
    first, second = json.loads(cyclonedx.render(made(scan=SCAN)))["vulnerabilities"]
    assert (first["id"], first["cwes"], first["affects"][0]["ref"]) == ("CVE-2026-1", [79], "pkg:pypi/flask@2.0")
    assert [one["id"] for one in first["references"]] == ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-1"]
    assert first["advisories"] == [{"url": "https://example.com/advisory"}]
    assert first["analysis"]["response"] == ["will_not_fix"]
    assert "not reachable here" in first["analysis"]["detail"]
    assert second["analysis"] == {"state": "in_triage", "detail": "block by the policy"}


def test_a_waiver_is_no_claim_that_there_is_no_risk() -> None:
    document = json.loads(openvex.render(made(scan=SCAN)))
    waived, open_one = document["statements"]
    assert waived["vulnerability"] == {"name": "CVE-2026-1", "aliases": ["GHSA-aaaa-bbbb-cccc", "PYSEC-1"]}
    assert waived["products"] == [{"@id": "pkg:pypi/flask@2.0"}]
    assert (waived["status"], waived["action_statement"]) == (
        "affected",
        "waived by me until 2026-12-31: not reachable here",
    )
    assert open_one["action_statement"] == "Upgrade flask to 2.1 or newer."
    undecided = msgspec.structs.replace(SCAN, judgement=None)
    assert {one["status"] for one in json.loads(openvex.render(made(scan=undecided)))["statements"]} == {
        "under_investigation"
    }


def test_of_what_was_not_looked_up_the_silence_of_a_scan_says_nothing() -> None:
    inventory = Inventory(packages=INVENTORY.packages[:4])
    looked_up = msgspec.structs.replace(
        saved(),
        packages=("PyPI:flask@2.0", "PyPI:jinja2@3.0", "npm:@s/c@1.0.0"),
        gaps=(Gap(scanner="osv", kind=GapKind.NOT_ASSESSED, subject="PyPI:jinja2@3.0", detail="it says nothing"),),
        scanners=(ScannerRun(scanner="osv", status=RunStatus.COMPLETED),),
    )
    found = made(inventory, looked_up).unassessed
    assert [(one.subject, one.detail) for one in found] == [("pkg:pypi/jinja2@3.0", "it says nothing")]
    failed = msgspec.structs.replace(looked_up.scanners[0], status=RunStatus.FAILED, reason="it fell")
    blind = msgspec.structs.replace(looked_up, packages=(), gaps=(), scanners=(failed,))
    contents = made(inventory, blind)
    assert [one.subject for one in contents.unassessed] == ["osv", *(one.purl for one in contents.components)]
    document = json.loads(cyclonedx.render(contents))
    assert len(document["metadata"]["properties"]) == 4
    assert "nobody knows whether" in json.loads(spdx.render(contents))["comment"]
    check_cyclonedx(cyclonedx.render(contents))
    check_spdx(spdx.render(contents))


def test_the_same_input_gives_the_same_bytes() -> None:
    for render in (cyclonedx.render, spdx.render):
        assert render(made()) == render(made())
        assert render(made()) != render(made(scan=SCAN))


hostile = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    ["../x", "a/b/c", "@", "a b", "\x00", "%", "?#", "a:b", "\u202e"]
)
packages = st.builds(
    Declared,
    name=hostile,
    version=hostile,
    ecosystem=st.sampled_from(["PyPI", "npm", "Go", "Maven", "Packagist", "Debian:12", "conda", "x"]),
    path=st.sampled_from(["a.txt", "b.lock"]),
    line=st.integers(0, 3),
    direct=st.sampled_from([True, False, None]),
    why=st.tuples(hostile),
    licence=st.sampled_from(["", "MIT", "BSD", "(MIT OR GPL-3.0)", "LicenseRef-x", "a\nb"]),
)


@given(st.lists(packages, max_size=5))
def test_whatever_a_manifest_names(found: list[Declared]) -> None:
    check_cyclonedx(cyclonedx.render(made(Inventory(packages=tuple(found)))))
    json.loads(spdx.render(made(Inventory(packages=tuple(found)))))


def of_image(*, findings: tuple[Finding, ...] = ()) -> Contents:
    layers = (Layer(index=0, digest="sha256:a"), Layer(index=1, digest="sha256:b"))
    status = "var/lib/dpkg/status"
    source, amd64 = ("openssl", "1:3-1"), "amd64"
    packages = (
        Declared("libssl3", "1:3-1+b1", "Debian:12", status, layer=1, source=source, architecture=amd64),
        Declared("openssl", "1:3-1", "Debian:12", status, layer=0, architecture=amd64),
        Declared("libcrypto3", "3-r1", "Alpine:v3.19", "lib/apk/db/installed", source=("openssl", "3-r1")),
        Declared("openssl-libs", "1:3-1.el9", "Rocky Linux:9", "rpmdb.sqlite", source=("openssl", "3-1.el9")),
    )
    image = ImageReading(
        name="shop", digest="0" * 64, layers=layers, config=None, distribution={"ID": "debian", "VERSION_ID": "12"},
        packages=packages, facts=(), secrets=(), gaps=(), out_of_scope=(), entries=0, size=0, control=True,
    )  # fmt: skip
    return contents(
        Inventory(packages=packages),
        name="shop",
        revision="",
        digest="d" * 64,
        created="2026-01-01T00:00:00Z",
        scan=saved(*findings) if findings else None,
        image=image,
    )


def test_the_document_of_an_image_is_valid_and_names_sources_and_layers() -> None:
    data = cyclonedx.render(of_image())
    check_cyclonedx(data)
    document = json.loads(data)
    assert document["metadata"]["component"]["type"] == "container"
    system, *components = document["components"]
    assert (system["type"], system["name"], system["version"]) == ("operating-system", "debian", "12")
    by_name = {one["name"]: one for one in components}
    assert by_name["libssl3"]["purl"] == (
        "pkg:deb/debian/libssl3@1:3-1%2Bb1?arch=amd64&distro=debian-12&upstream=openssl%401:3-1"
    )
    assert {one["name"]: one["value"] for one in by_name["libssl3"]["properties"]} == {
        "aquasecurity:trivy:SrcName": "openssl",
        "aquasecurity:trivy:SrcVersion": "3",
        "aquasecurity:trivy:SrcRelease": "1",
        "aquasecurity:trivy:SrcEpoch": "1",
        "secscan:layer:index": "1",
        "secscan:layer:digest": "sha256:b",
    }
    assert by_name["openssl-libs"]["purl"] == (
        "pkg:rpm/rocky-linux/openssl-libs@3-1.el9?distro=rocky-9&epoch=1&upstream=openssl-3-1.el9.src.rpm"
    )
    read = read_cyclonedx_json("bom.json", data)
    assert not read.gaps
    assert {(one.name, one.version, one.source) for one in read.packages} == {
        ("libssl3", "1:3-1+b1", ("openssl", "1:3-1")),
        ("openssl", "1:3-1", ("", "")),
        ("libcrypto3", "3-r1", ("openssl", "3-r1")),
        ("openssl-libs", "1:3-1.el9", ("openssl", "3-1.el9")),
    }
    check_spdx(spdx.render(of_image()))
    again = read_spdx_json("x.spdx.json", spdx.render(of_image()))
    assert {(one.name, one.source[0]) for one in again.packages} == {(one.name, one.source[0]) for one in read.packages}


def test_a_vulnerability_of_a_source_is_one_of_what_is_installed_of_it() -> None:
    plain = of_image()
    urls = tuple(one.purl for one in plain.components if one.ecosystem == "Debian:12")
    package = Package(
        purl="pkg:deb/debian/openssl@1:3-1?arch=source&distro=debian-12",
        name="openssl",
        version="1:3-1",
        ecosystem="Debian:12",
        binaries=urls,
    )
    finding = msgspec.structs.replace(vulnerable("f" * 32), package=package)
    found = of_image(findings=(finding,))
    assert [one.purl for one in found.components] == [one.purl for one in plain.components]
    check_cyclonedx(cyclonedx.render(found))
    (vulnerability,) = json.loads(cyclonedx.render(found))["vulnerabilities"]
    assert [one["ref"] for one in vulnerability["affects"]] == list(urls)
    (statement,) = json.loads(openvex.render(found))["statements"]
    assert [one["@id"] for one in statement["products"]] == list(urls)
