"""Which cache a scan uses, and the commands on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.cache.key import KEY_VARIABLE
from secscan.cache.store import FILE_NAME
from secscan.cli.app import run
from secscan.config import load_settings, parse_settings
from secscan.errors import ConfigError

OWN = Path("secscan", "results", FILE_NAME)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM debian:latest\nUSER root\n")
    return folder


def scan(tree: Path, *options: str) -> dict[str, int]:
    """How many files each scanner did not look at again."""
    saved = tree.parent / "out" / "secscan.json"
    code = run(["scan", str(tree), "-s", "dockerfile", "-q", "-p", "secrets-only", "-o", str(saved.parent), *options])
    assert code in (0, 3)
    return {one["scanner"]: one.get("kept", 0) for one in json.loads(saved.read_bytes())["run"]["timings"]}


def test_a_scan_uses_the_user_s_own_cache(tree: Path, tmp_path: Path) -> None:
    assert scan(tree) == {"dockerfile": 0}
    assert (tmp_path / "xdg" / OWN).is_file()
    assert scan(tree) == {"dockerfile": 1}
    assert scan(tree, "--verify-cache") == {"dockerfile": 0}
    assert scan(tree, "--no-cache") == {"dockerfile": 0}


def test_a_folder_may_be_named_and_is_another_cache(tree: Path, tmp_path: Path) -> None:
    scan(tree)
    assert scan(tree, "--cache", str(tmp_path / "other")) == {"dockerfile": 0}
    assert scan(tree, "--cache", str(tmp_path / "other")) == {"dockerfile": 1}


def test_the_commands(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan(tree)
    capsys.readouterr()
    assert run(["cache", "status"]) == 0
    assert "2 results" in capsys.readouterr().out
    assert run(["cache", "verify"]) == 0
    assert capsys.readouterr().out == "2 results are authentic; 0 were thrown away\n"
    assert run(["cache", "clear"]) == 0
    assert not (tmp_path / "xdg" / OWN).exists()
    assert scan(tree) == {"dockerfile": 0}


def test_entries_of_another_key_are_told_and_thrown_away(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scan(tree)
    monkeypatch.setenv(KEY_VARIABLE, "k" * 32)
    capsys.readouterr()
    assert run(["cache", "status"]) == 0
    assert "2 are damaged, or were written with another key" in capsys.readouterr().out
    assert run(["cache", "verify"]) == 0
    assert capsys.readouterr().out == "0 results are authentic; 2 were thrown away\n"


@pytest.mark.parametrize("options", [["--cache", "x"], ["--verify-cache"]])
def test_a_cache_and_no_cache_exclude_each_other(tree: Path, options: list[str]) -> None:
    assert run(["scan", str(tree), "--no-cache", *options]) == 2


def test_a_cache_in_the_tree_is_refused(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", str(tree), "--cache", str(tree / "cache")]) == 2
    assert "lies in what is scanned" in capsys.readouterr().err
    assert not (tree / "cache").exists()


def test_one_s_own_cache_in_the_tree_is_done_without(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tree))
    assert scan(tree) == {"dockerfile": 0}
    assert "lies in what is scanned" in capsys.readouterr().err
    assert not (tree / "secscan").exists()


def test_a_short_key_is_an_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "short")
    assert run(["scan", str(tree), "--cache", str(tree.parent / "cache")]) == 2


def test_a_damaged_cache_is_told_and_made_anew(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan(tree)
    (tmp_path / "xdg" / OWN).write_bytes(b"no database" * 1000)
    assert scan(tree) == {"dockerfile": 0}
    assert "was thrown away" in capsys.readouterr().err
    assert scan(tree) == {"dockerfile": 1}


def test_the_settings_name_a_folder_or_none(tree: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("version: 1\ncache: kept\n")
    scan(tree, "--config", str(settings))
    assert (tmp_path / "kept" / FILE_NAME).is_file()
    settings.write_text("version: 1\ncache: off\n")
    assert scan(tree, "--config", str(settings)) == {"dockerfile": 0}
    assert not (tmp_path / "xdg").exists()


def test_the_scanned_tree_has_no_say(tree: Path, tmp_path: Path) -> None:
    (tree / "secscan.yaml").write_text(f"version: 1\ncache: {tmp_path / 'theirs'}\n")
    brought = load_settings(tree, None)
    assert brought.softening() == ("cache",)
    assert brought.honoured().cache == ""
    scan(tree)
    assert not (tmp_path / "theirs").exists()
    assert (tmp_path / "xdg" / OWN).is_file()


@pytest.mark.parametrize("value", ["''", "[a]", '"a\\nb"'])
def test_what_is_no_folder_is_an_error(value: str) -> None:
    with pytest.raises(ConfigError):
        parse_settings(f"version: 1\ncache: {value}\n".encode(), origin="s.yaml", from_tree=False)
