"""The installed program as people use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from secscan.scanners.registry import all_scanners
from tests.e2e.conftest import Installed
from tests.support.repositories import commit, git, repository, write


def test_version_and_help(secscan) -> None:
    assert secscan("--version").stdout.startswith("secscan ")
    text = secscan("--help").stdout
    assert all(command in text for command in ("scan", "gate", "report", "doctor", "schema", "advisories"))
    for command in ("scan", "gate", "report", "doctor", "schema", "advisories"):
        assert secscan(command, "--help").code == 0


def test_doctor_says_that_every_scanner_finds_its_control(secscan) -> None:
    result = secscan("doctor", env={"HOME": "/nonexistent"})
    assert result.code == 0, result.stdout + result.stderr
    there = result.stdout.count("control   found")
    assert there >= 5
    everybody = {
        name for name, one in all_scanners().items() if not (one.needs.vault or one.needs.aws or one.needs.licences)
    }
    assert there + result.stdout.count("not installed") == len(everybody)


@pytest.mark.slow
def test_doctor_says_what_to_do_about_a_broken_scanner(secscan, shims) -> None:
    result = secscan("doctor", env=shims("bandit", "exit 1"))
    assert result.code == 3
    assert "control   NOT found" in result.stdout
    assert "to do" in result.stdout


def test_the_same_input_gives_the_same_bytes(secscan, project: Path, tmp_path: Path) -> None:
    def scan_of(folder: str, *arguments: str, **env: str) -> tuple[dict, bytes]:
        out = tmp_path / folder
        assert secscan("scan", tree, "--advisories", "demo", "-o", out, *arguments, env=env).code == 1
        saved = json.loads((out / "secscan.json").read_bytes())
        saved.pop("run")
        return saved, (out / "secscan.sarif").read_bytes()

    tree = project / "examples" / "shop"
    first = scan_of("1")
    elsewhere = tmp_path / "elsewhere" / "shop"
    elsewhere.parent.mkdir()
    subprocess.run(["cp", "-r", str(tree), str(elsewhere)], check=True)
    tree = elsewhere
    second = scan_of("2", "--jobs", "1", LANG="tr_TR.UTF-8", TZ="Asia/Kathmandu", PYTHONHASHSEED="7")
    # A checkout in git has a revision and a place in it, a copy has none; all else is the same.
    for saved in (first[0], second[0]):
        for name in ("revision", "dirty", "out_of_scope", "repository", "branch", "prefix"):
            saved["target"].pop(name, None)
    assert first[0] == second[0]


def test_a_saved_scan_is_judged_and_shown_again_without_scanners(secscan, project: Path, tmp_path: Path) -> None:
    assert secscan("scan", project / "examples" / "shop", "--advisories", "demo").code == 1
    saved = tmp_path / "empty" / "secscan.json"
    bare = {"PATH": "/nonexistent"}
    assert secscan("gate", saved, env=bare).code == 1
    assert secscan("gate", saved, "--policy", "strict", env=bare).code == 1
    logged = secscan("gate", saved, "--policy", "advisory", env=bare)
    assert logged.code == 0
    assert "failed" in logged.stdout.lower()
    for name in ("secscan.sarif", "secscan.html", "secscan.json"):
        shown = secscan("report", saved, "--format", name.split(".")[1], env=bare)
        assert shown.code == 0
        assert shown.stdout.encode() == (tmp_path / "empty" / name).read_bytes()
    assert "secscan" in secscan("report", saved, env=bare).stdout


def test_a_report_that_cannot_be_written_makes_it_incomplete(secscan, clean_tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "secscan.html").mkdir(parents=True)
    result = secscan("scan", clean_tree, "--advisories", "demo", "-o", out)
    assert result.code == 3
    assert "secscan.html" in result.stderr


def test_a_run_that_dies_leaves_no_old_verdict(secscan, shims, clean_tree: Path, installed, tmp_path: Path) -> None:
    assert secscan("scan", clean_tree, "--advisories", "demo").code == 0
    folder = tmp_path / "empty"
    child = subprocess.Popen(
        [str(installed.bin / "secscan"), "scan", str(clean_tree), "--advisories", "demo"],
        cwd=folder,
        env=installed.environment(**shims("bandit", "sleep 1000")),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(lambda: _sleepers(child.pid))
    child.kill()
    child.wait()
    assert not (folder / "secscan.json").exists()


def test_ctrl_c_ends_everything_with_130(shims, clean_tree: Path, installed, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    for number in (signal.SIGINT, signal.SIGTERM):
        child = subprocess.Popen(
            [str(installed.bin / "secscan"), "scan", str(clean_tree), "--advisories", "demo"],
            cwd=folder,
            env=installed.environment(**shims("bandit", "sleep 1000 & sleep 1000")),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # What a shell runs in the background ignores Ctrl-C, and so would all that the tests start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        _wait_for(lambda child=child: len(_sleepers(child.pid)) == 2)
        sleepers = _sleepers(child.pid)
        child.send_signal(number)
        _, stderr = child.communicate(timeout=20)
        assert child.returncode == 130
        assert b"Traceback" not in stderr
        assert not [one for one in sleepers if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        assert not (folder / "secscan.json").exists()


def _sleepers(pid: int) -> list[psutil.Process]:
    try:
        return [one for one in psutil.Process(pid).children(recursive=True) if one.name() == "sleep"]
    except psutil.Error:
        return []


def _wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_nothing_is_left_in_the_temporary_folder(secscan, clean_tree: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    assert secscan("scan", clean_tree, "--advisories", "demo", env={"TMPDIR": str(temporary)}).code == 0
    assert list(temporary.iterdir()) == []


def test_secrets_of_the_history_and_of_what_is_staged(secscan, tmp_path: Path) -> None:
    password = "c0pper-Lantern.42"
    repo = repository(tmp_path / "repo", {"settings.py": f'PASSWORD = "{password}"\n'})
    write(repo, {"settings.py": "PASSWORD = None\n"})
    commit(repo)
    history = secscan("scan", repo, "--history", "--policy", "secrets-only")
    assert history.code == 1
    assert "not in HEAD any more" in " ".join(history.stdout.split())
    hook = ("scan", repo, "--staged", "--scanner", "secrets", "--policy", "secrets-only")
    assert secscan(*hook).code == 0
    write(repo, {".env": f"DB_PASSWORD={password}\n"})
    git(repo, "add", ".env")
    staged = secscan(*hook)
    assert staged.code == 1
    for result in (history, staged):
        assert password not in result.stdout + result.stderr
        for report in ("secscan.json", "secscan.sarif", "secscan.html"):
            assert password not in (staged.folder / report).read_text()


def test_secrets_on_standard_input(installed: Installed, tmp_path: Path) -> None:
    def piped(data: bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [installed.bin / "secscan", "scan", "-", "--scanner", "secrets", "--policy", "secrets-only"],
            cwd=tmp_path,
            env=installed.environment(),
            input=data,
            capture_output=True,
            timeout=60,
            check=False,
        )

    found = piped(b"+DB_PASSWORD = 'c0pper-Lantern.42'\n")
    assert found.returncode == 1
    assert b"stdin:1" in found.stdout
    assert b"c0pper" not in found.stdout + found.stderr
    assert piped(b"nothing to see\n").returncode == 0
    empty = piped(b"")
    assert empty.returncode == 2
    assert b"nothing came on standard input" in empty.stderr


def test_who_looked_at_what(secscan, tmp_path: Path) -> None:
    """Of the smallest part of every sort: code, a notebook, code that is none, what is not opened."""
    tree = tmp_path / "t"
    tree.mkdir()
    (tree / "a.py").write_text("x = 1\n")
    (tree / "garbage.py").write_bytes(b"\x01\x02 ]] def ((((")
    (tree / "a.ipynb").write_text('{"cells": [{"cell_type": "code", "source": ["x = 1"]}]}')
    (tree / "a.go").write_text("// Code generated by a test. DO NOT EDIT.\npackage a\n")
    os.mkfifo(tree / "pipe")
    assert (
        secscan(
            "scan", "t", "-q", "--scanner", "bandit", "--scanner", "semgrep", "--scanner", "secrets", cwd=tmp_path
        ).code
        == 3
    )
    told = " ".join(secscan("coverage", cwd=tmp_path).stdout.split())
    for part in (
        "1 python bandit, secrets, semgrep",
        "1 python secrets; NOT bandit, semgrep",
        "1 notebook bandit, secrets, semgrep",
        "1 go, generated secrets",
        "pipe: special-file",
    ):
        assert part in told
    one = secscan("coverage", "--file", "garbage.py", cwd=tmp_path).stdout
    assert "not looked at by bandit, semgrep" in one
    assert secscan("coverage", "nosuch.json", cwd=tmp_path).code == 2
