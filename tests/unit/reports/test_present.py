"""What all reports share."""

from __future__ import annotations

import msgspec

from secscan.findings.levels import Action, Verdict
from secscan.findings.scan import RunInfo, ScannerTiming
from secscan.reports.contract import load_format
from secscan.reports.present import Presentation, kept_of, main_identifier, ran_as
from tests.support.scans import NOTE, PACKAGE, TAINTED, UNSCORED, ordinary, scan_of


def test_counts_add_up() -> None:
    view = Presentation(ordinary())
    assert sum(view.by_action.values()) == sum(view.by_severity.values()) == len(view.scan.findings)
    assert view.by_action == {"block": 3, "warn": 1, "accept": 1}


def test_a_finding_that_nobody_decided_on_blocks() -> None:
    scan = scan_of(NOTE)
    judgement = msgspec.structs.replace(scan.judgement, decisions=())
    (one,) = Presentation(msgspec.structs.replace(scan, judgement=judgement)).judged
    assert one.decision.action is Action.BLOCK


def test_a_scan_that_nobody_judged_is_incomplete() -> None:
    view = Presentation(msgspec.structs.replace(scan_of(TAINTED), judgement=None))
    assert view.judgement.verdict is Verdict.INCOMPLETE
    assert view.sentence == "nobody has judged this scan"


def test_people_know_a_vulnerability_by_its_cve() -> None:
    assert main_identifier(PACKAGE) == "CVE-2023-30861"
    assert main_identifier(UNSCORED) == "PYSEC-2026-1"
    assert main_identifier(TAINTED) == ""


def test_what_was_kept_from_earlier_scans_is_told() -> None:
    scan = ordinary()
    (first, *_) = scan.scanners
    assert kept_of(scan, first) == 0
    timing = ScannerTiming(scanner=first.scanner, seconds=0, kept=3)
    info = RunInfo(started="2026-11-30T12:00:00Z", judged_at="", timings=(timing,))
    known = msgspec.structs.replace(scan, run=info)
    assert kept_of(known, first) == 3
    words = f"looked at {first.looked_at} of {first.selected} (3 in earlier scans)"
    assert ran_as(first, 3) == words
    assert words in " ".join(load_format("terminal").render(known).decode().split())
    assert "(3 in earlier scans)" in load_format("html").render(known).decode()
