"""From the tools' output to the reports that every scan writes, in one process: what each stage costs.

The input is what bandit and semgrep really said of the bundled example, for as many copies of it as have the findings
that are wanted. Reading the source (statements, snippets) is no part of it: what was read of the example once is given
to the findings of each copy, each with a text of its own, between the stages.
"""

from __future__ import annotations

import dataclasses
import json
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from secscan.correlate.merge import merge
from secscan.correlate.values import one_per_secret
from secscan.files import write_atomic
from secscan.findings.levels import RunStatus
from secscan.findings.model import Finding, Location, Region, ScannerRun, TargetInfo
from secscan.findings.scan import FORMAT, Scan
from secscan.gate.judge import judged
from secscan.policy.load import load_policy
from secscan.process import Ended
from secscan.reports.contract import load_format
from secscan.reports.present import Presentation
from secscan.scanners.enrich import enrich
from secscan.scanners.toolkit import FileBatch

REPORTS = ("json", "sarif", "html")
SHOP = Path(__file__).parent.parent / "examples" / "shop"
COPIES_A_PIECE = 50
_ROOT = "/scanned/"
_REPORT = "report.json"
AT = datetime(2026, 1, 31, tzinfo=UTC)

Places = dict[tuple[str, Region | None], Location]


def whole(count: int) -> dict[str, Any]:
    """Go the whole way with about `count` findings, and return the processor seconds of each stage and of all, the most
    memory, and the size of the reports (`packed` is 0: they are not compressed)."""
    from secscan.scanners.bandit import SCANNER as BANDIT
    from secscan.scanners.semgrep import SCANNER as SEMGREP
    from tests.recorded.cases import cases_of

    cases = [(one, next(case for case in cases_of(one) if case.name == "shop")) for one in (BANDIT, SEMGREP)]
    places, per_copy = _read_once([one.parse(case.ended, case.piece).findings for one, case in cases])
    policy = load_policy("strict", scanners=[])
    seconds = dict.fromkeys(("parse", "correlate", "judge", *REPORTS), 0.0)
    found: list[Finding] = []
    copies = range(-(-count // per_copy))
    for first in copies[::COPIES_A_PIECE]:
        for scanner, case in cases:
            piece, ended = _copies(case.piece, case.ended, copies[first : first + COPIES_A_PIECE])
            started = time.process_time()
            report = scanner.parse(ended, piece)
            seconds["parse"] += time.process_time() - started
            found += _with_places(report.findings, places)

    started = time.process_time()
    findings = one_per_secret(merge(found))
    seconds["correlate"] = time.process_time() - started
    found.clear()
    runs = tuple(
        ScannerRun(scanner=one.name, status=RunStatus.COMPLETED, kinds=one.kinds, version="1", control=True)
        for one, _ in cases
    )
    info = TargetInfo(kind="tree", name="copies", digest="0" * 64, files=0, bytes=0)
    scan = Scan(format=FORMAT, secscan="0", target=info, scanners=runs, findings=findings, gaps=())

    started = time.process_time()
    scan = judged(scan, policy, AT)
    seconds["judge"] = time.process_time() - started
    size = 0
    with tempfile.TemporaryDirectory() as folder:
        view = Presentation(scan)
        for name in REPORTS:
            started = time.process_time()
            write_atomic(Path(folder) / name, load_format(name).parts(view))
            seconds[name] = time.process_time() - started
            size += (Path(folder) / name).stat().st_size
    return {
        "stages": seconds,
        "seconds": sum(seconds.values()),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "size": size / 1e6,
        "packed": 0.0,
    }


def _read_once(reports: list[tuple[Finding, ...]]) -> tuple[Places, int]:
    """What stands where the findings of the example are, and how many findings one copy has."""
    from tests.support.targets import folder_target

    names = {one.location.path for found in reports for one in found}
    with tempfile.TemporaryDirectory() as folder:
        target = folder_target(Path(folder), {name: (SHOP / name).read_bytes() for name in sorted(names)})
        findings = enrich([one for found in reports for one in found], target)
    places = {(one.location.path, one.location.region): one.location for one in findings}
    return places, len(merge(findings))


def _copies(piece: FileBatch, ended: Ended, numbers: Sequence[int]) -> tuple[FileBatch, Ended]:
    """The same work on the copies of these numbers, as one piece."""
    placed = {
        f"part{at}/{path}": place.replace(_ROOT, f"{_ROOT}part{at}/")
        for at in numbers
        for path, place in piece.placed.items()
    }
    if _REPORT in ended.files:
        told = dataclasses.replace(ended, files={_REPORT: _told(ended.files[_REPORT], numbers)})
    else:
        told = dataclasses.replace(ended, stdout=_told(ended.stdout, numbers))
    return FileBatch(placed=placed), told


def _told(data: bytes, numbers: Sequence[int]) -> bytes:
    """What a tool said of the example, as if it had looked at these copies of it."""
    whole: dict[str, Any] = {}
    for at in numbers:
        _joined(whole, json.loads(data.replace(_ROOT.encode(), f"{_ROOT}part{at}/".encode())))
    return json.dumps(whole).encode()


def _joined(whole: dict[str, Any], more: dict[str, Any]) -> None:
    """Add what is told of further files; what is told of the run as a whole stays."""
    for name, value in more.items():
        there = whole.setdefault(name, value)
        if there is value:
            continue
        if isinstance(value, list) and _ROOT in json.dumps(value):
            there.extend(value)
        elif isinstance(value, dict):
            _joined(there, value)


def _with_places(findings: tuple[Finding, ...], places: Places) -> Iterator[Finding]:
    for one in findings:
        part, _, path = one.location.path.partition("/")
        place = places[path, one.location.region]
        snippet = f"{place.snippet.rstrip()}  # {part}\n"
        location = msgspec.structs.replace(place, path=one.location.path, snippet=snippet)
        yield msgspec.structs.replace(one, location=location)
