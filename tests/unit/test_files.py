"""Files are written whole or not at all."""

import os
from pathlib import Path

import pytest

from secscan.errors import ExitCode, ReportError
from secscan.files import remove_stale, write_atomic


def test_a_file_is_replaced_and_has_ordinary_permissions(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "deep" / "x", b"one")
        write_atomic(tmp_path / "deep" / "x", b"two")
    finally:
        assert os.umask(old) == 0o027
    assert (tmp_path / "deep" / "x").read_bytes() == b"two"
    assert oct((tmp_path / "deep" / "x").stat().st_mode)[-3:] == "640"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x"]


def test_a_planted_link_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "out").symlink_to(victim)
    write_atomic(tmp_path / "out", b"report")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "out").is_symlink()


def test_what_cannot_be_written_says_which_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReportError, match=r"cannot write .*file/report: ") as caught:
        write_atomic(tmp_path / "file" / "report", b"")
    assert caught.value.exit_code == ExitCode.INCOMPLETE
    (tmp_path / "folder").mkdir()
    with pytest.raises(ReportError):
        write_atomic(tmp_path / "folder", b"")
    assert list(tmp_path.glob(".*")) == []


def test_an_old_report_is_removed(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("PASSED")
    remove_stale(tmp_path / "old")
    remove_stale(tmp_path / "old")
    assert not (tmp_path / "old").exists()
