"""Shows what is going on: one live line on a terminal, nothing in CI."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from secscan.progress import Progress

if TYPE_CHECKING:
    from secscan.progress import Stage, Watcher

_MARKS = {"completed": "done", "failed": "FAILED", "skipped": "nothing to do", "planned": "waiting"}


@contextlib.contextmanager
def show_progress(*, quiet: bool) -> Iterator[Watcher]:
    """Give a function that takes progress events and keeps one line on a terminal's standard error up to date."""
    if quiet or not sys.stderr.isatty():
        yield lambda event: None  # noqa: ARG005 - nobody is watching
        return
    line = _Line()
    ticker = threading.Thread(target=line.tick, daemon=True)
    ticker.start()
    try:
        yield line.take
    finally:
        line.stop()
        ticker.join(timeout=1)


@contextlib.contextmanager
def show_download(*, quiet: bool) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Give a function that takes the name of a file and gives what takes its progress: one bar on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda name: lambda have, total: None  # noqa: ARG005 - nobody is watching
        return
    try:
        yield lambda name: functools.partial(_draw_bar, name)
    finally:
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()


def _draw_bar(name: str, have: int, total: int) -> None:
    from secscan.reports.escape import terminal

    done = f"[{'#' * (30 * have // total):<30}] {100 * have // total:3} %" if total else ""
    sys.stderr.write(f"\r\x1b[2K{terminal(name)[:40]} {done} {have / 1_000_000:.1f} MB")
    sys.stderr.flush()


class _Line:
    """The live line. Scanner names are ours; nothing of the target is shown in it."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._started = time.monotonic()
        self._stopped = threading.Event()

    def take(self, event: Progress | Stage) -> None:
        """Remember what happened to a scanner."""
        if not isinstance(event, Progress):
            return
        if event.state == "running":
            self._states[event.scanner] = f"{event.done}/{event.pieces}" if event.pieces > 1 else "running"
        else:
            self._states[event.scanner] = _MARKS.get(event.state, event.state)

    def tick(self) -> None:
        """Draw the line anew until it is stopped."""
        while not self._stopped.wait(0.2):
            states = "  ".join(f"{name} {state}" for name, state in self._states.items())
            seconds = time.monotonic() - self._started
            sys.stderr.write(f"\r\x1b[2K{seconds:4.0f} s  {states or 'listing files'}"[:200])
            sys.stderr.flush()

    def stop(self) -> None:
        """Take the line away."""
        self._stopped.set()
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()
