"""Packages of distributions: asked for by what advisories speak of, told once for all that is installed of a source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from secscan.advisories.build import build
from secscan.advisories.index import Index
from secscan.advisories.load import UPDATES, Source
from secscan.advisories.worker import answers
from secscan.findings.levels import GapKind, Kind
from secscan.findings.model import Finding, Layer
from secscan.images.reading import Image, ImageReading
from secscan.inventory.contract import Declared
from secscan.inventory.names import read_purl
from secscan.process import Ended
from secscan.scanners.contract import Report, Setup
from secscan.scanners.licences import SCANNER as LICENCES
from secscan.scanners.osv import SCANNER
from secscan.scanners.pip_audit import SCANNER as PIP_AUDIT
from tests.support.osv_records import index_of, osv
from tests.support.targets import folder_target

LAYERS = tuple(Layer(index=at, digest=f"sha256:{at}" * 3, base=at == 0) for at in range(3))
STATUS = "var/lib/dpkg/status"


def image(*packages: Declared) -> Image:
    reading = ImageReading(
        name="shop:1",
        digest="0" * 64,
        layers=LAYERS,
        config=None,
        distribution={},
        packages=packages,
        facts=(),
        secrets=(),
        gaps=(),
        out_of_scope=(),
        entries=0,
        size=0,
        control=True,
    )
    return Image(kind="oci", place=Path("/nowhere"), reading=reading)


def deb(name: str, version: str, source: str = "", *, layer: int = 0, path: str = STATUS, ecosystem: str = "Debian:12"):
    built_from = (source, version) if source else ("", "")
    return Declared(name, version, ecosystem, path, layer=layer, source=built_from, architecture="amd64")


def affecting(ecosystem: str, name: str, fixed: str) -> dict[str, Any]:
    return {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
    }


def record(record_id: str, ecosystem: str, name: str, fixed: str, **fields: Any) -> dict[str, Any]:
    return osv(record_id, **{"affected": [affecting(ecosystem, name, fixed)], **fields})


def setup_of(tmp_path: Path, index: Path | None, *packages: Declared) -> Setup:
    return Setup(target=folder_target(tmp_path / "empty", {}), image=image(*packages), advisories=index)


def look(tmp_path: Path, index: Path, *packages: Declared) -> Report:
    plan = SCANNER.plan(setup_of(tmp_path, index, *packages))
    (piece,) = plan.pieces
    piece = msgspec.json.decode(msgspec.json.encode(piece), type=type(piece))
    with Index(index) as opened:
        found = answers(opened, [tuple(one) for one in piece.asked()])
    said = {"answers": msgspec.to_builtins(found), "complete": True}
    report = SCANNER.parse(Ended(("python",), 0, json.dumps(said).encode(), b"", 0, 0), piece)
    assert report.control
    assert report.looked_at | {gap.subject for gap in report.gaps} == plan.selected
    return report


def found(report: Report) -> list[tuple[str, str]]:
    return [(one.identifiers[0], one.package.name) for one in report.findings if one.package]


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    cve = record("DEBIAN-CVE-2026-1000", "Debian:12", "openssl", "3.0.13-1", upstream=["CVE-2026-1000"])
    return index_of(tmp_path / "index.sqlite", cve)


def test_what_is_installed_of_one_source_is_one_finding_at_its_lowest_layer(tmp_path: Path, debian: Path) -> None:
    packages = [
        deb("openssl", "3.0.11-1", layer=2),
        deb("libssl3", "3.0.11-1", "openssl", layer=1),
        deb("libssl-dev", "3.0.11-1", "openssl", layer=1),
        deb("libc6", "2.36-9", "glibc"),
    ]
    report = look(tmp_path, debian, *packages)
    (finding,) = report.findings
    assert report.looked_at == {"Debian:12:openssl@3.0.11-1", "Debian:12:glibc@2.36-9"}
    assert (finding.kind, finding.defect, finding.location.path) == (Kind.DEPENDENCY, "vulnerable-dependency", STATUS)
    assert finding.identifiers == ("CVE-2026-1000", "DEBIAN-CVE-2026-1000")
    assert finding.layer == LAYERS[1]
    assert finding.notes == (
        "installed from this source: libssl-dev 3.0.11-1 (layer 1), libssl3 3.0.11-1 (layer 1), "
        "openssl 3.0.11-1 (layer 2)",
    )
    assert finding.package is not None
    assert finding.package.purl == "pkg:deb/debian/openssl@3.0.11-1?arch=source&distro=debian-12"
    assert [read_purl(one).name for one in finding.package.binaries] == ["libssl-dev", "libssl3", "openssl"]
    assert "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl" in finding.package.binaries
    assert finding.remediation == "Upgrade openssl to 3.0.13-1 or newer."


def test_a_file_for_each_package_is_one_database_and_two_databases_are_two(tmp_path: Path, debian: Path) -> None:
    folder = "var/lib/dpkg/status.d"
    report = look(
        tmp_path,
        debian,
        deb("libssl3", "3.0.11-1", "openssl", path=f"{folder}/libssl3"),
        deb("openssl", "3.0.11-1", path=f"{folder}/openssl"),
        deb("openssl", "3.0.11-1", path="chroot/var/lib/dpkg/status"),
    )
    assert [one.location.path for one in report.findings] == ["chroot/var/lib/dpkg/status", f"{folder}/libssl3"]
    assert report.findings[0].notes == ()


def test_a_rebuilt_binary_is_of_the_version_of_its_source(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index.sqlite", record("DSA-1", "Debian:12", "x", "1.0-3+deb12u1"))
    old = Declared("x", "1.0-3+b2", "Debian:12", STATUS, architecture="amd64")
    (finding,) = look(tmp_path, index, old).findings
    assert finding.package is not None
    assert finding.package.version == "1.0-3"
    assert "x 1.0-3+b2" not in finding.title
    assert not look(tmp_path, index, Declared("x", "1.0-3+deb12u1+b1", "Debian:12", STATUS)).findings


@pytest.mark.parametrize(
    ("installed", "fixed", "affected"),
    [
        ("1:1.0-1", "2.0-1", False),
        ("2.0~rc1-1", "2.0-1", True),
        ("2.0-1~deb12u1", "2.0-1", True),
        ("2.0-1", "2.0-1", False),
    ],
)
def test_versions_of_debian(tmp_path: Path, installed: str, fixed: str, affected: bool) -> None:
    index = index_of(tmp_path / "index.sqlite", record("DSA-1", "Debian:12", "x", fixed))
    assert bool(look(tmp_path, index, deb("x", installed)).findings) is affected


def test_an_update_that_fixes_many_is_a_finding_for_each(tmp_path: Path) -> None:
    index = index_of(
        tmp_path / "index.sqlite",
        record("DSA-1", "Debian:12", "x", "2", upstream=["CVE-2026-1000", "CVE-2026-1001"]),
        record("DEBIAN-CVE-2026-1001", "Debian:12", "x", "2", upstream=["CVE-2026-1001"]),
    )
    report = look(tmp_path, index, deb("x", "1"))
    assert [one.identifiers for one in report.findings] == [
        ("CVE-2026-1001", "DEBIAN-CVE-2026-1001", "DSA-1"),
        ("CVE-2026-1000", "DSA-1"),
    ]


def test_ubuntu_with_long_support_without_it_and_with_a_subscription(tmp_path: Path) -> None:
    index = index_of(
        tmp_path / "index.sqlite",
        osv(
            "UBUNTU-CVE-2026-1000",
            upstream=["CVE-2026-1000"],
            severity=[{"type": "Ubuntu", "score": "medium"}],
            affected=[
                {
                    "package": {"ecosystem": "Ubuntu:22.04:LTS", "name": "x"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
                },
                affecting("Ubuntu:Pro:22.04:LTS", "x", "1-1ubuntu0.1~esm2"),
                affecting("Ubuntu:25.10", "x", "1-2"),
            ],
        ),
    )

    def affected(ecosystem: str, version: str) -> list[str]:
        return [str(one.severity) for one in look(tmp_path, index, deb("x", version, ecosystem=ecosystem)).findings]

    assert affected("Ubuntu:22.04:LTS", "1-1ubuntu0.1") == ["medium"]
    assert affected("Ubuntu:22.04:LTS", "1-1ubuntu0.1~esm1") == ["medium"]
    assert affected("Ubuntu:22.04:LTS", "1-1ubuntu0.1~esm2") == []
    assert affected("Ubuntu:25.10", "1-1") == ["medium"]
    assert affected("Ubuntu:25.10", "1-2") == []


def test_alpine_by_origin_and_with_its_suffixes(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index.sqlite", record("ALPINE-CVE-2026-1", "Alpine:v3.19", "openssl", "3.1.4_p1-r2"))
    for version, affected in (("3.1.4_p1-r1", 1), ("3.1.4-r9", 1), ("3.1.4_p1-r2", 0), ("3.1.4_p2-r0", 0)):
        package = Declared("libssl3", version, "Alpine:v3.19", "lib/apk/db/installed", source=("openssl", version))
        assert len(look(tmp_path, index, package).findings) == affected


def rpm(ecosystem: str, name: str, version: str, source: str = "") -> Declared:
    built_from = (source, version.partition(":")[2]) if source else ("", "")
    return Declared(name, version, ecosystem, "var/lib/rpm/rpmdb.sqlite", source=built_from, architecture="x86_64")


def test_red_hat_is_looked_up_in_all_repositories_of_its_release(tmp_path: Path) -> None:
    rhel = "Red Hat:enterprise_linux"
    index = index_of(
        tmp_path / "index.sqlite",
        osv(
            "RHSA-2026:1",
            upstream=["CVE-2026-1000"],
            affected=[affecting(f"{rhel}:9::{one}", "openssl", "1:3.0.7-28.el9_4") for one in ("appstream", "baseos")],
        ),
        record("RHSA-2026:2", f"{rhel}:9::appstream", "nginx-core", "2:1.20-9.el9_4", upstream=["CVE-2026-1001"]),
        record("RHSA-2026:3", "Red Hat:rhel_eus:9.4::baseos", "openssl-libs", "9:1-1"),
        record("RHSA-2026:4", f"{rhel}:8::baseos", "openssl-libs", "9:1-1"),
        record("RHSA-2026:5", f"{rhel}:10.1", "bash", "5.2-2.el10_1"),
    )
    nine = f"{rhel}:9"
    report = look(
        tmp_path,
        index,
        rpm(nine, "openssl-libs", "1:3.0.7-27.el9", "openssl"),
        rpm(nine, "nginx-core", "2:1.20-8.el9", "nginx"),
        rpm(nine, "bash", "0:5.1-1.el9"),
    )
    assert found(report) == [("CVE-2026-1001", "nginx"), ("CVE-2026-1000", "openssl")]
    assert found(look(tmp_path, index, rpm(f"{rhel}:10", "bash", "0:5.2-1.el10"))) == [("RHSA-2026:5", "bash")]


@pytest.mark.parametrize(
    ("installed", "affected"),
    [
        ("1:20.10-1.module+el9.3.0+1+abc", True),
        ("1:20.15-1.module+el9.4.0+1+abc", False),
        ("1:16.20-1.el9_4", False),
    ],
)
def test_what_fixes_a_module_says_nothing_of_a_plain_package(tmp_path: Path, installed: str, affected: bool) -> None:
    fixed = "1:20.15-1.module+el9.4.0+1+abc"
    index = index_of(tmp_path / "index.sqlite", record("RLSA-1", "Rocky Linux:9", "nodejs", fixed))
    assert bool(look(tmp_path, index, rpm("Rocky Linux:9", "nodejs", installed)).findings) is affected


def test_alma_names_its_binaries_and_suse_its_modules(tmp_path: Path) -> None:
    module = "SUSE:Linux Enterprise Module for Basesystem 15 SP5"
    index = index_of(
        tmp_path / "index.sqlite",
        record("ALSA-2026:1", "AlmaLinux:9", "openssl-libs", "1:3.0.7-28.el9_4", related=["CVE-2026-1", "ALSA-1"]),
        record("ALSA-2026:2", "AlmaLinux:9", "openssl-libs", "1:3.0.7-28.el9_4", related=["CVE-2026-1000"]),
        record("SUSE-SU-2026:1-1", module, "openssl-3", "3.0.8-2", upstream=["CVE-2026-1001"]),
    )
    alma = look(tmp_path, index, rpm("AlmaLinux:9", "openssl-libs", "1:3.0.7-27.el9", "openssl"))
    assert [one.identifiers for one in alma.findings] == [("ALSA-2026:1",), ("ALSA-2026:2", "CVE-2026-1000")]
    server = "SUSE:Linux Enterprise Server 15 SP5"
    assert found(look(tmp_path, index, rpm(server, "libopenssl3", "0:3.0.8-1", "openssl-3"))) == [
        ("CVE-2026-1001", "openssl-3")
    ]


def test_a_distribution_of_which_nothing_is_known_is_told_package_by_package(tmp_path: Path, debian: Path) -> None:
    plan = SCANNER.plan(
        setup_of(tmp_path, debian, deb("a", "1", ecosystem="Fedora:40"), deb("b", "1", ecosystem="Debian"))
    )
    assert not plan.pieces
    assert [(gap.kind, gap.subject) for gap in plan.gaps] == [
        (GapKind.NO_ADVISORIES, f"a@1 in {STATUS}"),
        (GapKind.NO_ADVISORIES, f"b@1 in {STATUS}"),
    ]
    assert [gap.kind for gap in SCANNER.plan(setup_of(tmp_path, None, deb("a", "1"))).gaps] == [GapKind.NO_INDEX]


def test_who_knows_only_of_updates_says_so_and_a_pending_one_is_no_vulnerability(tmp_path: Path) -> None:
    index = tmp_path / "index.sqlite"
    rows = [
        record("DEBIAN-SECURITY-bookworm-x", "Debian:12", "x", "1.0-3+deb12u1", summary="security update pending"),
        record("DEBIAN-SECURITY-bookworm-x-CVE-2026-1000", "Debian:12", "x", "1.0-2", aliases=["CVE-2026-1000"]),
    ]
    data = [(one["id"], json.dumps(one).encode()) for one in rows]
    build(index, [Source("u", data, kind=UPDATES)], built="2026-02-01T00:00:00Z")
    report = look(tmp_path, index, deb("x", "1.0-1"))
    assert [(one.defect, one.identifiers) for one in report.findings] == [
        ("outdated-package", ("DEBIAN-SECURITY-bookworm-x",)),
        ("vulnerable-dependency", ("CVE-2026-1000", "DEBIAN-SECURITY-bookworm-x-CVE-2026-1000")),
    ]
    (notice,) = report.notices
    assert (notice.topic, notice.subject) == ("advisories", "Debian:12")
    build(index, [Source("o", [("DSA-1", json.dumps(record("DSA-1", "Debian:12", "y", "1")).encode())])],
          built="2026-02-01T00:00:00Z", keep=True)  # fmt: skip
    assert not look(tmp_path, index, deb("x", "1.0-1")).notices


def test_a_source_with_the_name_of_the_control_is_a_gap(tmp_path: Path, debian: Path) -> None:
    plan = SCANNER.plan(setup_of(tmp_path, debian, deb("x", "1.0", "secscan-control")))
    assert not plan.selected
    assert [gap.kind for gap in plan.gaps] == [GapKind.NOT_ASSESSED]


def test_the_other_scanners_of_packages(tmp_path: Path) -> None:
    setup = setup_of(tmp_path, None, deb("libssl3", "3", "openssl"), Declared("flask", "1", "PyPI", "app/METADATA"))
    assert [one.name for one in LICENCES.plan(setup).pieces[0].packages] == ["libssl3", "flask"]
    assert not PIP_AUDIT.plan(setup).pieces


def test_the_fingerprint_is_that_of_the_vulnerability(tmp_path: Path, debian: Path) -> None:
    def subject(version: str) -> Finding:
        return look(tmp_path, debian, deb("libssl3", version, "openssl")).findings[0]

    from secscan.findings.fingerprint import subject_of

    assert subject_of(subject("3.0.11-1")) == subject_of(subject("3.0.12-1"))
