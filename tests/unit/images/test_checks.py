"""What is wrong with an image itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from secscan.findings.levels import Kind, Severity
from secscan.findings.model import Finding
from secscan.images.checks import findings_of
from secscan.images.read import read_image
from secscan.images.reading import IN_CONFIG
from secscan.secrets.control import control_source
from tests.support.image_samples import os_release
from tests.support.images import ImageBuilder
from tests.support.tars import Entry, file

GOOD = {"user": "10001", "healthcheck": ("CMD", "true")}


def found(image: ImageBuilder, folder: Path, today: date = date(2026, 1, 1)) -> dict[str, Finding]:
    reading = read_image("oci", image.oci(folder / "image"))
    return {one.sources[0].rule.removeprefix("secscan."): one for one in findings_of(reading, today)}


def test_nothing_is_wrong_with_a_good_image(tmp_path: Path) -> None:
    assert not found(ImageBuilder(**GOOD).layer(file("app/main", "x", 0o755)), tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("user", "runs_as_root"),
    [("", True), ("root", True), ("0:0", True), ("00", True), ("+0:10", True), ("app", False), ("10", False)],
)
def test_root(user: str, runs_as_root: bool, tmp_path: Path) -> None:
    findings = found(ImageBuilder(user=user, healthcheck=("CMD", "true")).layer(file("a")), tmp_path)
    assert ("image.root-user" in findings) is runs_as_root


def test_an_image_without_a_health_check(tmp_path: Path) -> None:
    assert set(found(ImageBuilder(user="1").layer(file("a")), tmp_path)) == {"image.no-healthcheck"}
    assert not found(ImageBuilder(user="1", healthcheck=("CMD", "x")).layer(file("a")), tmp_path / "other")


@pytest.mark.parametrize("ports", [("22/tcp",), ("2375/tcp",)])
def test_ports_that_lead_to_the_machine(ports: tuple[str, ...], tmp_path: Path) -> None:
    image = ImageBuilder(**GOOD, ports=(*ports, "8080/tcp")).layer(file("a"))  # type: ignore[arg-type]
    [one] = found(image, tmp_path).values()
    assert one.defect == "network-exposure"
    assert ports[0].partition("/")[0] in one.title


@pytest.mark.parametrize(
    ("base", "pinned"),
    [
        ("debian", False),
        ("debian:latest", False),
        ("registry:5000/debian", False),
        ("debian:12", True),
        ("a@sha256:1", True),
    ],
)
def test_the_latest_base(base: str, pinned: bool, tmp_path: Path) -> None:
    labels = {"org.opencontainers.image.base.name": base}
    assert bool(found(ImageBuilder(**GOOD, labels=labels).layer(file("a")), tmp_path)) is not pinned  # type: ignore[arg-type]


@pytest.mark.parametrize(("today", "ended"), [(date(2024, 1, 1), False), (date(2029, 1, 1), True)])
def test_a_distribution_without_support(today: date, ended: bool, tmp_path: Path) -> None:
    release = os_release(ID="debian", VERSION_ID="12", PRETTY_NAME="Debian GNU/Linux 12")
    findings = found(ImageBuilder(**GOOD).layer(*release), tmp_path, today)  # type: ignore[arg-type]
    assert ("image.end-of-life" in findings) is ended


@pytest.mark.parametrize(
    ("entry", "rule", "severity"),
    [
        (file("usr/bin/su", "x", 0o4755), "image.setuid", Severity.LOW),
        (file("opt/su", "x", 0o4755), "image.setuid", Severity.HIGH),
        (file("usr/bin/own", "x", 0o4755), "image.setuid", Severity.HIGH),
        (file("usr/bin/own", "x", 0o2755), "image.setgid", Severity.HIGH),
        (file("etc/shadow", "x", 0o666), "image.writable-sensitive", Severity.HIGH),
        (file("srv/x", "x", 0o666), "image.world-writable", Severity.MEDIUM),
        (file("usr/bin/apt", "x", 0o755), "image.left-in.package-manager", Severity.LOW),
        (file("bin/bash", "x", 0o755), "image.left-in.shell", Severity.INFO),
        (file("usr/bin/gcc", "x", 0o755), "image.left-in.builder", Severity.LOW),
    ],
)
def test_files(entry: Entry, rule: str, severity: Severity, tmp_path: Path) -> None:
    [(name, one)] = found(ImageBuilder(**GOOD).layer(entry), tmp_path).items()  # type: ignore[arg-type]
    assert (name, one.severity, one.kind) == (rule, severity, Kind.MISCONFIGURATION)
    assert one.layer is not None
    assert one.layer.index == 0
    assert one.remediation


def test_a_secret_in_a_file_and_one_in_the_history(tmp_path: Path) -> None:
    token = control_source().decode()
    image = ImageBuilder(**GOOD).layer(file("app/.env", token), command=f"RUN echo {token.split()[-1]}")  # type: ignore[arg-type]
    reading = read_image("oci", image.oci(tmp_path / "image"))
    in_file, in_history = sorted(findings_of(reading, date(2026, 1, 1)), key=lambda one: one.location.path)
    assert (in_file.location.path, in_history.location.path) == ("app/.env", IN_CONFIG)
    assert in_file.kind is Kind.SECRET
    assert in_file.location.region is not None
    assert in_history.layer is not None
    assert token.split()[-1] not in f"{in_file}{in_history}"


@pytest.mark.parametrize("mode", [0o4755, 0o666])
def test_a_name_is_no_part_of_the_command_that_helps(mode: int, tmp_path: Path) -> None:
    [one] = found(ImageBuilder(**GOOD).layer(file("app/x; id", "x", mode)), tmp_path).values()  # type: ignore[arg-type]
    assert one.remediation.endswith(" '/app/x; id'")
