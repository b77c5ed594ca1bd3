"""Shows what is going on: a live display on a terminal; elsewhere at most a line when a scanner ends."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator

from secscan import leftovers
from secscan.cli import say
from secscan.cli.display import Screen, State
from secscan.progress import Progress, Stage, Watcher
from secscan.stopping import told_first

_EVERY_SECONDS = 0.2


@contextlib.contextmanager
def show_progress(*, quiet: bool) -> Iterator[Watcher]:
    """Give a function that takes events of a scan, and show them on standard error."""
    if quiet or not _is_live():
        yield _tell_ends
        return
    state, screen = State(), Screen(sys.stderr.fileno())
    stopped = threading.Event()

    def tick() -> None:
        while not stopped.wait(_EVERY_SECONDS):
            leftovers.halt_if_ending()
            with contextlib.suppress(OSError):  # the terminal has gone; the scan goes on
                screen.draw(state.lines(*screen.size()))

    def take(event: Progress | Stage) -> None:
        state.take(event)
        _tell_ends(event)

    ticker = threading.Thread(target=tick, daemon=True, name="secscan-progress")
    ticker.start()
    with told_first(screen.clear), say.spoken_by(screen.say):
        try:
            yield take
        finally:
            stopped.set()
            ticker.join(timeout=1)
            screen.clear()


@contextlib.contextmanager
def show_download(*, quiet: bool) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Give a function that takes the name of a file and gives what takes its progress: one bar on a terminal."""
    if quiet or not _is_live():
        yield lambda name: lambda have, total: None  # noqa: ARG005 - nobody is watching
        return
    screen = Screen(sys.stderr.fileno())
    with told_first(screen.clear):
        try:
            yield lambda name: functools.partial(_draw_bar, screen, name)
        finally:
            screen.clear()


def _is_live() -> bool:
    """Whether standard error is a screen that can be drawn on; logs of CI are none, even where they say so."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb") and not os.environ.get("CI")


def _tell_ends(event: Progress | Stage) -> None:
    if isinstance(event, Progress) and event.state in ("completed", "failed"):
        why = f": {event.detail}" if event.detail else ""
        say.detail(f"{event.scanner} {event.state} after {event.seconds:.1f} s{why}")


def _draw_bar(screen: Screen, name: str, have: int, total: int) -> None:
    from secscan.reports.escape import terminal

    done = f"[{'#' * (30 * have // total):<30}] {100 * have // total:3} %" if total else ""
    screen.draw([f"{terminal(name)[:24]} {done} {have / 1_000_000:.1f} MB"[: screen.size()[0] - 1]])
