"""What an image has installed, as we list it, and as trivy and syft do: what is missed, what it costs.

On real images (see `image_building`), all programs in turn, in the same run. For each image and program: precision and
recall against what the programs that installed the packages say, seconds, the memory of all its processes together, and
ratios to ours; then each package in which a list differs from what is installed. An OCI layout and what `docker save`
writes must give the same list. Main modules and the packages of the image's own application are not counted: nobody
installed them.

Usage: python -m benchmarks.images [FOLDER] [--rounds 3] [--trivy PROGRAM] [--syft PROGRAM] [--go PROGRAM] [NAME ...]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from packageurl import PackageURL

from benchmarks.image_building import IMAGES, build

Package = tuple[str, str, str]
"""Type of the package URL, name, version."""

TYPES = {
    "Debian": "deb",
    "Alpine": "apk",
    "Rocky Linux": "rpm",
    "PyPI": "pypi",
    "npm": "npm",
    "Go": "golang",
    "crates.io": "cargo",
    "RubyGems": "gem",
    "Maven": "maven",
}
OWN = {("npm", "shop"), ("maven", "com.example:shop"), ("cargo", "till"), ("golang", "example.com/shop")}
"""What the images' own applications are called."""
SHOWN = 12
"""Differences that are printed of each list."""


@dataclass(frozen=True)
class Measured:
    """One run of one program."""

    packages: frozenset[Package]
    seconds: float
    megabytes: float
    trouble: str = ""


def main() -> None:
    """Build what is missing, measure, and print."""
    options = argparse.ArgumentParser()
    options.add_argument("folder", nargs="?", type=Path, default=Path(tempfile.gettempdir()) / "secscan-images")
    options.add_argument("names", nargs="*", default=[*IMAGES])
    options.add_argument("--rounds", type=int, default=3)
    for name in ("trivy", "syft", "go"):
        options.add_argument(f"--{name}", default=shutil.which(name) or "")
    chosen = options.parse_args()
    build(chosen.folder, chosen.names, chosen.go)
    programs: dict[str, Callable[[Path, Path], list[str]]] = {"secscan": secscan}
    programs |= {name: make(getattr(chosen, name)) for name, make in OTHERS.items() if getattr(chosen, name)}
    print(f"{'image':<8}{'program':<9}{'packages':>9}{'precision':>11}{'recall':>8}{'seconds':>9}{'ratio':>7}", end="")
    print(f"{'MB':>7}{'ratio':>7}")
    differences = []
    for name in chosen.names:
        if (chosen.folder / f"{name}.json").exists():
            differences += compare(chosen.folder, name, programs, chosen.rounds)
    print()
    print("\n".join(differences) or "all lists are what is installed")


def compare(folder: Path, name: str, programs: dict[str, Callable[[Path, Path], list[str]]], rounds: int) -> list[str]:
    """Run all programs on one image, print a line each, and return how their lists differ from the truth."""
    truth = installed(json.loads((folder / f"{name}.json").read_text()))
    archive = folder / f"{name}.tar"
    runs: dict[str, list[Measured]] = {program: [] for program in programs}
    for _ in range(rounds):
        for program, command in programs.items():
            runs[program].append(measure(command, archive))
    ours = runs["secscan"]
    layout = measure(secscan, folder / f"{name}.oci")
    assert layout.packages == ours[0].packages, layout.packages ^ ours[0].packages
    differences = []
    for program, measured in runs.items():
        found = measured[0].packages
        if measured[0].trouble:
            print(f"{name:<8}{program:<9} failed: {measured[0].trouble}")
            continue
        right = len(found & truth)
        seconds, megabytes = (
            statistics.median(getattr(one, key) for one in measured) for key in ("seconds", "megabytes")
        )
        ratios = [
            value / statistics.median(getattr(one, key) for one in ours)
            for key, value in (("seconds", seconds), ("megabytes", megabytes))
        ]
        print(
            f"{name:<8}{program:<9}{len(found):>9}{right / max(1, len(found)):>11.3f}{right / len(truth):>8.3f}"
            f"{seconds:>9.1f}{ratios[0]:>7.2f}{megabytes:>7.0f}{ratios[1]:>7.1f}"
        )
        for what, these in (("misses", truth - found), ("has besides", found - truth)):
            if these:
                shown = ", ".join(" ".join(one) for one in sorted(these)[:SHOWN])
                more = f" and {len(these) - SHOWN} more" if len(these) > SHOWN else ""
                differences.append(f"{name}: {program} {what} {len(these)}: {shown}{more}")
    return differences


def measure(command: Callable[[Path, Path], list[str]], image: Path) -> Measured:
    """Run a program on an image, and read the CycloneDX document that it wrote."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = folder / "sbom.json"
        environment = {**os.environ, "HOME": name, "TMPDIR": name, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
        with (folder / "said").open("wb") as said:
            began = time.perf_counter()
            started = subprocess.Popen(command(image, document), env=environment, stdout=said, stderr=said)
            most = watch(started.pid)
            _, _, usage = os.wait4(started.pid, 0)
            started.returncode = 0  # it was waited for
            seconds = time.perf_counter() - began
        if not document.exists() or not document.stat().st_size:
            trouble = re.sub(r"\s+", " ", (folder / "said").read_text(errors="replace"))[-150:]
            return Measured(frozenset(), seconds, 0, trouble or "it wrote nothing")
        return Measured(packages_of(json.loads(document.read_bytes())), seconds, max(most, usage.ru_maxrss / 1024))


def watch(pid: int) -> float:
    """The most megabytes that a process and all below it take until it ends; what they share is counted once."""
    most = 0.0
    top = psutil.Process(pid)
    while True:
        with contextlib.suppress(psutil.Error):
            if top.status() == psutil.STATUS_ZOMBIE:
                return most
            total = 0
            for one in (top, *top.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += one.memory_full_info().pss
            most = max(most, total / 2**20)
        time.sleep(0.02)


def installed(truth: dict[str, list[list[str]]]) -> frozenset[Package]:
    """The list beside an image, as package URLs name it."""
    found = set()
    for ecosystem, rows in truth.items():
        kind = TYPES[ecosystem.partition(":")[0]]
        found |= {named(kind, name, version) for name, version in rows}
    return frozenset(one for one in found if one[:2] not in OWN)


def packages_of(document: dict[str, Any]) -> frozenset[Package]:
    """The packages of a CycloneDX document, under the names that all programs agree on."""
    found = set()
    for component in document.get("components", ()):
        if not component.get("purl"):
            continue
        url = PackageURL.from_string(component["purl"])
        separator = ":" if url.type == "maven" else "/"
        prefix = f"{url.namespace}{separator}" if url.namespace and url.type not in ("deb", "apk", "rpm") else ""
        epoch = (url.qualifiers or {}).get("epoch", "0")
        version = url.version or ""
        if epoch != "0" and ":" not in version:
            version = f"{epoch}:{version}"
        found.add(named(url.type, prefix + url.name, version))
    return frozenset(one for one in found if one[:2] not in OWN)


def named(kind: str, name: str, version: str) -> Package:
    """One name for what programs write in different ways."""
    if kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name).lower()
    if kind == "golang":
        version = version.removeprefix("go").removeprefix("v")
    return kind, name, version.removeprefix("0:")


def secscan(image: Path, document: Path) -> list[str]:
    """Ours, embedded."""
    kind = "oci" if image.is_dir() else "docker-archive"
    root = str(Path(__file__).resolve().parent.parent)
    start = f"import sys; sys.path.insert(0, {root!r}); from secscan.__main__ import main; sys.exit(main())"
    return [sys.executable, "-P", "-c", start, "sbom", f"{kind}:{image}", "--output", str(document)]


def trivy(program: str) -> Callable[[Path, Path], list[str]]:
    """Without its databases: they are not needed for a list of packages, but for archives of Java."""

    def command(image: Path, document: Path) -> list[str]:
        offline = ("--skip-db-update", "--skip-java-db-update", "--offline-scan", "--cache-dir", str(document.parent))
        return [
            program,
            "image",
            "--quiet",
            *offline,
            "--format",
            "cyclonedx",
            "-o",
            str(document),
            "--input",
            str(image),
        ]

    return command


def syft(program: str) -> Callable[[Path, Path], list[str]]:
    """As it is."""

    def command(image: Path, document: Path) -> list[str]:
        return [program, "scan", "-q", f"docker-archive:{image}", "-o", f"cyclonedx-json={document}"]

    return command


OTHERS: dict[str, Callable[[str], Callable[[Path, Path], list[str]]]] = {"trivy": trivy, "syft": syft}

if __name__ == "__main__":
    main()
