"""The real trivy, on what makes it say less than it should, and on a database that is made here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secscan.findings.levels import GapKind, RunStatus
from secscan.inventory.contract import Declared
from secscan.inventory.subjects import subject_of
from secscan.process import Limits
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.trivy import CACHE_VARIABLE, SCANNER
from tests.support.image_samples import (
    DEBS,
    GEMS,
    JARS,
    NODE,
    WHEELS,
    Known,
    alpine,
    debian,
    distroless,
    go_binary,
    java_archives,
    node_packages,
    python_packages,
    ruby_gems,
    rust_binary,
)
from tests.support.images import ImageBuilder, write_archive
from tests.support.scanned_images import declared, read_image, real_trivy, setup_of, written
from tests.support.tars import file
from tests.support.trivy_database import trivy_database

ADVISORIES: dict[str, Any] = {
    "debian 12": {
        "openssl": {"CVE-2024-5535": {"FixedVersion": "3.0.14-1~deb12u1"}, "CVE-2024-0001": {"Status": 2}},
        "shadow": {"CVE-2023-4641": {"FixedVersion": "1:4.13+dfsg1-1+deb12u1"}},
        "glibc": {"CVE-2023-0001": {"FixedVersion": "2.36-9+deb12u3"}},
    },
    "alpine 3.18": {
        "openssl": {"CVE-2023-2975": {"FixedVersion": "3.1.1-r2"}},
    },
    "pip::Made up": {"django": {"CVE-2019-14234": {"VulnerableVersions": ["<2.2.4"], "PatchedVersions": ["2.2.4"]}}},
    "npm::Made up": {"lodash": {"CVE-2021-23337": {"VulnerableVersions": ["<4.17.21"]}}},
    "go::Made up": {
        "golang.org/x/crypto": {"CVE-2022-1": {"VulnerableVersions": ["<0.17.0"]}},
        "golang.org/x/net": {"CVE-2023-39325": {"VulnerableVersions": ["<0.17.0"], "PatchedVersions": ["0.17.0"]}},
    },
    "cargo::Made up": {
        "hyper": {"CVE-2017-1": {"VulnerableVersions": ["<0.9.18"]}},
        "time": {"CVE-2020-26235": {"VulnerableVersions": [">=0.1.0, <0.2.23"], "PatchedVersions": ["0.2.23"]}},
    },
    "rubygems::Made up": {
        "rack": {"CVE-2015-1": {"VulnerableVersions": ["<1.6"]}},
        "rails": {"CVE-2018-1": {"VulnerableVersions": ["<5.2.1"], "PatchedVersions": ["5.2.1"]}},
    },
    "maven::Made up": {
        "org.apache.logging.log4j:log4j-core": {"CVE-2021-44228": {"VulnerableVersions": ["<2.15.0"]}},
    },
}  # fmt: skip


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of trivy, and trivy itself in PATH."""
    monkeypatch.setenv("PATH", str(real_trivy().parent))
    folder = trivy_database(tmp_path / "cache", ADVISORIES)
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    return folder


def scan(image: ImageBuilder, kind: str, folder: Path, packages: Iterable[Declared], **limits: Any) -> Outcome:
    setup = setup_of(written(image, kind, folder, packages), folder, limits=Limits(seconds=120, **limits))
    (outcome,) = run_scanners({"trivy": SCANNER}, setup)
    return outcome


def found(outcome: Outcome) -> set[tuple[str, str, str]]:
    return {(one.package.name, one.package.version, one.identifiers[0]) for one in outcome.findings if one.package}


def of_languages() -> tuple[ImageBuilder, tuple[Declared, ...]]:
    samples = [python_packages(), node_packages(), go_binary(), rust_binary(), ruby_gems()]
    known = [one for sample in samples for one in sample.packages]
    image = ImageBuilder().layer(debian(), command="ADD root.tar /").layer(*samples, command="RUN install")
    return image, (*declared(DEBS), *declared(known, "app/of-languages", layer=1))


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "oci", "rootfs"])
def test_every_package_that_we_read_it_lists_and_what_is_known_of_it_is_found(
    cache: Path, tmp_path: Path, kind: str
) -> None:
    image, packages = of_languages()
    outcome = scan(image, kind, tmp_path, packages)
    assert outcome.run.status is RunStatus.COMPLETED, outcome.run
    assert outcome.run.control
    assert outcome.run.looked_at == outcome.run.selected == len(packages)
    assert outcome.gaps == ()
    assert found(outcome) == {
        ("openssl", "3.0.9-1", "CVE-2024-5535"),
        ("openssl", "3.0.9-1", "CVE-2024-0001"),
        ("shadow", "1:4.13+dfsg1-1", "CVE-2023-4641"),
        ("django", "2.2", "CVE-2019-14234"),
        ("lodash", "4.17.4", "CVE-2021-23337"),
        ("golang.org/x/net", "v0.7.0", "CVE-2023-39325"),
        ("time", "0.1.43", "CVE-2020-26235"),
        ("rails", "5.2.0", "CVE-2018-1"),
    }
    layers = {one.package.name: one.layer.index for one in outcome.findings if one.package and one.layer}
    assert (layers["openssl"], layers["django"]) == (0, 1)
    (state,) = outcome.advisories
    assert (state.name, state.as_of) == ("trivy", "2026-11-20T00:00:00Z")
    assert "Debian:12" in state.ecosystems


def test_binaries_of_one_source_are_one_finding_at_the_database_of_dpkg(cache: Path, tmp_path: Path) -> None:
    packages = (*DEBS, Known("Debian:12", "openssl", "3.0.9-1", architecture="amd64"))
    outcome = scan(ImageBuilder().layer(debian(packages)), "docker-archive", tmp_path, declared(packages))
    (one,) = [one for one in outcome.findings if one.identifiers == ("CVE-2024-5535",)]
    assert one.package is not None
    assert (one.package.name, one.package.fixed_versions) == ("openssl", ("3.0.14-1~deb12u1",))
    assert one.location.path == "var/lib/dpkg/status"


def test_distroless_and_alpine(cache: Path, tmp_path: Path) -> None:
    version = file("etc/debian_version", "12.5\n")
    outcome = scan(ImageBuilder().layer(distroless(), version), "docker-archive", tmp_path / "a", declared(DEBS))
    assert ("openssl", "3.0.9-1", "CVE-2024-5535") in found(outcome)
    assert not outcome.gaps
    sample = alpine()
    outcome = scan(ImageBuilder().layer(sample), "docker-archive", tmp_path / "b", declared(sample.packages))
    assert found(outcome) == {("openssl", "3.1.1-r1", "CVE-2023-2975")}
    assert not outcome.gaps


def test_packages_that_it_drops_without_a_word_are_gaps(cache: Path, tmp_path: Path) -> None:
    """A dpkg database beside which no file says what only some say; a lock file."""
    lost = (*declared(DEBS), *declared([Known("PyPI", "flask", "1.0")], "app/requirements.txt"))
    image = ImageBuilder().layer(distroless()).layer(python_packages(), file("app/requirements.txt", "flask==1.0\n"))
    outcome = scan(image, "docker-archive", tmp_path, (*lost, *declared(WHEELS, "x")))
    assert outcome.run.status is RunStatus.COMPLETED
    assert {gap.subject for gap in outcome.gaps} == {
        *(subject_of(one).key for one in declared(DEBS)), "PyPI:flask@1.0",
    }  # fmt: skip
    assert outcome.run.looked_at == len(WHEELS)


def test_what_only_it_lists_is_told(cache: Path, tmp_path: Path) -> None:
    image, packages = of_languages()
    outcome = scan(image, "docker-archive", tmp_path, [one for one in packages if one.name != "Django"])
    (notice,) = [one for one in outcome.notices if one.topic == "disagreement"]
    assert "Django 2.2" in notice.text
    assert ("django", "2.2", "CVE-2019-14234") in found(outcome)


def test_an_ecosystem_of_which_its_database_knows_nothing_is_a_gap(tmp_path: Path, cache: Path) -> None:
    (cache / "db" / "trivy.db").unlink()
    (cache / "db" / "metadata.json").unlink()
    (cache / "db").rmdir()
    trivy_database(cache, {"pip::Made up": ADVISORIES["pip::Made up"]})
    image, packages = of_languages()
    outcome = scan(image, "docker-archive", tmp_path, packages)
    assert outcome.run.status is RunStatus.COMPLETED
    assert {gap.kind for gap in outcome.gaps} == {GapKind.NO_ADVISORIES}
    assert {gap.subject.partition(":")[0] for gap in outcome.gaps} == {"Debian", "npm", "Go", "crates.io", "RubyGems"}


def test_a_database_with_nothing_in_it_does_not_find_the_control(tmp_path: Path, cache: Path) -> None:
    (cache / "db" / "trivy.db").unlink()
    (cache / "db" / "metadata.json").unlink()
    (cache / "db").rmdir()
    trivy_database(cache, {})
    outcome = scan(ImageBuilder().layer(debian()), "docker-archive", tmp_path, declared(DEBS))
    assert outcome.run.status is RunStatus.FAILED
    assert "positive control" in outcome.run.reason


def test_without_a_database_of_java_archives_they_are_passed_over_and_told(cache: Path, tmp_path: Path) -> None:
    packages = (*declared(DEBS), *declared(JARS, "app/shop.jar"))
    outcome = scan(ImageBuilder().layer(debian(), java_archives()), "docker-archive", tmp_path, packages)
    assert outcome.run.status is RunStatus.COMPLETED
    assert {gap.subject.partition("@")[0] for gap in outcome.gaps} == {f"Maven:{one.name}" for one in JARS}
    assert any("download-java-db-only" in one.text for one in outcome.notices)
    assert ("openssl", "3.0.9-1", "CVE-2024-5535") in found(outcome)


@pytest.mark.parametrize("damage", ["none", "no metadata", "cut", "rubbish", "other schema", "no JSON"])
def test_without_a_whole_database_it_fails_with_a_hint(cache: Path, tmp_path: Path, damage: str) -> None:
    database, metadata = cache / "db" / "trivy.db", cache / "db" / "metadata.json"
    if damage == "none":
        database.unlink()
    elif damage == "no metadata":
        metadata.unlink()
    elif damage == "cut":
        database.write_bytes(database.read_bytes()[:9000])
    elif damage == "rubbish":
        database.write_bytes(b"no database")
    else:
        metadata.write_text('{"Version": 1, "UpdatedAt": "2026-11-20T00:00:00Z"}' if damage == "other schema" else "{")
    outcome = scan(ImageBuilder().layer(debian()), "docker-archive", tmp_path, declared(DEBS))
    assert outcome.run.status is RunStatus.FAILED
    assert not outcome.run.control
    assert outcome.run.hint


def test_another_image_than_the_one_we_read_is_not_ours(cache: Path, tmp_path: Path) -> None:
    one, other = ImageBuilder().layer(debian()), ImageBuilder(user="app").layer(debian())
    image = replace(written(one, "oci", tmp_path, declared(DEBS)), place=other.oci(tmp_path / "other"))
    (outcome,) = run_scanners({"trivy": SCANNER}, setup_of(image, tmp_path))
    assert outcome.run.status is RunStatus.FAILED
    assert "another image" in outcome.run.reason


@pytest.mark.parametrize("name", ["a:b", "a@sha256:1", "-o", "with blank", "a,b", "\u00fc"])
def test_names_of_files_are_no_options_and_no_tags(cache: Path, tmp_path: Path, name: str) -> None:
    builder = ImageBuilder().layer(debian())
    for kind in ("docker-archive", "oci-archive", "oci", "rootfs"):
        image = written(builder, kind, tmp_path / "first", declared(DEBS))
        moved = image.place.rename(tmp_path / f"{name}{kind}")
        (outcome,) = run_scanners({"trivy": SCANNER}, setup_of(replace(image, place=moved), tmp_path))
        assert outcome.run.status is RunStatus.COMPLETED, (kind, outcome.run)
        assert outcome.run.looked_at == len(DEBS)


def test_settings_of_the_image_and_of_the_user_hide_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trivy.yaml").write_text("severity: [CRITICAL]\nscan:\n  skip-dirs: [usr, var]\n")
    (tmp_path / ".trivyignore").write_text("CVE-2024-5535\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIVY_SEVERITY", "CRITICAL")
    monkeypatch.setenv("TRIVY_IGNORE_UNFIXED", "true")
    ignore = file(".trivyignore", "CVE-2024-5535\n")
    outcome = scan(ImageBuilder().layer(debian(), ignore), "rootfs", tmp_path, declared(DEBS))
    assert {("openssl", "3.0.9-1", "CVE-2024-5535"), ("openssl", "3.0.9-1", "CVE-2024-0001")} <= found(outcome)


def test_the_users_cache_is_not_written_to(cache: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*")}
    scan(ImageBuilder().layer(debian()), "docker-archive", tmp_path, declared(DEBS))
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*")} == before


def test_what_it_writes_to_disk_is_limited(cache: Path, tmp_path: Path) -> None:
    bomb = file("var/lib/dpkg/status.d/bomb", b"Package: x\n" + b"x" * 300_000_000)
    image = ImageBuilder().layer(debian(), bomb)
    outcome = scan(image, "docker-archive", tmp_path, declared(DEBS), folder_bytes=20_000_000)
    assert outcome.run.status is RunStatus.FAILED
    assert "disk limit" in outcome.run.reason


def test_what_is_no_image_fails(cache: Path, tmp_path: Path) -> None:
    place = write_archive(tmp_path / "none.tar", {"manifest.json": json.dumps([]).encode()})
    (outcome,) = run_scanners(
        {"trivy": SCANNER}, setup_of(read_image("docker-archive", place, declared(DEBS), "0" * 64), tmp_path)
    )
    assert outcome.run.status is RunStatus.FAILED
    assert outcome.run.hint


def test_versions_of_every_ecosystem_are_recognised(cache: Path, tmp_path: Path) -> None:
    """Ours are spelled as OSV has them; `v0.7.0` and `0.7.0` are one."""
    known = [*go_binary().packages, *NODE, *GEMS]
    image = ImageBuilder().layer(go_binary(), node_packages(), ruby_gems())
    outcome = scan(image, "docker-archive", tmp_path, declared(known, "x"))
    assert not outcome.gaps
