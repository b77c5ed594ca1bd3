"""bandit and semgrep themselves quote what they find. After the scrubber nothing of it is left."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Location, Region
from secscan.process import find_program
from secscan.scanners import bandit, semgrep
from secscan.scanners.contract import Scanner, Setup
from secscan.scanners.enrich import enrich
from secscan.targets.contract import Target
from tests.support.canaries import CANARIES, SOURCE
from tests.support.scrub import scrub_all
from tests.support.targets import folder_target


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return folder_target(tmp_path / "tree", {"shop.py": SOURCE})


def run_tool(scanner: Scanner[Any], target: Target) -> tuple[tuple[Finding, ...], bytes]:
    """What our adapter makes of the real tool's report, and the report itself."""
    program = find_program(scanner.name)
    assert program is not None
    setup = Setup(target=target, programs={scanner.name: program}, place=lambda path: target.root / path)
    (piece,) = scanner.plan(setup).pieces
    ended = scanner.run(piece, setup)
    report = ended.files.get("report.json") or ended.stdout
    return enrich(scanner.parse(ended, piece).findings, target), report


def every_text(value: Any) -> Iterator[str]:
    """All texts in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from every_text(one)


def quoting(text: str) -> Finding:
    """A finding of another kind elsewhere that quotes the text, as a message, a snippet and a note may."""
    return Finding(
        kind=Kind.SAST,
        defect="other",
        title=text,
        message=text,
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        location=Location(path="other.py", region=Region(start_line=1), snippet=text),
        sources=(),
        notes=(text,),
    )


def shown(texts: list[str]) -> set[str]:
    """Names of the canaries of which the texts hold two thirds."""
    everything = "\n".join(texts)
    found = set()
    for name, value in CANARIES.items():
        size = math.ceil(len(value) * 2 / 3)
        if any(value[start : start + size] in everything for start in range(len(value) - size + 1)):
            found.add(name)
    return found


def test_no_canary_survives(target: Target) -> None:
    ours, reports = [], []
    for scanner in (bandit.SCANNER, semgrep.SCANNER):
        findings, report = run_tool(scanner, target)
        assert findings
        ours += findings
        reports += every_text(json.loads(report))
    raw = [quoting(text) for text in dict.fromkeys(reports) if len(text) < 20_000]

    before = list(every_text(msgspec.to_builtins([*ours, *raw])))
    assert len(shown(before)) >= 12, "the tools quote most of them, or this test proves nothing"

    clean, _, _ = scrub_all([*ours, *raw], [], [], target.read)
    assert shown(list(every_text(msgspec.to_builtins(clean)))) == set()


def test_what_is_no_secret_stays_readable(target: Target) -> None:
    findings, _ = run_tool(bandit.SCANNER, target)
    clean, _, _ = scrub_all(findings, [], [], target.read)
    shell = next(one for one in clean if one.sources[0].rule == "B602")
    assert "subprocess.call(name, shell=True)" in shell.location.snippet
    password = next(one for one in clean if one.location.snippet.startswith("smtp_password"))
    assert password.location.snippet == 'smtp_password = "[masked password, 18 characters]"'
    assert password.message == "Possible hardcoded password: '[masked password, 18 characters]'"
