"""A real process is killed by SIGKILL: nothing that it started runs on, and its private folders are gone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from secscan import leftovers, warden

ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_who_is_killed_leaves_no_program_and_no_folder(tmp_path: Path) -> None:
    """Not even one that was orphaned before, and leads a session of its own."""
    told = tmp_path / "told"
    family = f"setsid sh -c 'sleep 600 & echo $! $$ > {told}.new; mv {told}.new {told}; exec sleep 600'"
    code = f'from secscan import process\nprocess.run(["/bin/sh", "-c", """{family}"""])'
    (tmp_path / "tmp").mkdir()
    environment = {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as child:
        wait_until(told.exists)
        assert list((tmp_path / "tmp").iterdir())
        child.kill()
    wait_until(lambda: not any(map(alive, told.read_text().split())) and not list((tmp_path / "tmp").iterdir()))


def alive(pid: str) -> bool:
    try:
        return psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_without_a_shell_all_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warden, "_pipe", None)
    monkeypatch.setattr(warden, "_SHELL", "/nonexistent/sh")
    with leftovers.private_folder() as folder:
        assert folder.is_dir()
    assert not folder.exists()
