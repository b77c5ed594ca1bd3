"""What a step tells the steps after it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from secscan.attest.document import digest_of
from secscan.findings.scan import AdvisoryState
from secscan.github.outputs import FILES, outputs_of, outputs_of_files, outputs_without_scan
from tests.support.scans import clean, compared, ordinary


def test_counts_are_those_of_the_scan() -> None:
    scan = ordinary()
    told = outputs_of(scan, 1)
    assert (told["verdict"], told["exit-code"], told["findings"]) == ("failed", "1", str(len(scan.findings)))
    assert sum(int(told[name]) for name in ("blocked", "warned", "accepted")) == len(scan.findings)
    levels = ("critical", "high", "medium", "low", "info", "unknown")
    assert sum(int(told[name]) for name in levels) == len(scan.findings)
    assert told["new"] == ""  # nobody knows
    assert told["decision-digest"] == digest_of(scan.judgement)
    assert int(outputs_of(compared(), 1)["new"]) > 0


def test_a_scan_that_passed_and_whose_report_was_not_written_is_incomplete() -> None:
    assert outputs_of(clean(), 0)["verdict"] == "passed"
    assert outputs_of(clean(), 3)["verdict"] == "incomplete"
    assert outputs_of(ordinary(), 1)["verdict"] == "failed"


def test_a_scan_that_nobody_judged_is_incomplete() -> None:
    told = outputs_of(msgspec.structs.replace(clean(), judgement=None), 0)
    assert (told["verdict"], told["decision-digest"]) == ("incomplete", "")


def test_without_a_scan_no_code_says_passed() -> None:
    assert outputs_without_scan(0) == {"verdict": "incomplete", "exit-code": "3"}
    assert outputs_without_scan(130)["exit-code"] == "130"


def test_the_oldest_advisories_count() -> None:
    states = [
        AdvisoryState(name=name, records=1, as_of=at) for name, at in (("Go", "2026-01-05"), ("PyPI", "2026-01-02"))
    ]
    scan = msgspec.structs.replace(clean(), advisories=(*states, AdvisoryState(name="npm", records=1)))
    assert outputs_of(scan, 0)["advisories-as-of"] == "2026-01-02"


def test_only_files_that_are_there_are_told(tmp_path: Path) -> None:
    assert outputs_of_files(tmp_path) == {"report-folder": str(tmp_path)}
    (tmp_path / FILES["html"]).touch()
    assert outputs_of_files(tmp_path)["html-file"] == str(tmp_path / "secscan.html")
