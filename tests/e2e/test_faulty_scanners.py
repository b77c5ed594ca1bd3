"""A scanner that says nothing, half, or a lie never makes the gate pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.faulty_scanners import FAULTS

SCANNERS = ("bandit", "semgrep", "pip-audit")

FAULTY = [
    pytest.param(scanner, fault, id=f"{scanner} {fault}", marks=[] if quick else pytest.mark.slow)
    for row, fault in enumerate(FAULTS)
    for column, scanner in enumerate(SCANNERS)
    for quick in [row % len(SCANNERS) == column and fault != "sleeps for ever"]
]
"""Each fault of each scanner; every scanner and, but for one, every fault is among the quick ones."""


@pytest.mark.parametrize(("scanner", "fault"), FAULTY)
def test_a_clean_tree_is_incomplete(secscan, shims, clean_tree: Path, scanner: str, fault: str) -> None:
    result = secscan("scan", clean_tree, "--advisories", "demo", "--timeout", "4", env=shims(scanner, FAULTS[fault]))
    assert (result.code, result.verdict) == (3, "incomplete"), result.stdout + result.stderr
    run = result.scanner(scanner)
    assert run["status"] == "failed"
    assert run["reason"]
    assert scanner in result.stdout
    for other in set(SCANNERS) - {scanner}:
        if fault != "sleeps for ever":  # 4 s may be too short for a busy machine
            assert result.scanner(other)["status"] == "completed"
    assert all((result.folder / name).stat().st_size for name in ("secscan.json", "secscan.sarif", "secscan.html"))


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_the_example_still_fails_and_names_the_gap(secscan, shims, project: Path, fault: str) -> None:
    timeout = ("--timeout", "20") if fault == "sleeps for ever" else ()
    shop = project / "examples" / "shop"
    result = secscan("scan", shop, "--advisories", "demo", *timeout, env=shims("bandit", FAULTS[fault]))
    assert (result.code, result.verdict) == (1, "failed")
    reasons = result.scan["judgement"]["reasons"]
    assert {"failed", "incomplete"} == {reason["verdict"] for reason in reasons}
    assert any(reason["subject"] == "bandit" for reason in reasons)


def test_a_clean_tree_with_healthy_scanners_passes(secscan, clean_tree: Path) -> None:
    result = secscan("scan", clean_tree, "--advisories", "demo")
    assert (result.code, result.verdict) == (0, "passed"), result.stdout + result.stderr
    ran = [run for run in result.scan["scanners"] if run["status"] != "skipped"]
    assert {run["scanner"] for run in ran} >= {"bandit", "osv", "pip-audit", "secrets", "semgrep"}
    assert all(run["status"] == "completed" and run["control"] for run in ran)
