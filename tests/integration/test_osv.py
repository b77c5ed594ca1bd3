"""The osv adapter with its real child process, alone and beside the real pip-audit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from secscan.cli.app import run
from secscan.correlate.merge import merge
from secscan.errors import ExitCode
from secscan.findings.levels import GapKind, RunStatus, Severity
from secscan.findings.scan import load
from secscan.process import Limits
from secscan.scanners import osv as adapter
from secscan.scanners.contract import Setup
from secscan.scanners.registry import all_scanners
from secscan.scanners.runner import Outcome, run_scanners
from tests.support.osv_records import index_of, osv
from tests.support.targets import folder_target

CVE = osv(
    "PYSEC-1",
    aliases=["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"],
    severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return index_of(tmp_path / "index.sqlite", CVE, osv("GHSA-aaaa-bbbb-cccc", aliases=["CVE-2026-1"]))


@pytest.fixture
def look(tmp_path: Path, index: Path) -> Callable[..., dict[str, Outcome]]:
    def look_at(text: str, *names: str, seconds: float = 60) -> dict[str, Outcome]:
        target = folder_target(tmp_path / "project", {"requirements.txt": text})
        setup = Setup(target=target, advisories=index, limits=Limits(seconds=seconds), place=target.root.joinpath)
        scanners = {name: all_scanners()[name] for name in names or ("osv",)}
        return dict(zip(scanners, run_scanners(scanners, setup), strict=True))

    return look_at


def test_a_vulnerable_pin_is_found_and_a_clean_one_is_clean_because_the_controls_were(look) -> None:
    outcome = look("# head\nFlask==1.0\njinja2==3.1\n")["osv"]
    assert (outcome.run.status, outcome.run.control) == (RunStatus.COMPLETED, True)
    assert (outcome.run.selected, outcome.run.looked_at) == (2, 2)
    assert outcome.packages == {"PyPI:flask@1.0", "PyPI:jinja2@3.1"}
    (finding,) = outcome.findings
    assert (finding.place, finding.severity) == ("requirements.txt:2", Severity.CRITICAL)
    assert finding.identifiers == ("CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-1")


def test_with_pip_audit_it_is_one_finding_of_both(look) -> None:
    outcomes = look("Flask==1.0\n", "osv", "pip-audit")
    assert {outcome.run.status for outcome in outcomes.values()} == {RunStatus.COMPLETED}
    (finding,) = merge([finding for outcome in outcomes.values() for finding in outcome.findings])
    assert {source.scanner for source in finding.sources} == {"osv", "pip-audit"}
    assert not [notice for outcome in outcomes.values() for notice in outcome.notices]


@pytest.mark.parametrize("damage", ["no rules", "no record", "another package"])
def test_an_index_that_has_lost_its_data_since_the_plan_never_makes_it_clean(
    look, index: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """The damage comes after the index was looked over: what the child process reads is what counts."""
    real = adapter.run

    def after_damage(*args, **kwargs):
        statement = {
            "no rules": "DELETE FROM affected",
            "no record": "DELETE FROM record",
            "another package": "UPDATE affected SET package = package || 'x'",
        }[damage]
        with sqlite3.connect(index) as database:
            database.execute(statement)
        database.close()
        return real(*args, **kwargs)

    monkeypatch.setattr(adapter, "run", after_damage)
    outcome = look("flask==2.0\n")["osv"]
    assert outcome.run.status is RunStatus.FAILED
    assert outcome.run.reason


def test_a_child_that_takes_too_long_did_not_look(look) -> None:
    outcome = look("flask==2.0\n", seconds=0.01)["osv"]
    assert outcome.run.status is RunStatus.FAILED
    assert "time limit" in outcome.run.reason


@pytest.mark.parametrize(("days", "code"), [(0, ExitCode.PASSED), (30, ExitCode.PASSED), (29, ExitCode.INCOMPLETE)])
def test_the_saved_scan_tells_how_old_the_advisories_were(
    tmp_path: Path, index: Path, days: int, code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    index_of(index, osv(modified="2025-12-31T00:00:00Z"))
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "requirements.txt").write_text("flask==2.0\n")
    age = f"max_advisory_age: {days}\n" if days else ""
    (tmp_path / "policy.yaml").write_text(
        f"format: secscan.policy/1\nname: p\n{age}rules:\n  - {{id: rest, action: block, reason: r}}\n"
    )
    options = {"--policy": tmp_path / "policy.yaml", "--output": tmp_path / "out", "--advisories": index}
    given = [str(one) for pair in options.items() for one in pair]
    moment = "2026-01-30T00:00:00Z"
    assert run(["scan", str(tmp_path / "project"), "-s", "osv", "--at", moment, *given]) == code
    scan = load(tmp_path / "out" / "secscan.json")
    assert [(one.name, one.as_of) for one in scan.advisories] == [("PyPI", "2025-12-31T00:00:00Z")]
    assert ("30 days old" in capsys.readouterr().out) is (code is ExitCode.INCOMPLETE)


def test_hostile_names_and_versions_are_data(look) -> None:
    text = "flask==1.0\n" + "".join(f"x{at}==={'9' * at}\n" for at in (1, 50, 250, 400))
    outcome = look(text)["osv"]
    assert outcome.run.status is RunStatus.COMPLETED
    assert outcome.run.looked_at + len([gap for gap in outcome.gaps if gap.kind is GapKind.NOT_ASSESSED]) == 5
    assert len(outcome.findings) == 1
