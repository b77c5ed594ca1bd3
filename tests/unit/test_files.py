"""Files are written whole or not at all."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secscan.errors import ExitCode, ReportError
from secscan.files import remove_stale, same_file, write_atomic


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


def test_what_comes_in_parts_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ValueError

    write_atomic(tmp_path / "report", iter([b"one ", b"whole"]))
    with pytest.raises(ValueError):
        write_atomic(tmp_path / "report", broken())
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"one whole"]


@pytest.mark.parametrize("act", [remove_stale, lambda path: write_atomic(path, b"report")], ids=["remove", "write"])
def test_a_pipe_is_neither_replaced_nor_removed(act: Callable[[Path], None], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(ReportError, match=f"{name} is a device, a pipe or a socket"):
            act(tmp_path / name)
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe"]
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("act", [remove_stale, lambda path: write_atomic(path, b"report")], ids=["remove", "write"])
def test_nothing_in_dev_is_touched(act: Callable[[Path], None]) -> None:
    """A name that is not there, so that a mistake here harms no machine on which the tests run as root."""
    with pytest.raises(ReportError, match="is a device"):
        act(Path("/dev/../dev/secscan-not-there"))


def test_one_file_has_many_paths(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "hard").hardlink_to(tmp_path / "a")
    (tmp_path / "b").write_text("x")
    for name in ("a", "link", "hard", "new/../a"):
        assert same_file(tmp_path / name, tmp_path / "a")
    assert same_file(tmp_path / "new", tmp_path / "x" / ".." / "new")
    for name in ("b", "new"):
        assert not same_file(tmp_path / name, tmp_path / "a")


def test_an_old_report_is_removed(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("PASSED")
    remove_stale(tmp_path / "old")
    remove_stale(tmp_path / "old")
    assert not (tmp_path / "old").exists()


def test_half_a_file_has_no_name_that_a_collector_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prometheus' node exporter reads `*.prom`, whenever it wants to."""
    seen: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.extend(path.name for path in tmp_path.iterdir()))
    write_atomic(tmp_path / "secscan.prom", b"secscan_doubts 0\n")
    (name,) = seen
    assert not name.endswith(".prom")
    assert [path.name for path in tmp_path.iterdir()] == ["secscan.prom"]
