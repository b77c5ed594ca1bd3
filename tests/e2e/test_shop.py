"""The main job: the example shop, scanned by the installed program with the three real scanners."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Installed, Result, run_secscan
from tests.e2e.shop_planted import (
    CLEAN_PACKAGES,
    DECOYS,
    NOISY_DECOYS,
    PACKAGES,
    PLANTED,
    SHOP,
    Planted,
)


@pytest.fixture(scope="module")
def result(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """One scan for all tests of this file."""
    folder = tmp_path_factory.mktemp("empty")
    return run_secscan(installed, "scan", SHOP, "--advisories", "demo", cwd=folder)


@pytest.fixture(scope="module")
def findings(result: Result) -> list[dict]:
    return result.scan["findings"]


def first_line(finding: dict) -> int:
    return finding["location"]["region"]["start_line"]


def covers(finding: dict, planted: Planted) -> bool:
    """Whether the finding is about the statement in which the planted defect begins."""
    location = finding["location"]
    statement = location.get("statement") or location["region"]
    last = max(statement.get("end_line", 0), statement["start_line"])
    return location["path"] == planted.path and statement["start_line"] <= planted.line <= last


def at(findings: list[dict], planted: Planted) -> list[dict]:
    return [one for one in findings if one["defect"] == planted.defect and covers(one, planted)]


def name(planted: Planted) -> str:
    return f"{planted.path}:{planted.line} {planted.defect}"


def test_it_fails_the_gate_after_all_scanners_did_their_work(result: Result) -> None:
    assert (result.code, result.verdict) == (1, "failed"), result.stdout + result.stderr
    for scanner in ("bandit", "semgrep", "pip-audit"):
        run = result.scanner(scanner)
        assert (run["status"], run["control"]) == ("completed", True)
        assert run["looked_at"] == run["selected"] > 0
    assert not result.scan["gaps"]


@pytest.mark.parametrize("planted", PLANTED, ids=name)
def test_every_planted_defect_is_found_once(findings: list[dict], planted: Planted) -> None:
    found = at(findings, planted)
    assert len(found) == 1, [(one["defect"], one["location"]["path"], first_line(one)) for one in found]


@pytest.mark.parametrize("decoy", DECOYS, ids=name)
def test_no_rule_of_ours_reports_a_decoy(findings: list[dict], decoy: Planted) -> None:
    found = at(findings, decoy)
    scanners = {source["scanner"] for one in found for source in one["sources"] if not source.get("note")}
    assert scanners <= ({"bandit"} if decoy in NOISY_DECOYS else set())


def test_nothing_serious_is_found_beside_what_was_planted(result: Result, findings: list[dict]) -> None:
    blocked = {one["fingerprint"] for one in result.scan["judgement"]["decisions"] if one["action"] == "block"}
    beside = [
        (one["location"]["path"], first_line(one), one["defect"])
        for one in findings
        if one["kind"] == "sast"
        and one["fingerprint"] in blocked
        and not any(one["defect"] == planted.defect and covers(one, planted) for planted in (*PLANTED, *NOISY_DECOYS))
    ]
    assert not beside


def test_vulnerable_packages_are_found_and_no_other(findings: list[dict]) -> None:
    packages = {one["package"]["name"].lower() for one in findings if one.get("package")}
    assert packages == set(PACKAGES)
    assert not packages & set(CLEAN_PACKAGES)


def test_an_advisory_is_one_finding_per_package(findings: list[dict]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in findings:
        if one.get("package"):
            keys = {
                (one["package"]["purl"], identifier) for identifier in one["identifiers"] if "CWE" not in identifier
            }
            assert not keys & seen
            seen |= keys


def test_markers_hide_nothing(findings: list[dict]) -> None:
    for tool, anchor in (("bandit", "# nosec B602"), ("semgrep", "# nosemgrep")):
        (planted,) = (one for one in PLANTED if one.anchor == anchor)
        (found,) = at(findings, planted)
        assert tool in {marker["tool"] for marker in found["markers"]}


def test_files_that_would_silence_a_scanner_are_told_of(result: Result) -> None:
    assert {".bandit", ".semgrepignore"} <= {notice["subject"] for notice in result.scan["notices"]}


def test_no_report_holds_a_secret_of_the_example(result: Result) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SHOP.rglob("*.py")))
    named = re.findall(r'(?:SECRET_KEY|PROVIDER_API_KEY|SMTP_PASSWORD) = "([^"]+)"', source)
    secrets = [*named, *re.findall(r'WAREHOUSE_DSN = "[^:]+://[^:]+:([^@]+)@', source)]
    assert len(secrets) >= 4
    for report in ("secscan.json", "secscan.sarif", "secscan.html"):
        text = (result.folder / report).read_text(encoding="utf-8")
        assert not [secret for secret in secrets if secret in text]
    assert not [secret for secret in secrets if secret in result.stdout + result.stderr]


def test_the_three_reports_are_written_and_named(result: Result) -> None:
    for report in ("secscan.json", "secscan.sarif", "secscan.html"):
        assert (result.folder / report).stat().st_size > 10_000
        assert report in result.stderr


def test_the_terminal_says_what_and_where_within_80_columns(result: Result) -> None:
    assert "FAILED" in result.stdout.splitlines()[0]
    assert "admin.py:27:15 in ping" in result.stdout
    assert not [line for line in result.stdout.splitlines() if len(line) > 80 and " " in line.strip()]


def test_the_example_lies_where_the_readme_says(project: Path) -> None:
    assert project / "examples" / "shop" == SHOP
