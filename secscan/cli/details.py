"""What `--verbose` says of a scan: how each scanner ran, and everything that could not be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from secscan.reports.present import gap_sentence, ran_as

if TYPE_CHECKING:
    from secscan.findings.model import ScannerRun
    from secscan.findings.scan import Scan, ScannerTiming


def details(scan: Scan) -> Iterator[str]:
    """Return the lines, still to be escaped."""
    timings = {one.scanner: one for one in scan.run.timings} if scan.run else {}
    yield f"target {scan.target.kind} {scan.target.name}: {len(scan.files)} files in scope"
    if scan.judgement:
        yield f"policy {scan.judgement.policy}, {scan.judgement.policy_digest[:19]}"
    for run in scan.scanners:
        yield from _scanner(run, timings.get(run.scanner))
    for state in scan.advisories:
        yield f"advisories {state.name}: {state.records} records, as of {state.as_of or 'nobody knows when'}"
    for gap in scan.gaps:
        yield f"gap: {gap_sentence(gap)}"
    for left_out in scan.target.out_of_scope:
        yield f"left out: {left_out.path}: {left_out.reason}"
    if scan.run:
        yield f"whole scan: {scan.run.seconds:.1f} s"


def _scanner(run: ScannerRun, timing: ScannerTiming | None) -> Iterator[str]:
    yield f"{run.scanner} {run.version}".rstrip() + f": {run.status}, {ran_as(run)}"
    if timing and timing.seconds:
        yield f"  took {timing.seconds:.1f} s of its programs, at most {timing.peak_megabytes:.0f} MB"
    if timing and timing.program:
        yield f"  program {timing.program}"
    if run.rules_digest:
        yield f"  rules {run.rules_digest[:19]}"
