"""Pages become PDF by a program that is there; without one, or with one that fails, the error says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.cli.pdf import pdf
from secscan.errors import ReportError


def program(folder: Path, name: str, code: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{code}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder, here = tmp_path / "bin", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    monkeypatch.setenv("PATH", f"{folder}")
    monkeypatch.chdir(here)
    return folder


def test_without_a_program_the_error_says_what_to_install(programs: Path) -> None:
    with pytest.raises(ReportError) as caught:
        pdf(b"<p>")
    assert "Chromium" in caught.value.hint


@pytest.mark.parametrize("name", ["chromium", "google-chrome", "weasyprint"])
def test_the_page_is_given_and_the_pdf_taken(programs: Path, name: str) -> None:
    program(
        programs,
        name,
        'printf "%%PDF-1.7 " > report.pdf; while read -r line; do echo "$line"; done < report.html >> report.pdf',
    )
    assert pdf(b"hello\n") == b"%PDF-1.7 hello\n"


@pytest.mark.parametrize(
    "code", ["exit 1", "exit 0", "echo no > report.pdf", 'printf "%%PDF-" > report.pdf; exit 3', "kill -9 $$"]
)
def test_a_program_that_fails_makes_no_report(programs: Path, code: str) -> None:
    program(programs, "chromium", code)
    with pytest.raises(ReportError, match="chromium made no PDF"):
        pdf(b"<p>")


def test_a_program_of_the_working_directory_is_not_run(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(Path.cwd(), "chromium", 'printf "%%PDF-" > report.pdf')
    monkeypatch.setenv("PATH", str(Path.cwd()))
    with pytest.raises(ReportError, match="no program"):
        pdf(b"<p>")
