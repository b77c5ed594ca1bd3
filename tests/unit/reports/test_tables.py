"""CSV, JSON Lines, metrics and the badge: each as the program reads it that it is for."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from secscan.findings.judgement import Judgement
from secscan.findings.levels import RunStatus, Severity, Verdict
from secscan.findings.scan import AdvisoryState
from secscan.reports import badge, csv, jsonl, prometheus
from tests.support.hostile_scans import hostile
from tests.support.report_readers import csv_rows, json_lines, metrics_of, xml_of
from tests.support.scans import (
    TAINTED,
    clean,
    compared,
    ordinary,
    run,
    scan_of,
    spread,
)


def labels(**given: str) -> frozenset[tuple[str, str]]:
    return frozenset({"target": "shop", **given}.items())


class TestCsv:
    """The table for spreadsheets."""

    def test_nothing_vanishes(self) -> None:
        rows = csv_rows(csv.FORMAT.render(ordinary()))
        kinds = [row["row"] for row in rows]
        assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == {
            "verdict": 1,
            "reason": 2,
            "finding": 5,
            "gap": 2,
            "scanner": 3,
        }
        assert tuple(rows[0]) == csv.COLUMNS

    def test_a_row_holds_the_decision_and_its_waiver(self) -> None:
        (row,) = [row for row in csv_rows(csv.FORMAT.render(compared())) if row["package"]]
        assert (row["action"], row["waiver"], row["rule"]) == ("accept", "flask", "vulnerable-and-fixable")
        assert (row["new"], row["first_seen"], row["cvss"]) == ("no", "2026-01-02T00:00:00+00:00", "7.5")
        assert row["fingerprint"] == "aaaa0003"

    def test_every_place_is_a_row(self) -> None:
        rows = csv_rows(csv.FORMAT.render(spread()))
        assert [row["row"] for row in rows if row["fingerprint"]].count("place") == 7
        assert len({row["fingerprint"] for row in rows} - {""}) == 9

    def test_formulas_and_line_breaks_stay_in_their_cell(self) -> None:
        rows = csv_rows(csv.FORMAT.render(hostile('=cmd|"/c calc"!A1\n;@x')))
        assert [row["title"] for row in rows if row["row"] == "finding"] == ["'=cmd|\"/c calc\"!A1 ;'@x"] * 2

    def test_a_cell_is_cut_where_a_spreadsheet_would_begin_another(self) -> None:
        long = msgspec.structs.replace(TAINTED, message="x" * 32_764 + "yyy=1+1")
        (row,) = [row for row in csv_rows(csv.FORMAT.render(scan_of(long))) if row["row"] == "finding"]
        assert row["message"] == "x" * 32_764 + "..."


class TestJsonLines:
    """The lines for log pipelines."""

    def test_each_line_can_be_understood_alone(self) -> None:
        records = json_lines(jsonl.FORMAT.render(ordinary()))
        assert records[0]["type"] == "scan"
        for record in records:
            assert (record["tool"], record["verdict"], record["policy"]) == ("secscan", "failed", "house")
            assert record["target"]["name"] == "shop"
            assert record["time"] == "2026-01-31T12:00:00Z"

    def test_nothing_vanishes(self) -> None:
        kinds = [record["type"] for record in json_lines(jsonl.FORMAT.render(ordinary()))]
        assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == {
            "scan": 1,
            "reason": 5,
            "finding": 5,
            "gap": 2,
            "scanner": 3,
            "notice": 1,
        }
        assert "waiver" in [record["type"] for record in json_lines(jsonl.FORMAT.render(compared()))]

    def test_a_finding_is_the_model_with_its_decision(self) -> None:
        record = next(one for one in json_lines(jsonl.FORMAT.render(scan_of(TAINTED))) if one["type"] == "finding")
        assert record["finding"] == json.loads(msgspec.json.encode(msgspec.structs.replace(TAINTED, trace=())))
        assert record["decision"]["action"] == "block"

    def test_only_web_addresses_stay_addresses(self) -> None:
        urls = ("javascript:alert(1)", "https://example.com/B608")
        sources = tuple(msgspec.structs.replace(TAINTED.sources[0], url=url) for url in urls)
        records = json_lines(jsonl.FORMAT.render(scan_of(msgspec.structs.replace(TAINTED, sources=sources))))
        (found,) = [one["finding"] for one in records if one["type"] == "finding"]
        assert [one.get("url") for one in found["sources"]] == [None, "https://example.com/B608"]

    def test_every_place_is_a_line(self) -> None:
        found = [one for one in json_lines(jsonl.FORMAT.render(spread())) if one["type"] == "finding"]
        assert len({one["finding"]["fingerprint"] for one in found}) == len(found) == 9
        assert all(one["finding"]["fingerprint"] == one["decision"]["fingerprint"] for one in found)

    def test_a_scan_without_a_clock_or_judgement_is_incomplete(self) -> None:
        (first, *_) = json_lines(jsonl.FORMAT.render(msgspec.structs.replace(clean(), run=None, judgement=None)))
        assert (first["verdict"], first["time"], first["run"]) == ("incomplete", "", {})


class TestPrometheus:
    """The metrics."""

    def test_the_verdict_is_one_of_three(self) -> None:
        for scan, verdict in ((ordinary(), "failed"), (clean(), "passed")):
            told = metrics_of(prometheus.FORMAT.render(scan))["secscan_verdict"]
            assert told == {labels(verdict=one.value): float(one == verdict) for one in Verdict}

    def test_findings_are_counted_and_what_was_looked_for_in_vain_is_0(self) -> None:
        found = metrics_of(prometheus.FORMAT.render(ordinary()))["secscan_findings"]
        assert found[labels(kind="sast", severity="critical", action="block")] == 1
        # pip-audit failed: what it found is told, and nothing is said to be 0.
        assert found[labels(kind="dependency", severity="unknown", action="warn")] == 1
        assert all(count for one, count in found.items() if ("kind", "dependency") in one)
        assert found[labels(kind="sast", severity="medium", action="block")] == 0
        assert sum(found.values()) == 5
        assert not [one for one in found if ("kind", "secret") in one]

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": RunStatus.FAILED, "reason": "killed"},
            {"status": RunStatus.SKIPPED, "reason": "off"},
            {"status": RunStatus.SKIPPED, "idle": True, "selected": 0, "looked_at": 0},
            {"control": False},
        ],
    )
    def test_what_nobody_looked_for_to_the_end_is_not_0(self, changes: dict[str, Any]) -> None:
        runs = (run("bandit"), run("semgrep"), run("pip-audit", **changes))
        found = metrics_of(prometheus.FORMAT.render(scan_of(scanners=runs)))["secscan_findings"]
        assert {dict(one)["kind"] for one in found} == {"sast"}

    def test_one_scanner_that_failed_takes_the_0_of_its_kind_and_one_without_work_does_not(self) -> None:
        for status, idle, told in ((RunStatus.FAILED, False, False), (RunStatus.SKIPPED, True, True)):
            other = run("semgrep", status=status, idle=idle, selected=0, looked_at=0, control=False)
            scan = scan_of(scanners=(run("bandit"), other, run("pip-audit")))
            found = metrics_of(prometheus.FORMAT.render(scan))["secscan_findings"]
            assert ({"sast"} <= {dict(one)["kind"] for one in found}) is told

    def test_scanners_and_gaps_are_told(self) -> None:
        told = metrics_of(prometheus.FORMAT.render(ordinary()))
        assert told["secscan_scanner_completed"] == {
            labels(scanner="bandit"): 1,
            labels(scanner="pip-audit"): 0,
            labels(scanner="semgrep"): 1,
        }
        assert told["secscan_scanner_looked_at"][labels(scanner="bandit")] == 3
        assert told["secscan_gaps"][labels(scanner="bandit", kind="unparsable")] == 1
        assert told["secscan_doubts"][labels()] == 2

    def test_a_scanner_that_ran_twice_is_one_series_and_completed_only_where_both_did(self) -> None:
        runs = (run("bandit"), run("bandit", status=RunStatus.FAILED, reason="x"), run("semgrep"), run("pip-audit"))
        told = metrics_of(prometheus.FORMAT.render(scan_of(scanners=runs)))
        assert told["secscan_scanner_completed"][labels(scanner="bandit")] == 0
        assert told["secscan_scanner_selected"][labels(scanner="bandit")] == 8

    def test_times_are_unix_times(self) -> None:
        state = AdvisoryState(name="PyPI", records=1, as_of="2026-01-30T00:00:00Z")
        odd = AdvisoryState(name="npm", records=1, as_of="yesterday")
        told = metrics_of(prometheus.FORMAT.render(scan_of(advisories=(state, odd))))
        assert told["secscan_scan_started_timestamp_seconds"] == {labels(): 1769860740}
        assert told["secscan_scan_judged_timestamp_seconds"] == {labels(): 1769860800}
        assert told["secscan_advisories_timestamp_seconds"] == {labels(name="PyPI"): 1769731200}
        assert told["secscan_scan_duration_seconds"] == {labels(): 2.5}

    def test_what_is_new_is_told_where_there_is_a_baseline(self) -> None:
        assert metrics_of(prometheus.FORMAT.render(compared()))["secscan_new_findings"] == {
            labels(action="block"): 1,
            labels(action="warn"): 1,
            labels(action="accept"): 0,
        }
        assert "secscan_new_findings" not in metrics_of(prometheus.FORMAT.render(ordinary()))


class TestBadge:
    """The picture."""

    def said(self, scan) -> tuple[str, str]:
        root = xml_of(badge.FORMAT.render(scan))
        texts = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]
        title = root.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text == root.get("aria-label")
        assert root.get("role") == "img"
        assert texts[0] == "secscan"
        return texts[1], title.text or ""

    def test_it_says_the_verdict(self) -> None:
        assert self.said(clean()) == (
            "passed",
            "secscan: passed: nothing blocks, and everything that had to be looked at was",
        )
        assert self.said(ordinary())[0] == "failed (3)"
        assert self.said(msgspec.structs.replace(clean(), judgement=None))[0] == "incomplete"

    def test_it_needs_nothing_from_elsewhere(self) -> None:
        data = badge.FORMAT.render(ordinary()).decode()
        assert "href" not in data
        assert "url(" not in data
        assert data.count("http") == data.count('xmlns="http://www.w3.org/2000/svg"') == 1

    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_its_text_stands_out_from_its_colour(self, verdict: Verdict) -> None:
        judgement = Judgement(policy="x", policy_digest="", verdict=verdict)
        root = xml_of(badge.FORMAT.render(msgspec.structs.replace(clean(), judgement=judgement)))
        fills = [one.get("fill") or "" for one in root.iter("{http://www.w3.org/2000/svg}rect")]
        assert all(1.05 / (luminance(fill) + 0.05) >= 4.5 for fill in fills)

    def test_the_boxes_hold_the_words(self) -> None:
        many = [msgspec.structs.replace(TAINTED, fingerprint=f"f{at}", severity=Severity.HIGH) for at in range(1_000)]
        root = xml_of(badge.FORMAT.render(scan_of(*many)))
        boxes = [int(one.get("width") or 0) for one in root.iter("{http://www.w3.org/2000/svg}rect")]
        words = [int(one.get("textLength") or 0) for one in root.iter("{http://www.w3.org/2000/svg}text")]
        assert [box - 14 for box in boxes] == words
        assert sum(boxes) == int(root.get("width") or 0)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of #rgb or #rrggbb."""
    digits = "".join(char * 2 for char in colour[1:]) if len(colour) == 4 else colour[1:]
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
