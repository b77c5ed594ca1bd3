"""What reports cost: seconds of processor, memory and size of every format, and of the stages before it, as scans grow.

`whole` is the way from the tools' output to the reports that every scan writes, in one process: see `benchmarks.whole`.

Each figure is of a process of its own. `growth` is the time for one finding at the largest size to that at the
smallest: 1 is linear. Usage: python -m benchmarks.reports [--sizes 1000,10000] [--only FORMAT,...]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.whole import whole
from secscan.__main__ import collect_rarely
from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Confidence, GapKind, Kind, RunStatus, Severity
from secscan.findings.model import (
    Cvss,
    Finding,
    Gap,
    Location,
    Package,
    Region,
    ScannerRun,
    Source,
    TargetInfo,
    TraceStep,
)
from secscan.findings.scan import FORMAT, FileState, Scan, dumps, loads
from secscan.findings.scan import parts as scan_parts
from secscan.gate.judge import judged
from secscan.policy.load import load_policy
from secscan.reports.contract import FORMATS, Format, load_format
from secscan.reports.present import Presentation

SIZES = (1_000, 10_000, 25_000, 100_000)
STAGES = ("load", "judge", "save", "present")
WHOLE = "whole"
AT = datetime(2026, 1, 31, tzinfo=UTC)


def make_scan(count: int) -> Scan:
    """A scan as a large repository has one, always the same: code, packages and secrets, of many files and rules."""
    chance = random.Random(7)
    findings = tuple(_finding(chance, at) for at in range(count))
    paths = sorted({one.location.path for one in findings})
    scanners = ("bandit", "pip-audit", "secrets", "semgrep")
    return Scan(
        format=FORMAT,
        secscan="0",
        target=TargetInfo(kind="tree", name="benchmark", digest="0" * 64, files=len(paths), bytes=count * 900),
        scanners=tuple(
            ScannerRun(scanner=name, status=RunStatus.COMPLETED, version="1", selected=9, looked_at=9, control=True)
            for name in scanners
        ),
        findings=findings,
        gaps=tuple(
            Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject=paths[at % len(paths)], detail="Missing parentheses")
            for at in range(count // 100)
        ),
        files=tuple(FileState(path=path, digest=f"{at:016x}") for at, path in enumerate(paths)),
    )


def _finding(chance: random.Random, at: int) -> Finding:
    path = f"{chance.choice(['src', 'lib/core', 'tests', 'deploy'])}/part{at % 97}/module{at % 2_003}.py"
    line = chance.randrange(1, 900)
    region = Region(start_line=line, start_column=5, end_line=line, end_column=60)
    kind = chance.choices([Kind.SAST, Kind.DEPENDENCY, Kind.SECRET], [7, 2, 1])[0]
    defect = {Kind.DEPENDENCY: "vulnerable-dependency", Kind.SECRET: "hardcoded-credential"}.get(kind)
    defect = defect or chance.choice(sorted(DEFECTS)[:40])
    about = DEFECTS[defect]
    changes: dict[str, Any] = {}
    if kind is Kind.DEPENDENCY:
        name, number = f"package-{chance.randrange(400)}", chance.randrange(100_000)
        changes = {
            "package": Package(
                purl=f"pkg:pypi/{name}@1.{at % 9}",
                name=name,
                version=f"1.{at % 9}",
                ecosystem="PyPI",
                fixed_versions=("2.0",),
            ),
            "identifiers": (f"CVE-2025-{number:05d}", "CWE-79", f"GHSA-{number:04x}-aaaa-bbbb"),
            "cvss": (Cvss(vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", score=7.5),),
            "references": tuple(f"https://advisories.example/{number}/{part}" for part in range(4)),
        }
    elif kind is Kind.SAST:
        changes = {
            "identifiers": ("CWE-89",),
            "trace": tuple(TraceStep(path=path, region=region, text=f"step_{step}(value)") for step in range(at % 4)),
        }
    return Finding(
        kind=kind,
        defect=defect,
        title=about.title,
        message=f"{about.title}: value {at} of a request is used in line {line} without being checked before that.",
        severity=chance.choice(list(Severity)),
        confidence=chance.choice(list(Confidence)),
        location=Location(
            path=path,
            region=region,
            statement=region,
            snippet=f"    rows = connection.execute(text_{at}, {{'id': request.args['id'], 'at': {line}}})\n",
            symbol=f"Shop{at % 50}.method_{at % 300}",
        ),
        sources=tuple(
            Source(scanner=name, rule=f"R{chance.randrange(300)}", message="what the tool says of it, in its own words")
            for name in chance.choice([("bandit",), ("semgrep",), ("bandit", "semgrep")])
        ),
        remediation=about.remedy,
        fingerprint=f"{at:032x}",
        **changes,
    )


def measure(what: str, file: Path) -> dict[str, Any]:
    """Do one thing with a saved scan, and say what it cost; or go the whole way, with as many findings."""
    if what == WHOLE:
        return whole(int(file.stem))
    data = file.read_bytes()
    started = time.process_time()
    scan = loads(data)
    size = 0
    parts: Callable[[], Iterable[bytes]] = tuple
    if what != "load":
        del data
        policy = load_policy("strict", scanners=[]) if what == "judge" else None
        if what not in STAGES:
            parts = partial(_report, load_format(what), scan)
        elif what == "save":
            parts = partial(scan_parts, scan)
        started = time.process_time()
        if policy is not None:
            judged(scan, policy, AT)
        elif what == "present":
            view = Presentation(scan)
            _ = view.judged, view.by_action, view.by_severity, view.gap_groups
        size = sum(map(len, parts()))
    cost = {
        "seconds": time.process_time() - started,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "size": size / 1e6,
    }
    packer = zlib.compressobj(6)
    return cost | {"packed": (sum(len(packer.compress(one)) for one in parts()) + len(packer.flush())) / 1e6}


def _report(chosen: Format, scan: Scan) -> Iterable[bytes]:
    """A report with all that is made for it."""
    return chosen.parts(Presentation(scan))


def main() -> None:
    """Measure each thing at each size in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--only", default=",".join((WHOLE, *STAGES, *FORMATS)))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        scan = judged(make_scan(int(given.make[0])), load_policy("strict", scanners=[]), AT)
        Path(given.make[1]).write_bytes(dumps(scan))
        return
    if given.child:
        collect_rarely()
        print(json.dumps(measure(given.child[0], Path(given.child[1]))))
        return
    sizes = [int(one) for one in given.sizes.split(",")]
    print(f"{'what':<14}" + "".join(f"{size:>32,}" for size in sizes) + f"{'growth':>9}")
    with tempfile.TemporaryDirectory() as folder:
        files = {size: Path(folder) / f"{size}.json" for size in sizes}
        for size, file in files.items():
            # Not here: a process takes the memory of the one that started it for its own.
            subprocess.run([sys.executable, "-m", "benchmarks.reports", "--make", str(size), str(file)], check=True)
        for what in given.only.split(","):
            costs = [_in_child(what, files[size]) for size in sizes]
            cells = "".join(
                f"{one['seconds']:8.2f} s {one['megabytes']:5.0f} MB {one['size']:6.1f}/{one['packed']:4.1f} MB"
                for one in costs
            )
            print(f"{what:<14}{cells}{_growth('seconds', costs, sizes):9.2f}", flush=True)
            for stage in costs[0].get("stages", ()):
                cells = "".join(f"{one['stages'][stage]:8.2f} s{'':22}" for one in costs)
                growth = _growth(stage, [one["stages"] for one in costs], sizes)
                print(f"  {stage:<12}{cells}{growth:9.2f}", flush=True)


def _growth(name: str, costs: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> float:
    """How often a finding of the largest scan costs what one of the smallest does."""
    return float(costs[-1][name] / sizes[-1] / (costs[0][name] / sizes[0]))


def _in_child(what: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.reports", "--child", what, str(file)]
    ended = subprocess.run(command, capture_output=True, check=True)
    cost: dict[str, Any] = msgspec.json.decode(ended.stdout)
    return cost


if __name__ == "__main__":
    main()
