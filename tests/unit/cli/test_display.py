"""The live display, on real terminals of several sizes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from secscan.cli.display import State
from secscan.progress import Progress, Stage
from tests.support.screen import terminal

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The display's clock: what it holds is the time."""
    now = [100.0]
    monkeypatch.setattr("secscan.cli.display.awake", lambda: now[0])
    return now


def busy() -> State:
    state = State()
    for event in (
        Stage("scanning"),
        Progress("bandit", "planned", pieces=2),
        Progress("osv", "planned", pieces=1),
        Progress("manifests", "skipped"),
        Progress("bandit", "running", done=1, pieces=2, since=100.0, limit=900),
        Progress("semgrep", "running", pieces=1, since=100.0, limit=60),
        Progress("secrets", "completed", seconds=3.2),
        Progress("pip-audit", "failed", detail="hostile \x1b[2J"),
    ):
        state.take(event)
    return state


def test_what_is_shown(clock: list[float]) -> None:
    state = busy()
    clock[0] = 112.0
    assert state.lines(80, 24) == [
        "  12 s  scanning - waiting for bandit, semgrep",
        "  bandit             running 1/2     12 s",
        "  osv                waiting               for a free core",
        "  semgrep            running         12 s",
        "  secrets            done             3 s",
        "  pip-audit          FAILED",
    ]


def test_a_time_out_is_told_when_it_is_near(clock: list[float]) -> None:
    state = busy()
    clock[0] = 150.0
    assert [line for line in state.lines(80, 24) if "time-out" in line] == [
        "  semgrep            running         50 s  time-out in 10 s"
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 120])
@pytest.mark.parametrize("height", [2, 4, 24])
def test_lines_fit_a_screen(clock: list[float], width: int, height: int) -> None:
    lines = busy().lines(width, height)
    assert len(lines) < max(height, 3)
    assert all(len(line) < width for line in lines)


def test_on_a_low_screen_what_runs_is_shown(clock: list[float]) -> None:
    lines = busy().lines(80, 5)
    assert [line.split()[0] for line in lines[1:]] == ["bandit", "semgrep", "..."]
    assert lines[-1] == "  ... and 3 more"


def test_stages_tell_how_much_is_done(clock: list[float]) -> None:
    state = State()
    for stage, words in (
        (Stage("listing files"), "listing files"),
        (Stage("copying out of git", 1200, 5000, "files"), "copying out of git 1,200 of 5,000 files"),
        (Stage("reading the image", 812_400_000, unit="bytes"), "reading the image 812 MB"),
        (Stage("scanning", part="the baseline main"), "scanning (the baseline main)"),
    ):
        state.take(stage)
        assert state.lines(80, 24) == [f"   0 s  {words}"]


def test_scanners_of_the_baseline_are_not_those_of_the_target(clock: list[float]) -> None:
    state = busy()
    state.take(Stage("listing files", part="the baseline main"))
    assert len(state.lines(80, 24)) == 1
    state.take(Progress("osv", "planned", pieces=1))
    state.take(Stage("judging"))
    assert len(state.lines(80, 24)) == 2


SHOW = """
import sys, time
from secscan.cli import say
from secscan.cli.progress import show_progress
from secscan.progress import Progress, Stage
say.set_loudness(verbose="-v" in sys.argv)
with show_progress(quiet="-q" in sys.argv) as progress:
    progress(Stage("scanning"))
    for name in ("bandit", "osv", "semgrep"):
        progress(Progress(name, "running", pieces=3, since=1.0))
    if sys.stdin.readline() == "end one\\n":
        progress(Progress("osv", "completed", seconds=2.0))
        sys.stdin.readline()
print("the report")
"""


def show(*options: str, size: tuple[int, int] = (80, 24), **env: str):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env}
    return terminal([sys.executable, "-c", SHOW, *options], cwd=ROOT, env=environment, size=size, echo=False)


@pytest.mark.parametrize("size", [(40, 10), (120, 30)])
def test_it_is_drawn_over_itself_and_taken_away(size: tuple[int, int]) -> None:
    with show(size=size) as opened:
        for _ in range(2):  # long enough to be drawn several times
            opened.wait_for(lambda shown: shown.count("running 0/3") == 3)
            opened.read(0.5)
        assert opened.written.count(b"scanning") > 1
        assert "\n".join(opened.lines).count("scanning") == 1
        opened.type("\n")
        assert opened.end() == 0
        assert [line for line in opened.lines if line.strip()] == ["the report"]


def test_a_window_that_becomes_narrow_loses_nothing_that_stands_above() -> None:
    code = f"import os; os.write(2, b'above' + b'\\n')\n{SHOW}"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with terminal([sys.executable, "-c", code], cwd=ROOT, env=environment, echo=False) as opened:
        opened.wait_for(lambda shown: shown.count("running 0/3") == 3)
        for width in (40, 30, 100):
            opened.resize(width, 24)
            opened.read(0.5)
            opened.wait_for(lambda shown: "running" in shown)
        opened.type("\n")
        assert opened.end() == 0
        assert opened.lines[0] == "above"
        assert opened.lines[-1] == "the report"


def test_details_stand_above_it() -> None:
    with show("-v") as opened:
        opened.wait_for(lambda shown: shown.count("running 0/3") == 3)
        opened.type("end one\n")
        shown = opened.wait_for(lambda shown: "osv                done" in shown and "osv completed" in shown)
        assert shown.count("osv completed after 2.0 s") == 1
        assert shown.index("osv completed") < shown.index("scanning")
        opened.type("\n")
        assert opened.end() == 0
        assert any("osv completed after 2.0 s" in line for line in opened.lines)


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": ""}, {"CI": "true"}])
def test_nothing_moves_where_nothing_can_be_drawn(env: dict[str, str]) -> None:
    with show("-v", **env) as opened:
        opened.read(1.5)
        opened.type("end one\n\n")
        assert opened.end() == 0
        assert b"\x1b" not in opened.written
        assert b"osv completed after 2.0 s" in opened.written
        assert b"scanning" not in opened.written


@pytest.mark.parametrize(("options", "said"), [([], ""), (["-q"], ""), (["-v"], "osv completed after 2.0 s\n")])
def test_a_pipe_gets_lines_or_nothing(options: list[str], said: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SHOW, *options],
        cwd=ROOT,
        input="end one\n\n",
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT)},
    )
    assert ended.stderr == said
    assert not re.search(r"\x1b|\r", ended.stdout)


def test_it_is_not_left_standing_when_it_is_stopped() -> None:
    stoppable = SHOW.replace(
        "with show_progress", "from secscan.stopping import stoppable\nwith stoppable(), show_progress"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with terminal([sys.executable, "-c", stoppable], cwd=ROOT, env=environment, echo=False) as opened:
        opened.wait_for(lambda shown: shown.count("running 0/3") == 3)
        opened.type("\x03")
        assert opened.end() == 130
        assert opened.lines[0].startswith("secscan: stopped by Ctrl-C")
        assert len(opened.lines) == 2
