"""What was told last: when a channel is told again, and what becomes of a file that is broken or cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from secscan.findings.levels import Verdict
from secscan.notify.settings import When
from secscan.notify.state import Last, due, folder, read, write

PASSED, FAILED, INCOMPLETE = (Last(verdict=one) for one in (Verdict.PASSED, Verdict.FAILED, Verdict.INCOMPLETE))
ONE, TWO = Last(verdict=Verdict.FAILED, blocking=("a",)), Last(verdict=Verdict.FAILED, blocking=("a", "b"))
MISSED = Last(verdict=Verdict.PASSED, told=False)


@pytest.mark.parametrize(
    ("on", "now", "last", "told"),
    [
        (When.CHANGE, PASSED, None, False),
        (When.CHANGE, FAILED, None, True),
        (When.CHANGE, INCOMPLETE, None, True),
        (When.CHANGE, FAILED, FAILED, False),
        (When.CHANGE, FAILED, INCOMPLETE, True),
        (When.CHANGE, PASSED, FAILED, True),
        (When.CHANGE, TWO, ONE, False),
        (When.CHANGE, PASSED, MISSED, True),
        (When.NEW, TWO, ONE, True),
        (When.NEW, ONE, TWO, False),
        (When.NEW, PASSED, TWO, True),
        (When.NEW, PASSED, PASSED, False),
        (When.NEW, PASSED, None, False),
        (When.NOT_PASSED, FAILED, FAILED, True),
        (When.NOT_PASSED, INCOMPLETE, INCOMPLETE, True),
        (When.NOT_PASSED, PASSED, FAILED, False),
        (When.ALWAYS, PASSED, PASSED, True),
    ],
)
def test_who_is_told(on: When, now: Last, last: Last | None, told: bool) -> None:
    assert due(on, now, last) is told


def test_it_is_read_as_it_was_written_by_this_user_only(tmp_path: Path) -> None:
    place = tmp_path / "told"
    assert read(place, "k") == {}
    assert write(place, "k", {"slack": ONE, "on-call": MISSED}) == ""
    assert read(place, "k") == {"on-call": MISSED, "slack": ONE}
    assert (place / "k.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"format": "secscan.told/2", "channels": {}}', b"\xff", b"[" * 9999]
)
def test_a_broken_file_tells_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "k.json").write_bytes(data)
    assert read(tmp_path, "k") == {}


def test_neither_a_link_nor_a_pipe_is_read(tmp_path: Path) -> None:
    write(tmp_path, "real", {"slack": ONE})
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    os.mkfifo(tmp_path / "pipe.json")
    assert read(tmp_path, "link") == read(tmp_path, "pipe") == {}


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot write" in write(tmp_path / "file" / "told", "k", {})


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder({"SECSCAN_STATE": "/cache/told"}) == Path("/cache/told")
    assert folder({"XDG_STATE_HOME": "/state"}) == Path("/state/secscan/told")
    assert folder({}) == tmp_path / ".local/state/secscan/told"
