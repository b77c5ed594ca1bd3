"""The tab about compliance."""

from __future__ import annotations

import msgspec

from secscan.compliance.load import shipped_frameworks
from secscan.findings.levels import Kind
from secscan.reports.html.compliance import SHOWN, build_compliance
from secscan.reports.present import Presentation
from tests.support.scans import TAINTED, clean, ordinary, run, scan_of


def tab(scan) -> dict:
    return build_compliance(Presentation(scan))


def controls(scan, framework: str = "OWASP Top 10 2025") -> list[dict]:
    return next(one["rows"] for one in tab(scan)["frameworks"] if one["title"] == framework)


def test_the_frameworks_are_shipped_ones_and_each_says_how_to_get_the_whole() -> None:
    assert set(SHOWN) < set(shipped_frameworks())
    assert [one["command"].split()[4] for one in tab(clean())["frameworks"]] == list(SHOWN)


def test_controls_with_open_findings_come_first_and_lead_to_them() -> None:
    rows = controls(ordinary())
    orders = [one["order"] for one in rows]
    assert orders == sorted(orders)
    assert (rows[0]["status"], rows[0]["open"]) == ("findings-open", 2)
    assert [one["link"] for one in rows[0]["found"]] == ["#id=aaaa0003", "#id=aaaa0004"]


def test_few_findings_of_a_control_are_named_and_all_are_counted() -> None:
    many = [msgspec.structs.replace(TAINTED, fingerprint=f"aaaa{at:04}") for at in range(12)]
    first = controls(scan_of(*many))[0]
    assert (first["id"], first["open"], len(first["found"]), first["more"]) == ("A05:2025", 12, 5, 7)


def test_what_was_not_looked_at_is_said_and_what_is_left_for_a_person() -> None:
    rows = {one["id"]: one for one in controls(scan_of(scanners=(run("bandit", kinds=(Kind.SAST,)),)))}
    assert rows["A03:2025"]["status"] == "not-evaluated"
    assert any("no scanner that looks for dependency" in text for text in rows["A03:2025"]["doubts"])
    assert any(text.startswith("For a person: ") for text in rows["A03:2025"]["remarks"])
    assert "There are rules for 7 of its 37 CWE ids" in rows["A05:2025"]["remarks"]


def test_the_counts_are_those_of_all_controls() -> None:
    for framework in tab(ordinary())["frameworks"]:
        counted = {one["status"]: int(one["text"].rpartition(" ")[2]) for one in framework["counts"]}
        assert sum(counted.values()) == len(framework["rows"])
        assert counted["findings-open"] == sum(one["open"] > 0 for one in framework["rows"])
