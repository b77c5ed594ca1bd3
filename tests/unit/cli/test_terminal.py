"""How much is said, in which colour, and to whom."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from secscan.cli import say, terminal
from secscan.cli.app import run
from secscan.cli.commands import COMMANDS, Command, Group
from secscan.errors import UsageError
from secscan.findings.scan import dumps
from tests.support.scans import MARKED, ordinary, scan_of


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    place = tmp_path / "secscan.json"
    place.write_bytes(dumps(ordinary()))
    return place


@pytest.mark.parametrize(
    ("env", "on_terminal", "on_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR": "0"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_variables_decide_on_colour(
    env: dict[str, str], on_terminal: bool, on_pipe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    terminal.choose_colour("auto")
    assert (terminal.use_colour(True), terminal.use_colour(False)) == (on_terminal, on_pipe)


def test_the_option_decides_before_variables(saved: Path, capfdbinary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for wish, coloured in (("always", True), ("never", False), ("auto", False)):
        assert run(["report", str(saved), "--color", wish]) == 0
        assert (b"\x1b[" in capfdbinary.readouterr().out) is coloured
    assert run(["report", str(saved), "--color", "sometimes"]) == 2


def test_quiet_and_verbose_exclude_each_other() -> None:
    with pytest.raises(UsageError):
        say.set_loudness(quiet=True, verbose=True)


@pytest.mark.parametrize(
    ("loudness", "heard"),
    [({"quiet": True}, ["s"]), ({}, ["s", "n"]), ({"verbose": True}, ["s", "n", "d"])],
)
def test_how_much_is_said(loudness: dict[str, bool], heard: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    say.set_loudness(**loudness)
    say.say("s")
    say.note("n")
    say.detail("d")
    say.set_loudness()
    assert capsys.readouterr().err.split() == heard


def test_what_is_said_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    say.say("  a\x1b[2J\nb ::error::c")
    assert capsys.readouterr().err == "  a\\x1b[2J\\x0ab : :error::c\n"


def test_verbose_tells_versions_gaps_and_what_was_left_out(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gate", str(saved), "--verbose"]) == 1
    told = capsys.readouterr().err
    assert "bandit 1.0: completed, looked at 3 of 4" in told
    assert "gap: bandit could not look at shop/old.py (unparsable). Missing parentheses" in told
    assert run(["gate", str(saved)]) == 1
    assert "gap:" not in capsys.readouterr().err


def test_all_shows_what_long_lists_leave_out(saved: Path, capfdbinary) -> None:
    many = [msgspec.structs.replace(MARKED, fingerprint=f"{at:08x}", title=f"thing {at}.") for at in range(60)]
    saved.write_bytes(dumps(scan_of(*many)))
    assert run(["report", str(saved)]) == 0
    assert b"--all" in capfdbinary.readouterr().out
    assert run(["report", str(saved), "--all"]) == 0
    told = capfdbinary.readouterr().out
    assert b"--all" not in told
    assert all(f"thing {at}.".encode() in told for at in range(60))


def commands() -> list[tuple[str, Command]]:
    found = []
    for name, one in COMMANDS.items():
        inner = one.commands if isinstance(one, Group) else {}
        found += [(f"{name} {it}", what) for it, what in inner.items()] if inner else [(name, one)]
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_help_fits_80_columns_and_shows_its_examples(
    name: str, command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*name.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    assert all(example in told for example in command.examples)


def test_summaries_are_not_cut_off(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["--help"]) == 0
    lines = {line.strip() for line in capsys.readouterr().out.splitlines()}
    width = max(map(len, COMMANDS))
    assert {f"{name:<{width}}  {one.summary}" for name, one in COMMANDS.items()} <= lines
    assert all(len(one.summary) <= 60 for _, one in commands())


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["sacn"], "scan"), (["polcy"], "policy"), (["vault", "idnex"], "index"), (["scan", "--stagde"], "--staged")],
)
def test_what_is_mistyped_is_told_with_what_was_meant(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert meant in capsys.readouterr().err.splitlines()[-1]


def test_alone_it_tells_the_first_three_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2  # nothing was looked at
    told = capsys.readouterr().err
    assert [line.split()[1] for line in told.splitlines() if line.startswith("  secscan ")] == [
        "doctor",
        "scan",
        "explain",
    ]
