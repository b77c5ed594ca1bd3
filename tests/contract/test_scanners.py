"""What every scanner promises, held against its recorded real output."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from secscan.correlate.merge import merge
from secscan.findings.defects import DEFECTS
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Report, Scanner
from secscan.scanners.registry import all_scanners
from tests.recorded.cases import Case, cases_of

SCANNERS = all_scanners()


def every_case() -> Iterator[Any]:
    for name, scanner in SCANNERS.items():
        for case in cases_of(scanner):
            yield pytest.param(scanner, case, id=f"{name}-{case.name}")


@pytest.fixture(params=SCANNERS.values(), ids=list(SCANNERS))
def scanner(request: pytest.FixtureRequest) -> Scanner[Any]:
    return request.param


def test_there_are_the_scanners_we_ship() -> None:
    assert {"bandit", "pip-audit", "semgrep"} <= set(SCANNERS)


def test_every_scanner_has_recorded_output(scanner: Scanner[Any]) -> None:
    assert cases_of(scanner)


def test_what_it_is_and_needs_is_declared(scanner: Scanner[Any]) -> None:
    assert scanner.name
    assert scanner.title
    assert scanner.kinds
    # A scanner of our own needs nothing; who needs a program says how to get it.
    assert bool(scanner.needs.programs) == bool(scanner.install_hint)


@pytest.mark.parametrize(("scanner", "case"), list(every_case()))
def test_recorded_output_is_understood(scanner: Scanner[Any], case: Case) -> None:
    report = scanner.parse(case.ended, case.piece)
    assert {"findings": len(report.findings), "gaps": len(report.gaps), "control": report.control} == case.expect
    for finding in report.findings:
        assert finding.defect in DEFECTS
        assert finding.kind in scanner.kinds
        assert {source.scanner for source in finding.sources} == {scanner.name}
    assert {gap.scanner for gap in report.gaps} <= {scanner.name}


@pytest.mark.parametrize(("scanner", "case"), list(every_case()))
def test_the_control_is_not_among_the_findings(scanner: Scanner[Any], case: Case) -> None:
    text = msgspec.json.encode(scanner.parse(case.ended, case.piece).findings).decode()
    assert "secscan_control" not in text
    assert "secscan-control" not in text


@pytest.mark.parametrize(("scanner", "case"), list(every_case()))
def test_without_its_control_it_has_not_scanned(scanner: Scanner[Any], case: Case) -> None:
    """What the runner makes of that, `tests/unit/scanners/test_runner.py` shows: a failed run."""
    ended = case.ended
    files = {name: _without_control(data, name) for name, data in ended.files.items()}
    lost = replace(ended, stdout=_without_control(ended.stdout), files=files)
    assert scanner.parse(ended, case.piece).control
    assert lost != ended
    try:
        found = scanner.parse(lost, case.piece).control
    except MalformedOutput:
        found = False
    assert not found


_CONTROL = re.compile(r"secscan[._-]?control", re.IGNORECASE)
_TAKEN_BACK: dict[str, Any] = {"control": False, "proved": []}
"""How our own children say that it was found."""
_ITS_OWN: dict[str, Any] = {"matches": [], "Results": []}
"""What scanners of images say of the control, which has a report of its own."""


def _without_control(data: bytes, name: str = "") -> bytes:
    """What a tool said, without everything that is about the control."""
    try:
        document = json.loads(data)
    except ValueError:
        return data
    if isinstance(document, dict) and name == "control.json":
        document |= {member: nothing for member, nothing in _ITS_OWN.items() if member in document}
    if isinstance(document, dict) and "licences" in document:
        document["licences"][-1] = ""
    return json.dumps(_stripped(document)).encode()


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _stripped(one) for name, one in value.items() if not _CONTROL.search(name)}
        return kept | {name: nothing for name, nothing in _TAKEN_BACK.items() if name in value}
    if isinstance(value, list):
        return [_stripped(one) for one in value if not _CONTROL.search(json.dumps(one))]
    return value


@pytest.mark.parametrize(("scanner", "case"), list(every_case()))
def test_fingerprints_are_stable_and_unique(scanner: Scanner[Any], case: Case) -> None:
    def fingerprints(report: Report) -> list[str]:
        return [finding.fingerprint for finding in merge(report.findings)]

    first = fingerprints(scanner.parse(case.ended, case.piece))
    assert all(first)
    assert len(set(first)) == len(first)
    assert first == fingerprints(scanner.parse(case.ended, case.piece))


@pytest.mark.parametrize("damage", ["nothing", "half", "{}", "[]", "null", "twice", "killed", "stopped", "exit code"])
@pytest.mark.parametrize(("scanner", "case"), list(every_case()))
def test_damaged_output_is_malformed_and_never_empty(scanner: Scanner[Any], case: Case, damage: str) -> None:
    with pytest.raises(MalformedOutput):
        scanner.parse(_damaged(case.ended, damage), case.piece)


def _damaged(ended: Ended, damage: str) -> Ended:
    def content(data: bytes) -> bytes:
        if not data.lstrip().startswith(b"{"):
            return data
        return {
            "nothing": b"",
            "half": data[: len(data) // 2],
            "{}": b"{}",
            "[]": b"[]",
            "null": b"null",
            "twice": data + data,
        }.get(damage, data)

    return Ended(
        argv=ended.argv,
        exit_code={"killed": -9, "exit code": 97}.get(damage, ended.exit_code),
        stdout=content(ended.stdout),
        stderr=ended.stderr,
        seconds=0,
        peak_megabytes=0,
        stopped="time limit of 1 s" if damage == "stopped" else "",
        files={name: content(data) for name, data in ended.files.items()},
    )


def test_recorded_files_name_no_place_of_this_machine() -> None:
    folder = Path(__file__).resolve().parent.parent / "recorded"
    for path in folder.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert str(folder.parent.parent) not in text
        assert str(Path.home()) not in text or Path.home() == Path("/")
        json.loads(text)
