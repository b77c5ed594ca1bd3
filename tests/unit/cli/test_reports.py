"""Which reports are written, where, and what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.attest.terms import saved
from secscan.cli.app import run
from secscan.cli.deliver import REPORTS, deliver, report_files
from secscan.errors import UsageError
from secscan.findings.scan import dumps
from secscan.gate.weakening import Terms
from secscan.policy.load import load_policy
from secscan.reports.contract import FORMATS, load_format
from tests.support.scans import HOUSE_POLICY, clean, ordinary

TERMS = saved(Terms(load_policy(str(HOUSE_POLICY), scanners=[]), (), None))


def test_reports_of_the_command_line_are_added_to_the_usual_ones() -> None:
    assert report_files(REPORTS, ["junit", "gitlab-sast=gl.json"]) == {
        **REPORTS,
        "junit": "secscan.junit.xml",
        "gitlab-sast": "gl.json",
    }


def test_the_command_line_names_the_file_else_the_settings_do() -> None:
    assert report_files({"csv": "a.csv"}, ["csv"]) == {"csv": "a.csv"}
    assert report_files({"csv": "a.csv"}, ["csv=b.csv"]) == {"csv": "b.csv"}
    assert report_files({"csv": ""}) == {}
    assert report_files({"csv": ""}, ["csv"]) == {"csv": "secscan.csv"}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("pdf", "there is no report format 'pdf'"),
        ("csv=", "--report csv= names no file"),
        ("csv=./secscan.json", "the report json and the report csv have the same file"),
        ("csv=../g8/secscan.json", "the report json and the report csv have the same file"),
        ("csv=x/../secscan.json", "the report json and the report csv have the same file"),
        ("badge=secscan.terms.json", "the report badge and what the saved scan was judged by have the same file"),
        ("json=.", "the report json has no file but a folder"),
        ("csv=x/..", "the report csv has no file but a folder"),
    ],
)
def test_what_cannot_be_is_refused(wanted: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        report_files(REPORTS, [wanted], tmp_path / "g8")


def test_a_file_in_another_folder_or_without_a_saved_scan_is_free(tmp_path: Path) -> None:
    for files, wanted in ((REPORTS, "csv=../secscan.json"), ({"json": ""}, "badge=secscan.terms.json")):
        assert len(report_files(files, [wanted], tmp_path / "g8")) == len([name for name in files.values() if name]) + 1


def test_a_link_to_the_folder_hides_no_collision(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to("out")
    with pytest.raises(UsageError, match="the report html and the report csv"):
        report_files(REPORTS, [f"csv={tmp_path / 'link' / 'secscan.html'}"], tmp_path / "out")


@pytest.mark.parametrize("option", ["--report=pdf", "--format=pdf"])
def test_an_unknown_format_ends_a_scan_before_it_begins(option: str, tmp_path: Path, capsys) -> None:
    assert run(["scan", str(tmp_path), "-o", str(tmp_path / "out"), option]) == 2
    assert "there is no report format 'pdf'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_with_a_format_standard_output_holds_that_report_only(tmp_path: Path, capfdbinary) -> None:
    assert deliver(ordinary(), TERMS, tmp_path, {"csv": "x/a.csv"}, quiet=False, format_name="jsonl") == 1
    told = capfdbinary.readouterr()
    assert told.out == load_format("jsonl").render(ordinary())
    assert told.err.splitlines()[1].startswith(b" FAILED ")
    assert b"a.csv" in told.err
    assert (tmp_path / "x" / "a.csv").read_bytes() == load_format("csv").render(ordinary())


def test_a_quiet_scan_with_a_format_says_nothing_else(tmp_path: Path, capfdbinary) -> None:
    assert deliver(clean(), TERMS, tmp_path, {}, quiet=True, format_name="badge") == 0
    assert capfdbinary.readouterr() == (load_format("badge").render(clean()), b"")


@pytest.mark.parametrize("name", FORMATS)
def test_a_saved_scan_is_shown_in_every_format(name: str, tmp_path: Path, capfdbinary) -> None:
    saved = tmp_path / "secscan.json"
    saved.write_bytes(dumps(ordinary()))
    assert run(["report", str(saved), "-f", name, "-o", str(tmp_path / "made")]) == 0
    assert (tmp_path / "made").read_bytes() == load_format(name).render(ordinary())
    if name != "terminal":
        assert run(["report", str(saved), "-f", name]) == 0
        assert capfdbinary.readouterr() == (load_format(name).render(ordinary()), b"")


def test_a_judgement_writes_reports_where_it_is_told_to(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secscan.json").write_bytes(dumps(clean()))
    run(["gate", "secscan.json", "--report", "junit=out/j.xml"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "secscan.json"]
    run(["gate", "secscan.json", "-o", "all", "--report", "csv"])
    assert {path.name for path in Path("all").iterdir()} == {*REPORTS.values(), "secscan.terms.json", "secscan.csv"}


def test_the_formats_are_listed_with_their_files(capsys) -> None:
    assert run(["report", "--formats"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert max(map(len, told)) <= 80
    lines = [line for line in told if not line.startswith(" ")]
    assert [line.split()[:2] for line in lines] == [[name, load_format(name).file] for name in FORMATS]


def test_a_failed_scan_stays_failed_where_a_report_cannot_be_written(tmp_path: Path, capsys) -> None:
    (tmp_path / "taken").write_text("a file, where a folder would have to be")
    for scan, code in ((ordinary(), 1), (clean(), 3)):
        assert deliver(scan, TERMS, tmp_path, {"csv": "taken/a.csv"}, quiet=True) == code
        assert "taken" in capsys.readouterr().err
