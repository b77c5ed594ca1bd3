"""The machine fails: kills, no memory, closed streams, suspended programs."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.machine import ALL_TOOLS, BAD, CLEAN, PLANTED, whole
from tests.scoreboard.place import SECSCAN, Place, watching_children
from tests.scoreboard.planted import SHELL, ended, judged
from tests.scoreboard.tools import alone_on


def _next_run(place: Place, tree: Path, name: str = "run") -> str:
    """What is wrong with the run after a fault; empty where it is as any other."""
    seen = judged(place.scan(tree, name=name), PLANTED)
    return "" if seen.held else f"the next run: {seen.words}"


def _stopped(name: str, number: int, expected: str, *codes: int) -> None:
    def look(place: Place) -> Seen:
        tree = place.tree({**BAD, **{f"m{n}.py": SHELL * 20 for n in range(30)}})
        place.shim("semgrep", 'echo started >> "$HOME/../../../../started" 2>/dev/null; exec "$REAL" "$@"')
        # Who is started in the background ignores Ctrl-C, and so would what is started here.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with watching_children() as alive:
            child = place.start("scan", tree, "--advisories", "demo", start_new_session=True)
            _until(lambda: len(psutil.Process(child.pid).children(recursive=True)) >= 1, child)
            child.send_signal(number)
            ran = place.ended(child, alive)
        more = whole(ran.output) or ("a verdict is left" if (ran.output / "secscan.json").exists() else "")
        more = more or _next_run(place, tree)
        seen = ended(ran, *codes, more=more)
        return Seen(f"{seen.words}; the next run is as any other" if seen.held else seen.words, seen.held)

    add(Case(Group.CRASH, name, f"{signal.Signals(number).name} while scanners run", expected, look))


def _until(done: Callable[[], bool], child: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psutil.Error):
            if done():
                return
        time.sleep(0.01)


_STOPPED = "no verdict; nothing left running or behind; the next run is as any other"
_stopped("interrupt", signal.SIGINT, _STOPPED, 130)
_stopped("terminate", signal.SIGTERM, _STOPPED, 130, 143)
_stopped("hang-up", signal.SIGHUP, _STOPPED, 130, 129)


@case(Group.CRASH, "SIGKILL at 12 random moments of a scan", "no report or a whole one of the truth; what was started ends; the next run is as any other")  # fmt: skip
def killed_at_any_moment(place: Place) -> Seen:
    tree = place.tree(BAD)
    started = time.monotonic()
    place.scan(tree, name="first")
    lasts = time.monotonic() - started
    chance, wrong = random.Random("moments"), []
    for number in range(12):
        with watching_children() as alive:
            child = place.start("scan", tree, "--advisories", "demo", name="killed")
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0, lasts))
            child.kill()
            ran = place.ended(child, alive, "killed")
        if ran.alive:
            wrong.append(f"left running: {', '.join(ran.alive)}")
        if more := whole_but_unfinished(ran.output):
            wrong.append(more)
        if ran.scan and ran.verdict != "failed":
            wrong.append(f"moment {number}: {ran.verdict}")
    if more := _next_run(place, tree, "next"):
        wrong.append(more)
    return Seen(
        "; ".join(dict.fromkeys(wrong)) or "nothing is half, nothing runs on; the next run is as any other",
        held=not wrong,
    )


def whole_but_unfinished(output: Path) -> str:
    """As `whole`; but what is killed leaves the file that it was writing, under a name that nobody reads."""
    wrong = whole(output)
    return "" if wrong.startswith("an unfinished") else wrong


@case(Group.CRASH, "an earlier run passed; this one is killed", "the earlier verdict is gone")
def stale_verdict(place: Place) -> Seen:
    tree = place.tree(CLEAN)
    first = place.scan(tree)
    (tree / "app.py").write_text(SHELL)
    place.shim("bandit", f'touch {place / "started"}; exec "$REAL" "$@"')
    with watching_children() as alive:
        child = place.start("scan", tree, "--advisories", "demo")
        _until((place / "started").exists, child)
        child.kill()
        ran = place.ended(child, alive)
    gone = not (ran.output / "secscan.json").exists()
    words = f"first {first.words}; then {'no report' if gone else 'the old report'}"
    return Seen(words, held=gone and first.code == 0)


@case(Group.CRASH, "a limit of 300 MB on the address space of all programs", "not passed, or all found", alone=lambda place: alone_on(place, place.tree(BAD), ALL_TOOLS, lambda place, environment: ["prlimit", "--as=300000000"]))  # fmt: skip
def little_memory(place: Place) -> Seen:
    place.wrapped = ("prlimit", "--as=300000000")
    ran = place.scan(place.tree(BAD))
    return Seen(f"{'not passed' if ran.code in (1, 2, 3) else ran.words}{'; ' + ran.trouble if ran.trouble else ''}", held=ran.code in (1, 2, 3) and not ran.trouble)  # fmt: skip


@case(Group.CRASH, "at most 40 open files", "not passed, or all found", alone=lambda place: alone_on(place, place.tree(BAD), ALL_TOOLS, lambda place, environment: ["prlimit", "--nofile=40"]))  # fmt: skip
def few_files(place: Place) -> Seen:
    place.wrapped = ("prlimit", "--nofile=40")
    ran = place.scan(place.tree(BAD))
    return Seen(f"{'not passed' if ran.code in (1, 2, 3) else ran.words}{'; ' + ran.trouble if ran.trouble else ''}", held=ran.code in (1, 2, 3) and not ran.trouble)  # fmt: skip


@case(Group.CRASH, "standard output is a pipe that nobody reads any more", "the verdict's exit code, all reports", alone=None, quick=True)  # fmt: skip
def broken_pipe(place: Place) -> Seen:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = place.only("bandit", place.tree(BAD), stdout=writing)
    finally:
        os.close(writing)
    return ended(ran, 1, more="" if (ran.output / "secscan.sarif").exists() else "no report")


@case(Group.CRASH, "standard input, output and error are closed", "the verdict's exit code, all reports")
def closed_streams(place: Place) -> Seen:
    place.program = ("/bin/sh", "-c", f'exec {SECSCAN} "$@" <&- >&- 2>&-', "sh")
    ran = place.only("bandit", place.tree(BAD))
    return ended(ran, 1, more="" if (ran.output / "secscan.sarif").exists() else "no report")


@case(Group.CRASH, "there is no folder for temporary files", "refused or incomplete; not passed")
def no_temporary_folder(place: Place) -> Seen:
    ran = place.scan(place.tree(CLEAN), env={"TMPDIR": str(place / "nowhere")})
    # Python takes another folder where the one that is named is not there; then all is as ever.
    return Seen("as ever" if ran.code == 0 and not ran.trouble else f"{ran.words}; {ran.trouble}", held=ran.code in (0, 2, 3) and not ran.trouble)  # fmt: skip


@case(Group.CRASH, "the folder for reports cannot be written to", "incomplete or refused; not passed")
def reports_cannot_be_written(place: Place) -> Seen:
    (place / "output-run").write_text("a file\n")
    return ended(place.scan(place.tree(CLEAN)), 2, 3)


@case(Group.CRASH, "a report leads to a device", "refused; the device is still one")
def report_is_a_device(place: Place) -> Seen:
    ran = place.scan(place.tree(CLEAN), "--report", "csv=/dev/full")
    return ended(ran, 2, 3, more="" if Path("/dev/full").is_char_device() else "the device was replaced")


@case(Group.CRASH, "scanners are suspended for a while and go on", "as ever: all found")
def suspended(place: Place) -> Seen:
    tree = place.tree(BAD)
    with watching_children() as alive:
        child = place.start("scan", tree, "--advisories", "demo")
        _until(lambda: bool(psutil.Process(child.pid).children()), child)
        tree_of = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
        for one in tree_of:
            with contextlib.suppress(psutil.Error):
                one.suspend()
        time.sleep(1)
        for one in tree_of:
            with contextlib.suppress(psutil.Error):
                one.resume()
        ran = place.ended(child, alive)
    return judged(ran, PLANTED)
