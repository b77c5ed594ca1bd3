"""Reports of compliance to test with: scans of `tests.support.scans`, a small control map and a shipped one."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from secscan.compliance.controls import Framework
from secscan.compliance.inputs import Input
from secscan.compliance.load import load_framework, read_framework
from secscan.findings.scan import Scan, dumps
from secscan.reports.compliance.contract import ComplianceReport, build
from tests.support.scans import PACKAGE, TAINTED, clean, compared, ordinary, run, scan_of

MAP = b"""\
format: secscan.controls/1
framework: house
title: House rules
edition: "1"
version: "3"
date: "2026-01-01"
source: ourselves
licence: none
unverified: [nothing was held against anything]
controls:
  - id: H.1
    title: No injection
    evidence:
      - kinds: [sast]
        cwes: [78, 89]
  - id: H.2
    title: No vulnerable package
    evidence:
      - kinds: [dependency]
      - facts: [judged]
    manual: Packages that nobody declares
  - id: H.3
    title: No secret
    evidence:
      - kinds: [secret]
  - id: H.4
    title: People are trained
    manual: Training
  - id: 5 (b)
    title: Memory is safe
    evidence:
      - kinds: [sast]
        cwes: [787]
    manual: Code in C
"""


def house(data: bytes = MAP) -> Framework:
    """A small control map."""
    return read_framework(data, origin="house.yaml")


def given(name: str, scan: Scan) -> Input:
    """A scan as if it had been read from a file of that name."""
    return Input.of(name, dumps(scan), scan)


def at(scan: Scan, day: str, **target: object) -> Scan:
    """The scan as if it had been made on that day, perhaps of another target."""
    assert scan.run is not None
    moved = msgspec.structs.replace(scan, run=msgspec.structs.replace(scan.run, started=f"{day}T10:00:00Z"))
    return msgspec.structs.replace(moved, target=msgspec.structs.replace(moved.target, **target))


def report_of(*scans: Scan, since: str = "") -> ComplianceReport:
    """A report on scans, against the small map and the OWASP Top 10."""
    inputs = [given(f"scan {number}.json", scan) for number, scan in enumerate(scans, 1)]
    report = build(inputs, [house(), load_framework("owasp-top-10-2025")], since=since)
    return replace(report, secscan="0.1.0")


def over_time() -> ComplianceReport:
    """Three scans of a target, of which one is left out, and one of another target."""
    both = scan_of(TAINTED, PACKAGE)
    one = scan_of(PACKAGE)
    crashed = scan_of(PACKAGE, scanners=(run("bandit"), run("pip-audit"), run("semgrep", control=False)))
    return report_of(
        at(both, "2025-12-01"),
        at(both, "2026-01-10"),
        at(crashed, "2026-01-15"),
        at(one, "2026-01-20"),
        at(clean(), "2026-01-12", name="till", repository="https://example.com/till", branch="main"),
        since="2026-01-01",
    )


REPORTS = {
    "compliance-ordinary": lambda: report_of(ordinary()),
    "compliance-compared": lambda: report_of(compared()),
    "compliance-over-time": over_time,
}
