"""Completion: by the real shells, with keys pressed in a real terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from secscan.cli import completing
from secscan.cli.commands import COMMANDS, Group
from secscan.policy.load import shipped_policies
from secscan.reports.contract import FORMATS
from tests.support.scans import ordinary
from tests.support.screen import Terminal, terminal

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PROMPT = "PROMPT>"
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], f"PS1='{PROMPT}'; source <(secscan completion bash)\n"),
    "zsh": (
        ["-f", "-i"],
        f"PROMPT='{PROMPT}'; autoload -U compinit; compinit -u -D; source <(secscan completion zsh)\n",
    ),
    "fish": (
        ["--no-config", "-i"],
        f"function fish_prompt; echo -n '{PROMPT}'; end; secscan completion fish | source\n",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a program `secscan` for the PATH, and another folder to stand in."""
    program = tmp_path / "bin" / "secscan"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -P -m secscan "$@"\n')
    program.chmod(0o755)
    (tmp_path / "here").mkdir()
    return tmp_path


@pytest.fixture(params=["bash", *(pytest.param(name, marks=pytest.mark.slow) for name in ("zsh", "fish"))])
def shell(request: pytest.FixtureRequest, folder: Path) -> Iterator[Terminal]:
    """A shell that has loaded its completion."""
    name = request.param
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"no {name} here")
    options, start = SHELLS[name]
    environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "HOME": str(folder), "LANG": "C.UTF-8"}
    with terminal([program, *options], cwd=folder / "here", env=environment, size=(100, 30)) as opened:
        opened.type(start)
        opened.type("echo rea''dy\n")
        opened.wait_for(lambda shown: "ready" in shown.replace("rea''dy", ""))
        yield opened


def test_a_shell_completes_commands_options_and_values(shell: Terminal) -> None:
    for keys, whole in (
        ("secscan sche\t", "secscan schema "),
        ("secscan vault una\x7fr\t", "secscan vault unreferenced "),
        ("secscan scan --histo\t", "secscan scan --history "),
        ("secscan scan --policy stri\t", "secscan scan --policy strict "),
        ("secscan report x.json --format sari\t", "secscan report x.json --format sarif "),
    ):
        shell.type("\x15" + keys)
        shell.wait_for(lambda shown, whole=whole: whole.strip() in shown)


def test_a_shell_completes_files_where_a_file_is_meant(shell: Terminal, folder: Path) -> None:
    (folder / "here" / "saved-scan.json").write_text("{}")
    shell.type("secscan gate saved-\t")
    shell.wait_for(lambda shown: "secscan gate saved-scan.json" in shown)


def completed(*words: str) -> dict[str, str]:
    *before, last = words
    return {value: about for value, about in completing._found(before, last) if value.startswith((last, ":"))}


def test_every_command_is_completed_with_its_summary() -> None:
    assert completed("") == {name: one.summary for name, one in COMMANDS.items()}
    for name, one in COMMANDS.items():
        if isinstance(one, Group):
            assert completed(name, "") == {inner: it.summary for inner, it in one.commands.items()}


def test_values_are_those_that_there_are() -> None:
    assert set(completed("scan", "-f", "")) == set(FORMATS)
    assert set(completed("gate", "s.json", "--policy", "")) == {*shipped_policies(), ":files"}
    assert set(completed("scan", "--color", "")) == {"auto", "always", "never"}
    assert set(completed("scan", "--color=a")) == {"--color=auto", "--color=always"}
    assert {"bandit", "semgrep", "osv"} <= set(completed("scan", "-q", "-s", ""))
    assert set(completed("diff", "--format", "")) == {"text", "markdown", "json"}
    assert completed("completion", "") == {"bash": "", "zsh": "", "fish": ""}
    assert ":folders" in completed("scan", "--output", "")
    assert ":files" in completed("scan", "")


def test_findings_are_those_of_the_saved_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from secscan.findings.scan import dumps

    monkeypatch.chdir(tmp_path)
    assert completed("explain", "") == {}
    Path("secscan.json").write_bytes(dumps(ordinary()))
    assert completed("explain", "aaaa0001") == {"aaaa0001": "SQL injection"}


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"findings": 3}', b"[" * 100_000, b'{"findings": [{"x": 1}]}'])
def test_a_saved_scan_that_is_none_completes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secscan.json").write_bytes(content)
    assert completed("explain", "") == {}


def test_a_hostile_fingerprint_or_title_reaches_no_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secscan.json").write_text(
        '{"findings": [{"fingerprint": "a;$(id)"}, {"fingerprint": "b1", "title": "x\\n\\u001b"}]}'
    )
    assert completed("explain", "") == {"b1": "x\\x0a\\x1b"}


def test_nothing_of_the_folder_is_imported_or_run(folder: Path) -> None:
    here = folder / "here"
    for name in ("typer.py", "msgspec.py", "secscan.py", "git", "secscan.yaml"):
        (here / name).write_text(f"open({str(folder / 'ran')!r}, 'w')\n")
    ended = subprocess.run(
        [folder / "bin" / "secscan", "__complete", "scan", "--po"], cwd=here, capture_output=True, check=True
    )
    assert b"--policy" in ended.stdout
    assert not (folder / "ran").exists()


def test_names_of_commands_are_completed_without_the_framework() -> None:
    code = (
        "import sys; from secscan.__main__ import main; sys.argv[1:] = ['__complete', 'sc']\n"
        "try: main()\nexcept SystemExit: print('typer' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert ended.stdout.splitlines()[-1] == "False"
