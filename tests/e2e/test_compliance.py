"""`secscan compliance` on real scans, and its page in a real browser."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.slow
def test_scans_become_a_report_in_every_format(secscan: Run, clean_tree: Path, tmp_path: Path) -> None:
    first = secscan("scan", clean_tree, "-o", "one")
    (clean_tree / "app.py").write_text("import subprocess\n\n\ndef go(x):\n    subprocess.run(x, shell=True)\n")
    secscan("scan", clean_tree, "-o", "two")
    scans = ["one/secscan.json", "two/secscan.json"]
    for path in scans:
        assert (first.folder / path).is_file()
    frameworks = ["--framework", "owasp-top-10-2025", "--framework", "nist-ssdf-1.1"]
    made = secscan("compliance", *scans, *frameworks, "-f", "json", "-o", "report.json")
    assert (made.code, made.stderr) == (0, "")
    report = json.loads((made.folder / "report.json").read_bytes())
    (subject,) = report["subjects"]
    assert len(subject["scans"]) == 2
    injection = next(one for one in report["frameworks"][0]["controls"] if one["id"] == "A05:2025")
    assert injection["status"] == "findings-open"
    (trend,) = [one for one in report["frameworks"][0]["subjects"][0]["trends"] if one["id"] == "A05:2025"]
    assert [point["open"] > 0 for point in trend["points"]] == [False, True]
    again = secscan("compliance", *reversed(scans), *frameworks, "-f", "json")
    assert json.loads(again.stdout)["frameworks"] == report["frameworks"]
    table = secscan("compliance", *scans, *frameworks, "-f", "csv")
    assert {row["control"] for row in csv.DictReader(table.stdout.splitlines())} >= {"A01:2025", "PW.7.2"}
    oscal = json.loads(secscan("compliance", *scans, *frameworks, "-f", "oscal").stdout)
    assert len(oscal["assessment-results"]["results"]) == 2


def test_what_cannot_be_done_is_said(secscan: Run, tmp_path: Path) -> None:
    nothing = secscan("compliance", "none.json", "--framework", "soc-2")
    assert (nothing.code, "cannot read none.json" in nothing.stderr) == (2, True)
    (tmp_path / "map.yaml").write_text("format: secscan.controls/1\nframework: x\n")
    (tmp_path / "empty").mkdir(exist_ok=True)
    scan = secscan("scan", tmp_path / "empty").folder / "secscan.json"
    unknown = secscan("compliance", scan, "--framework", "soc2")
    assert (unknown.code, "did you mean 'soc-2'?" in unknown.stderr) == (2, True)
    broken = secscan("compliance", scan, "--framework", tmp_path / "map.yaml")
    assert (broken.code, "map.yaml:1:1" in broken.stderr) == (2, True)
    format_ = secscan("compliance", scan, "--framework", "soc-2", "-f", "docx")
    assert (format_.code, "csv, html, json, oscal" in format_.stderr) == (2, True)


def test_the_page_loads_nothing_and_becomes_a_pdf(secscan: Run, clean_tree: Path, tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    folder = secscan("scan", clean_tree).folder
    html = secscan("compliance", "secscan.json", "--framework", "eu-cra", "-o", "report.html")
    ended = subprocess.run(
        [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--log-level=0", "--dump-dom"),
            (folder / "report.html").as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert html.code == 0
    assert "EU Cyber Resilience Act" in ended.stdout.decode()
    assert "CONSOLE" not in ended.stderr.decode("utf-8", "replace")
    made = secscan("compliance", "secscan.json", "--framework", "eu-cra", "-f", "pdf", "-o", "report.pdf")
    assert (made.code, made.stderr) == (0, "")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
