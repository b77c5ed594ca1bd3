"""The live display of a scan: what it says, and how it is drawn over itself."""

from __future__ import annotations

import os
import select
import threading
from dataclasses import dataclass, field, replace

from secscan.progress import Progress, Stage
from secscan.stopping import awake

_NEAR = 0.8
"""The part of its time after which what is left of it is shown."""
_WIDEST = 100
_NAME = 18
_STATE = 13
_MOST_AWAITED = 3
_DRAW_SECONDS = 0.2
_ENDED = {"completed": "done", "failed": "FAILED"}


@dataclass
class State:
    """What is known of the scan. Names of scanners and stages are ours; what is of the target is not shown."""

    began: float = field(default_factory=lambda: awake())
    stage: Stage = field(default_factory=lambda: Stage("starting"))
    scanners: dict[str, Progress] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    """When each scanner was first seen running."""

    def take(self, event: Progress | Stage) -> None:
        """Remember what has happened."""
        if isinstance(event, Progress):
            known = self.scanners.get(event.scanner)
            if event.state == "running":
                self.first.setdefault(event.scanner, event.since or awake())
                # Threads tell of their beginning, and may be late to.
                event = replace(event, done=max(event.done, known.done if known else 0))
            self.scanners[event.scanner] = event
            return
        if event.part != self.stage.part and event.part:
            self.scanners, self.first = {}, {}
        self.stage = event

    def lines(self, width: int, height: int) -> list[str]:
        """Return what is shown now on a screen of this size: each line fits, and all lines do."""
        now = awake()
        shown = [one for one in self.scanners.values() if one.state != "skipped"]
        rows = [self._row(one, now) for one in shown]
        room = max(height - 2, 1)
        if len(rows) > room:
            # What runs is what one waits for.
            order = sorted(range(len(shown)), key=lambda at: (shown[at].state != "running", at))
            rows = [*(rows[at] for at in sorted(order[: room - 1])), f"  ... and {len(rows) - room + 1} more"]
        most = max(min(width - 1, _WIDEST), 1)
        return [line[:most].rstrip() for line in (self._head(shown, now), *rows)]

    def _head(self, shown: list[Progress], now: float) -> str:
        words = [f"{_seconds(now - self.began):>6} ", self.stage.name]
        if self.stage.part:
            words.append(f"({self.stage.part})")
        if amount := _amount(self.stage):
            words.append(amount)
        running = [one.scanner for one in shown if one.state == "running"]
        if running and self.stage.name == "scanning":
            more = f" and {len(running) - _MOST_AWAITED} more" if len(running) > _MOST_AWAITED else ""
            words.append(f"- waiting for {', '.join(running[:_MOST_AWAITED])}{more}")
        return " ".join(words)

    def _row(self, one: Progress, now: float) -> str:
        if one.state == "planned":
            return f"  {one.scanner:<{_NAME}} {'waiting':<{_STATE}} {'':>6}  for a free core"
        if one.state != "running":
            seconds = _seconds(one.seconds) if one.seconds else ""
            return f"  {one.scanner:<{_NAME}} {_ENDED.get(one.state, one.state):<{_STATE}} {seconds:>6}"
        state = f"running {one.done}/{one.pieces}" if one.pieces > 1 else "running"
        row = f"  {one.scanner:<{_NAME}} {state:<{_STATE}} {_seconds(now - self.first[one.scanner]):>6}"
        used = now - one.since if one.since else 0.0
        if one.limit and used > _NEAR * one.limit:
            row += f"  time-out in {_seconds(max(one.limit - used, 0))}"
        return row


def _seconds(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole} s" if whole < 600 else f"{whole // 60} min"


def _amount(stage: Stage) -> str:
    if stage.unit == "bytes":
        return f"{stage.done / 1_000_000:,.0f} MB" if stage.done else ""
    return f"{stage.done:,} of {stage.total:,} {stage.unit}" if stage.total else ""


class Screen:
    """A block of lines at the bottom of a terminal, which is drawn over itself."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._drawn: list[str] = []
        self._lock = threading.Lock()

    def size(self) -> tuple[int, int]:
        """Columns and lines now: a window can be resized at any time."""
        try:
            size = os.get_terminal_size(self._descriptor)
        except OSError:
            return 80, 24
        return size.columns or 80, size.lines or 24

    def draw(self, lines: list[str]) -> None:
        """Show these lines in place of those shown before."""
        if not self._is_ours():
            return
        with self._lock:
            self._write(self._to_top() + "\x1b[K\n".join(lines) + "\x1b[J")
            self._drawn = lines

    def say(self, text: str) -> None:
        """Write a line above the block."""
        with self._lock:
            self._write(f"{self._to_top()}\x1b[J{text}")
            self._drawn = []

    def clear(self) -> None:
        """Take the block away. Never waits long: whoever draws may have been halted."""
        locked = self._lock.acquire(timeout=_DRAW_SECONDS)
        if self._drawn and select.select([], [self._descriptor], [], _DRAW_SECONDS)[1]:
            self._write(f"{self._to_top()}\x1b[J")
        self._drawn = []
        if locked:
            self._lock.release()

    def _to_top(self) -> str:
        """What moves to the first line of the block. One that has been broken by a narrower window is left as it is:
        terminals differ in how many lines it takes then, and what stands above it is not ours."""
        if not self._drawn:
            return ""
        if max(map(len, self._drawn)) >= self.size()[0]:
            return "\n"
        return "\r" + (f"\x1b[{len(self._drawn) - 1}A" if len(self._drawn) > 1 else "")

    def _write(self, text: str) -> None:
        os.write(self._descriptor, text.encode("ascii", "replace"))

    def _is_ours(self) -> bool:
        """Whether we are in the foreground: the screen belongs to whoever is."""
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return True  # not our controlling terminal, such as one that a test reads
