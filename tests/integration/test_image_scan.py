"""The real program on images that the tests make: what it finds, says and writes, from an archive to the reports."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from secscan.findings.levels import Kind, Verdict
from secscan.findings.scan import Scan, load
from secscan.secrets.control import control_source
from tests.support.image_samples import debian, node_packages, python_packages
from tests.support.images import ImageBuilder
from tests.support.osv_records import index_of, osv
from tests.support.tars import file, whiteout

TOKEN = control_source().decode().split()[-1]
BASE = ImageBuilder(name="base:1").layer(debian(), file("usr/bin/su", "x", 0o4755), command="ADD rootfs.tar /")
SHOP = (
    ImageBuilder(env={"API": TOKEN})
    .layer(debian(), file("usr/bin/su", "x", 0o4755), command="ADD rootfs.tar /")
    .layer(python_packages(), node_packages(), file("app/.env", f"TOKEN={TOKEN}\n"), command="RUN install")
    .layer(whiteout("app/.env"), command="RUN rm app/.env")
)


def secscan(*arguments: str, expected: int) -> str:
    ended = subprocess.run([sys.executable, "-m", "secscan", *arguments], capture_output=True, text=True, timeout=120)
    assert ended.returncode == expected, ended.stderr + ended.stdout
    return ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that knows of a vulnerability in a package of the base, one of the application, and nothing else."""
    return index_of(
        tmp_path_factory.mktemp("advisories") / "index.sqlite",
        _record("DSA-1", "Debian:12", "openssl", "3.0.14-1~deb12u1", "CVE-2024-5535"),
        _record("GHSA-1111-2222-3333", "PyPI", "django", "9999", "CVE-2019-14234"),
        _record("GHSA-9999-2222-3333", "npm", "nothing-of-this-name", "1.0", "CVE-2020-1"),
    )


def _record(record_id: str, ecosystem: str, package: str, fixed: str, alias: str) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]
    affected = [{"package": {"ecosystem": ecosystem, "name": package}, "ranges": ranges}]
    return osv(record_id, package, affected=affected, aliases=[alias])


def scan(reference: str, output: Path, *arguments: str, index: Path, expected: int = 1) -> tuple[Scan, str]:
    said = secscan(
        "scan", reference, "--advisories", str(index), "--output", str(output), *arguments, expected=expected
    )
    return load(output / "secscan.json"), said


def test_an_image_from_archive_to_reports(tmp_path: Path, index: Path) -> None:
    seen, said = scan(str(SHOP.docker_archive(tmp_path / "image.tar")), tmp_path / "out", index=index)
    assert (seen.target.kind, seen.target.name) == ("image", "shop:1.2")
    assert seen.judgement is not None
    assert seen.judgement.verdict is Verdict.FAILED
    openssl = next(one for one in seen.findings if "CVE-2024-5535" in one.identifiers)
    assert openssl.package is not None
    assert (openssl.package.name, openssl.layer and openssl.layer.index) == ("openssl", 0)
    django = next(one for one in seen.findings if "CVE-2019-14234" in one.identifiers)
    assert django.layer is not None
    assert django.layer.command == "RUN install"
    secrets = {one.location.path for one in seen.findings if one.kind is Kind.SECRET}
    assert {"app/.env"} <= secrets
    assert "container-root-user" in {one.defect for one in seen.findings}
    assert "Layers (3)" in said
    for report in (tmp_path / "out").iterdir():
        assert TOKEN.encode() not in report.read_bytes()
    assert TOKEN not in said


def test_every_form_gives_the_same_findings(tmp_path: Path, index: Path) -> None:
    forms = {
        "docker-archive": SHOP.docker_archive(tmp_path / "docker.tar"),
        "oci-archive": SHOP.oci_archive(tmp_path / "oci.tar"),
        "oci": SHOP.oci(tmp_path / "oci"),
    }
    answers = set()
    for kind, place in forms.items():
        seen, _ = scan(f"{kind}:{place}", tmp_path / kind, index=index)
        answers.add((seen.target.digest, *sorted(one.fingerprint for one in seen.findings), *seen.packages))
    assert len(answers) == 1


def test_the_base_and_a_rebuild_on_a_newer_one(tmp_path: Path, index: Path) -> None:
    image, base = SHOP.docker_archive(tmp_path / "image.tar"), BASE.docker_archive(tmp_path / "base.tar")
    newer = ImageBuilder(name="base:2").layer(file("etc/os-release", "ID=debian\nVERSION_ID=12\nNAME=Debian\n"))
    options = ("--base-image", str(base), "--newer-base", str(newer.docker_archive(tmp_path / "newer.tar")))
    seen, said = scan(str(image), tmp_path / "out", *options, index=index)
    assert seen.target.image is not None
    assert [layer.base for layer in seen.target.image.layers] == [True, False, False]
    rebuild = seen.target.image.rebuild
    assert rebuild is not None
    cleared = {one.defect for one in seen.findings if one.fingerprint in rebuild.cleared}
    assert cleared == {"vulnerable-dependency", "setuid-file"}
    assert rebuild.unsure  # the newer base says that it is Debian, and has no packages
    assert "a rebuild on" in " ".join(said.split())


def test_a_base_that_is_another_is_refused(tmp_path: Path, index: Path) -> None:
    other = ImageBuilder().layer(file("x", "1")).docker_archive(tmp_path / "other.tar")
    image = SHOP.docker_archive(tmp_path / "image.tar")
    said = secscan("scan", str(image), "--base-image", str(other), "--output", str(tmp_path / "out"), expected=2)
    assert "was not built upon" in said
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize(
    "arguments",
    [("--staged",), ("--history",), ("--diff", "main"), ("--newer-base", "x.tar")],
)
def test_options_that_make_no_sense(arguments: tuple[str, ...], tmp_path: Path) -> None:
    image = SHOP.docker_archive(tmp_path / "image.tar")
    secscan("scan", str(image), *arguments, "--output", str(tmp_path / "out"), expected=2)


def test_what_the_image_brings_has_no_say(tmp_path: Path, index: Path) -> None:
    """An image with settings, a policy and waivers in it is judged as one without."""
    quiet = "policy: advisory\n"
    loud = SHOP.layer(
        file("secscan.yaml", quiet), file("app/secscan.yaml", quiet), file("app/.trivyignore", "CVE-2024-5535\n")
    )
    place = loud.docker_archive(tmp_path / "image.tar")
    seen, _ = scan(str(place), tmp_path / "out", index=index)
    assert seen.judgement is not None
    assert seen.judgement.policy == "default"


def test_gaps_are_told_whoever_is_asked(tmp_path: Path, index: Path) -> None:
    image = SHOP.layer_of(b"no archive" * 100).docker_archive(tmp_path / "image.tar")
    seen, _ = scan(str(image), tmp_path / "out", "-s", "osv", "-p", "default", index=index)
    assert "partial" in {one.kind for one in seen.gaps}
    assert seen.judgement is not None
    assert any(one.subject == "partial" for one in seen.judgement.reasons)


def test_an_sbom_of_an_image(tmp_path: Path) -> None:
    image = SHOP.docker_archive(tmp_path / "image.tar")
    secscan("sbom", str(image), "--output", str(tmp_path / "bom.json"), expected=0)
    bom = json.loads((tmp_path / "bom.json").read_bytes())
    names = {one["name"] for one in bom["components"]}
    assert {"openssl", "libssl3"} & names
    assert bom["metadata"]["component"]["type"] == "container"


def test_an_engine_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "save it elsewhere" in secscan("scan", "podman:shop:1.2", "--output", str(tmp_path), expected=2)


@pytest.mark.skipif(not shutil.which("podman"), reason="no podman here")
def test_an_image_in_the_storage_of_podman(tmp_path: Path, index: Path) -> None:
    name = f"localhost/secscan-test-{os.getpid()}:1.2"
    archive = dataclasses.replace(SHOP, name=name).docker_archive(tmp_path / "image.tar")
    subprocess.run(["podman", "load", "--quiet", "--input", str(archive)], check=True, timeout=120)
    try:
        stored, _ = scan(f"podman:{name}", tmp_path / "stored", index=index)
    finally:
        subprocess.run(["podman", "rmi", "--force", name], check=True, timeout=60, capture_output=True)
    plain, _ = scan(str(archive), tmp_path / "plain", index=index)
    assert stored.target.name == name
    assert sorted(one.fingerprint for one in stored.findings) == sorted(one.fingerprint for one in plain.findings)
    assert "did not give the image" in secscan("scan", f"podman:{name}", "--output", str(tmp_path), expected=2)


def test_a_policy_about_secrets_never_passes_an_image_in_which_nobody_looked_for_any(
    tmp_path: Path, index: Path
) -> None:
    """The scanner `secrets` has nothing to do with an image; that of images has, also where another is named."""
    image = SHOP.docker_archive(tmp_path / "image.tar")
    seen, _ = scan(str(image), tmp_path / "out", "-s", "osv", "-p", "secrets-only", index=index)
    assert "app/.env" in {one.location.path for one in seen.findings}
