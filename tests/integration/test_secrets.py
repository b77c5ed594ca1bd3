"""The embedded detector of secrets as a scanner, in its child process."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.findings.levels import GapKind, RunStatus
from secscan.scanners.contract import Setup
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.secrets import SCANNER
from secscan.secrets.keys import KEY_VARIABLE
from tests.support.targets import folder_target

PASSWORD = "c0pper-Lantern.42"


def scanned(folder: Path, files: dict[str, bytes]) -> Outcome:
    folder.mkdir(exist_ok=True)
    setup = Setup(target=folder_target(folder, files), place=folder.joinpath, jobs=2)
    (outcome,) = run_scanners({"secrets": SCANNER}, setup)
    return outcome


def test_every_file_is_looked_at_and_the_control_is_found(tmp_path: Path) -> None:
    files = {"a.py": b"x = 1\n", "b.bin": b"\x00\xff" * 100, "c": b"", "d.env": f"DB_PASSWORD={PASSWORD}\n".encode()}
    outcome = scanned(tmp_path, files)
    assert outcome.run.status is RunStatus.COMPLETED
    assert (outcome.run.selected, outcome.run.looked_at, outcome.run.control) == (4, 4, True)
    assert [one.place for one in outcome.findings] == ["d.env:1"]
    assert PASSWORD not in repr(outcome)


def test_a_file_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    files = {"a.py": b"x = 1\n", "b.py": b"x = 1\n"}
    target = folder_target(tmp_path, files)
    (tmp_path / "b.py").unlink()
    (outcome,) = run_scanners({"secrets": SCANNER}, Setup(target=target, place=tmp_path.joinpath))
    assert [(one.subject, one.kind) for one in outcome.gaps] == [("b.py", GapKind.UNREADABLE)]
    assert (outcome.run.selected, outcome.run.looked_at) == (2, 1)


def test_a_file_that_is_too_large_is_a_gap(tmp_path: Path) -> None:
    outcome = scanned(tmp_path, {"a.txt": b"a" * 20_000_001})
    assert [one.kind for one in outcome.gaps] == [GapKind.TOO_LARGE]


def test_ids_under_the_key_of_the_organisation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a.py": f"PASSWORD = '{PASSWORD}'\n".encode(), "b.env": f"DB_PASSWORD={PASSWORD}\n".encode()}
    assert {one.secret_id for one in scanned(tmp_path, files).findings} == {""}
    monkeypatch.setenv(KEY_VARIABLE, "k" * 32)
    outcome = scanned(tmp_path, files)
    assert len(outcome.findings) == 2
    assert len({one.secret_id for one in outcome.findings}) == 1
    monkeypatch.setenv(KEY_VARIABLE, "short")
    failed = scanned(tmp_path, files)
    assert failed.run.status is RunStatus.FAILED
    assert "fewer than 32 characters" in failed.run.reason
