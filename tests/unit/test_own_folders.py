"""Where a user's own files lie, and what happens for who has no home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from secscan.errors import ConfigError
from secscan.own_folders import own_folder

NO_HOME = (
    "import os, pwd, runpy, sys\n"
    "def unknown(_number): raise KeyError\n"
    "pwd.getpwuid = unknown\n"
    "sys.argv = ['secscan', *sys.argv[1:]]\n"
    "runpy.run_module('secscan', run_name='__main__', alter_sys=True)\n"
)
"""Runs secscan as a user whom the machine does not know, as containers do."""


@pytest.mark.parametrize(
    ("variable", "usual"),
    [
        ("XDG_CACHE_HOME", ".cache"),
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_DATA_HOME", ".local/share"),
        ("XDG_STATE_HOME", ".local/state"),
    ],
)
def test_a_variable_names_it_else_it_lies_below_the_home(
    variable: str, usual: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    assert own_folder(variable, {variable: "/elsewhere"}) == Path("/elsewhere/secscan")
    assert own_folder(variable, {}) == Path("/home/ana", usual, "secscan")
    assert own_folder(variable, {variable: "relative/to/where/we/stand"}) == Path("/home/ana", usual, "secscan")


def test_who_has_no_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", none)
    with pytest.raises(ConfigError, match="no home folder") as caught:
        own_folder("XDG_STATE_HOME", {})
    assert "XDG_STATE_HOME" in caught.value.hint
    assert own_folder("XDG_STATE_HOME", {"XDG_STATE_HOME": "/s"}) == Path("/s/secscan")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("scan", "tree", "-s", "secrets", "-p", "secrets-only"), 0),
        (("init", "tree", "--dry-run"), 0),
        (("config", "show", "tree"), 0),
        (("config", "trust", "tree"), 2),
        (("advisories", "status"), 2),
        (("cache", "status"), 2),
    ],
)
def test_nothing_is_a_bug_for_who_has_no_home(words: tuple[str, ...], code: int, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.py").write_text("A = 1\n")
    (tmp_path / "tree" / "secscan.yaml").write_text("version: 1\n")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    ended = subprocess.run(
        [sys.executable, "-c", NO_HOME, *words], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert b"this is a bug" not in ended.stderr
