"""Remembers when the stages and scanners of a scan began and ended. It knows nothing of OpenTelemetry."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from secscan.progress import Progress, Stage

_ENDS = frozenset({"completed", "failed", "skipped"})
_WHOLE = -1


@dataclass(slots=True)
class Step:
    """One stage or scanner. Times are nanoseconds since the epoch."""

    name: str
    kind: str
    """`stage` or `scanner`."""
    parent: int
    """Number of the step that it is a part of; -1 for a part of the whole."""
    started: int
    ended: int = 0
    """0 while it goes on."""
    outcome: str = ""
    """How a scanner ended: `completed`, `failed` or `skipped`; empty for one that did not, and for stages."""
    pieces: int = 0
    """Into how many pieces a scanner's work was divided."""
    beside: bool = False
    """Whether it is about something beside the target, such as the base to compare with."""


@dataclass(slots=True)
class Record:
    """All steps, in the order in which they began. Events may come from any thread."""

    clock: Callable[[], int] = time.time_ns
    steps: list[Step] = field(default_factory=list)
    started: int = 0
    ended: int = 0
    _stage: int = _WHOLE
    """Number of the stage that goes on."""
    _now: tuple[str, str] = ("", "")
    _scanners: dict[str, int] = field(default_factory=dict)
    """Number of the step of each scanner that is at work."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def take(self, event: Progress | Stage) -> None:
        """An event of the scan."""
        with self._lock:
            if isinstance(event, Stage):
                self._take_stage(event)
            else:
                self._take_scanner(event)

    def end(self) -> None:
        """The scan is over, and so is every step that goes on."""
        with self._lock:
            self.ended = self.clock()
            for step in self.steps:
                step.ended = step.ended or self.ended

    def _take_stage(self, event: Stage) -> None:
        """A stage ends where the next one begins; further events of one tell how far it is."""
        if (event.name, event.part) == self._now:
            return
        if self._stage != _WHOLE:
            self.steps[self._stage].ended = self.clock()
        self._now = (event.name, event.part)
        self._stage = self._begin(event.name, "stage", _WHOLE, beside=bool(event.part))

    def _take_scanner(self, event: Progress) -> None:
        if event.state == "running" and event.scanner not in self._scanners:
            self._scanners[event.scanner] = self._begin(event.scanner, "scanner", self._stage)
        if event.state == "running":
            self.steps[self._scanners[event.scanner]].pieces = event.pieces
        if event.state in _ENDS:
            number = self._scanners.pop(event.scanner, None)
            step = self.steps[self._begin(event.scanner, "scanner", self._stage) if number is None else number]
            step.outcome = event.state
            step.ended = self.clock()

    def _begin(self, name: str, kind: str, parent: int, *, beside: bool = False) -> int:
        self.steps.append(Step(name, kind, parent, self.clock(), beside=beside))
        return len(self.steps) - 1
