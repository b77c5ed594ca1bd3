"""The real program on hostile images: it ends, it stays small, it writes nothing but its reports, and it says the
truth or what it did not read."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil
import pytest

from secscan import process
from secscan.findings.model import Gap
from secscan.findings.scan import Scan, load
from secscan.images.reading import EVERYTHING, ImageReading
from secscan.images.reference import parse_reference
from secscan.process import PROGRESS
from tests.support.hostile_images import CASES
from tests.support.hostile_images.case import BASE, PASSWORDS, below, saved
from tests.support.image_samples import Known
from tests.support.osv_records import index_of, osv

MOST_MEGABYTES = 100
"""Of the process that reads the image; the reports of what it read are made by another."""
ENDS_WITHIN = 120
"""Seconds after which it is taken to hang: a busy machine is no defect."""
EVIL_PLACES = (Path("/tmp/evil"), Path("/evil"))


@dataclass(frozen=True)
class Run:
    """How the program ended, and what it left."""

    code: int
    said: bytes
    scan: Scan | None
    reports: dict[str, bytes]
    megabytes: float
    """The most that one of its processes took."""
    left: dict[str, str]
    """What is in the folders around it, but for the reports."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not read of the image, or not assessed: the advisories know of each of its ecosystems."""
        return tuple(one for one in self.scan.gaps if one.scanner in ("image", "osv")) if self.scan else ()

    @property
    def packages(self) -> frozenset[str]:
        return frozenset(self.scan.packages) if self.scan else frozenset()


ECOSYSTEMS = ("Debian:12", "PyPI", "npm", "Go", "crates.io", "RubyGems", "Maven", "Rocky Linux:9")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Advisories about no package of these images: whatever is found in them is assessed, and nothing is wrong."""
    records = []
    for count, ecosystem in enumerate(ECOSYSTEMS):
        name = "org.example:untouched" if ecosystem == "Maven" else "untouched"
        versions = {"package": {"ecosystem": ecosystem, "name": name}, "versions": ["1.0.0"]}
        records.append(osv(f"TEST-{count}", affected=[versions]))
    return index_of(tmp_path_factory.mktemp("index") / "index.sqlite", *records)


def run(reference: str, index: Path, around: Path, *before: str) -> Run:
    """Scan an image with folders of its own for everything a program writes to."""
    places = {name: around / name for name in ("home", "work", "temporary", "output")}
    for place in places.values():
        place.mkdir(parents=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(places["home"]),
        "TMPDIR": str(places["temporary"]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    started = subprocess.Popen(
        [
            *before,
            *(sys.executable, "-P", "-m", "secscan", "scan", reference, "--advisories", str(index)),
            *("--output", str(places["output"])),
        ],
        cwd=places["work"],
        env={**environment, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with _memory(started) as most:
        try:
            said, _ = started.communicate(timeout=ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            _end(started)
            pytest.fail(f"{reference} is not read within {ENDS_WITHIN} s")
    saved_scan = places["output"] / "secscan.json"
    return Run(
        code=started.returncode,
        said=said,
        scan=load(saved_scan) if saved_scan.exists() else None,
        reports={path.name: path.read_bytes() for path in places["output"].iterdir()},
        megabytes=max(most),
        left={name: _listing(places[name]) for name in ("home", "work", "temporary")},
    )


@contextlib.contextmanager
def _memory(started: subprocess.Popen[bytes]):
    """What the largest of its processes takes, a few times a second: the one that reads the image, or the one that
    judges and reports what was read of it. What two of them share is not counted twice: a child that was just forked
    shares everything."""
    most, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            with contextlib.suppress(psutil.Error):
                top = psutil.Process(started.pid)
                for one in (top, *top.children(recursive=True)):
                    with contextlib.suppress(psutil.Error):
                        info = one.memory_full_info()
                        most.append(getattr(info, "pss", info.uss) / 1e6)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def _end(started: subprocess.Popen[bytes]) -> None:
    top = psutil.Process(started.pid)
    for one in (*top.children(recursive=True), top):
        with contextlib.suppress(psutil.Error):
            one.kill()
    started.communicate()


def _listing(place: Path) -> str:
    return " ".join(sorted(str(path.relative_to(place)) for path in place.rglob("*")))


def _ids(known: frozenset[Known]) -> frozenset[str]:
    """As a saved scan has them: under the names that advisories speak of."""
    names = [(one.ecosystem, *(one.source if one.source[0] else (one.name, one.version))) for one in known]
    return frozenset(f"{ecosystem}:{name}@{version}" for ecosystem, name, version in names)


def _check(ran: Run) -> None:
    """What holds whatever the image is."""
    assert b"Traceback" not in ran.said, ran.said.decode(errors="replace")
    assert ran.code in (0, 1, 3), (ran.code, ran.said.decode(errors="replace"))
    assert ran.scan is not None, ran.said.decode(errors="replace")
    assert ran.left == {"home": "", "work": "", "temporary": ""}
    assert not any(path.exists() for path in EVIL_PLACES)
    assert set(ran.reports) == {"secscan.html", "secscan.json", "secscan.sarif", "secscan.terms.json"}
    assert all(PASSWORDS.encode() not in one for one in ran.reports.values())
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", ran.said)
    assert not any(letter in ran.said.decode() for letter in "\u202e\u2066\u061c")
    assert not re.search(rb"<script>alert|<img src=x", ran.reports["secscan.html"])


@pytest.mark.parametrize("name", [name for name, one in CASES.items() if not one.slow])
def test_what_reads_images_reads_a_hostile_one(name: str, tmp_path: Path) -> None:
    """The child process alone: each image as the whole program meets it, in a fraction of the time."""
    case = CASES[name]
    reference = parse_reference(case.make(tmp_path))
    assert reference is not None
    where = (reference.kind, reference.place, reference.name)
    ended = process.run(
        [sys.executable, "-I", "-m", "secscan.images.worker", EVERYTHING, *where],
        limits=process.Limits(seconds=ENDS_WITHIN, megabytes=MOST_MEGABYTES),
    )
    assert (ended.trouble, ended.exit_code, ended.stderr) == ("", 0, b"")
    reading = msgspec.json.decode(ended.stdout, type=ImageReading)
    assert reading.control
    found = {
        f"{one.ecosystem}:{'@'.join(one.source if one.source[0] else (one.name, one.version))}"
        for one in reading.packages
    }
    assert _ids(case.finds) <= found
    assert not _ids(case.hides) & found
    # Which advisories speak of packages of no distribution, the scanner of packages has to say.
    assert reading.gaps or case.outcome != "gap" or name == "database_without_a_release"
    assert not reading.gaps or case.outcome != "right"
    assert PASSWORDS.encode() not in ended.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_hostile_image(name: str, index: Path, tmp_path: Path) -> None:
    case = CASES[name]
    (tmp_path / "image").mkdir()
    ran = run(case.make(tmp_path / "image"), index, tmp_path)
    _check(ran)
    assert ran.megabytes < MOST_MEGABYTES
    assert _ids(case.finds) <= ran.packages
    assert not _ids(case.hides) & ran.packages
    if case.outcome == "gap":
        assert ran.code != 0
        assert ran.gaps or "image" in {one.scanner for one in ran.scan.scanners if one.status == "failed"}
    if case.outcome == "right":
        assert ran.gaps == ()


def test_an_image_that_means_no_harm(index: Path, tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    ran = run(saved(tmp_path / "image", below()), index, tmp_path)
    _check(ran)
    assert ran.gaps == ()
    assert ran.packages == _ids(BASE)
    assert 0 < ran.megabytes < MOST_MEGABYTES


@pytest.mark.parametrize("name", ["paths_that_lead_out", "links_to_this_machine", "layer_of_another_place"])
def test_nothing_is_written_elsewhere_and_nobody_is_asked(name: str, index: Path, tmp_path: Path) -> None:
    """By what the kernel saw."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here")
    (tmp_path / "image").mkdir()
    log = tmp_path / "log"
    reference = CASES[name].make(tmp_path / "image")
    ran = run(
        reference, index, tmp_path, strace, "-f", "-qq", "-s", "4096", "-o", str(log), "-e", "trace=%file,%network"
    )
    assert ran.scan is not None, ran.said.decode(errors="replace")
    calls = log.read_text(errors="replace")
    written = re.findall(r'open(?:at)?\((?:[^,"]*, )?"([^"]*)", [A-Z_|]*(?:O_WRONLY|O_RDWR|O_CREAT)', calls)
    assert written
    ours = (str(tmp_path), "/dev/", "/proc/self/")
    # What reads an image tells in its private folder how far it is.
    assert [path for path in written if not path.startswith(ours) and path != PROGRESS] == []
    assert not re.search(r"connect\([^)]*AF_INET", calls)
    assert '"/etc/shadow"' not in calls
    assert "/proc/self/environ" not in calls
