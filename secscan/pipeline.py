"""The stages in order: targets -> scanners -> findings -> correlate -> policy -> gate.

Reports are made from the value this returns; nothing here writes a file.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from secscan import __version__
from secscan.correlate.merge import merge
from secscan.findings.model import Finding, Gap, Notice
from secscan.findings.scan import FORMAT, FileState, RunInfo, Scan, timestamp
from secscan.gate.judge import judged
from secscan.policy.model import Policy
from secscan.process import Limits
from secscan.scanners.columns import to_characters
from secscan.scanners.contract import Scanner, Setup
from secscan.scanners.enrich import enrich
from secscan.scanners.runner import Outcome, Progress, run_scanners
from secscan.scanners.unparsable import explain_unparsable
from secscan.scanners.workspace import Workspace
from secscan.secrets.scrub import scrub_scan
from secscan.targets.open import TargetRequest, open_target


@dataclass(frozen=True)
class ScanRequest:
    """What to scan, with what, judged by what."""

    target: TargetRequest
    scanners: dict[str, Scanner[Any]]
    policy: Policy
    advisories: Path | None
    """The advisory index; None where there is none."""
    limits: Limits = field(default_factory=Limits)
    jobs: int = 1
    judged_at: datetime | None = None
    """Time of judgement; now, if not given."""
    notices: tuple[Notice, ...] = ()
    """What the reader should know besides, such as settings of the tree that do not count."""


def scan(request: ScanRequest, *, progress: Callable[[Progress], None]) -> Scan:
    """Scan, correlate, judge, and return the saved scan."""
    started, clock = datetime.now(UTC), time.monotonic()
    with open_target(request.target) as target, Workspace(target) as space:
        setup = Setup(
            target=target,
            limits=request.limits,
            advisories=request.advisories,
            jobs=request.jobs,
            place=space.place,
        )
        outcomes = run_scanners(request.scanners, setup, progress=progress)
        gaps = [*target.gaps, *(gap for outcome in outcomes for gap in outcome.gaps), *space.verify()]
        seen = Scan(
            format=FORMAT,
            secscan=__version__,
            target=target.info,
            scanners=tuple(outcome.run for outcome in outcomes),
            findings=merge(_in_context(request.scanners, outcomes, setup)),
            gaps=_sorted_gaps(explain_unparsable(gaps, target)),
            notices=(*request.notices, *target.notices),
            files=tuple(FileState(path=file.path, digest=file.digest[:16]) for file in target.files),
            packages=tuple(sorted({package for outcome in outcomes for package in outcome.packages})),
        )
        clean = scrub_scan(seen, target.read)
    at = request.judged_at or datetime.now(UTC)
    run = RunInfo(
        started=timestamp(started),
        judged_at=timestamp(at),
        seconds=round(time.monotonic() - clock, 3),
        root=str(target.origin),
        python=platform.python_version(),
        platform=platform.platform(),
        timings=tuple(outcome.timing for outcome in outcomes),
    )
    return judged(msgspec.structs.replace(clean, run=run), request.policy, at)


def _in_context(scanners: dict[str, Scanner[Any]], outcomes: tuple[Outcome, ...], setup: Setup) -> tuple[Finding, ...]:
    """Findings of all scanners with columns in characters, statement, snippet and markers."""
    findings: list[Finding] = []
    for outcome in outcomes:
        if scanners[outcome.run.scanner].byte_columns:
            findings.extend(to_characters(outcome.findings, lambda path: setup.place(path).read_bytes()))
        else:
            findings.extend(outcome.findings)
    return enrich(findings, setup.target)


def _sorted_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    unique = {(gap.scanner, gap.kind, gap.subject, gap.line, gap.detail): gap for gap in gaps}
    return tuple(gap for _, gap in sorted(unique.items()))
