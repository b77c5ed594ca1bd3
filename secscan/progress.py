"""What is told while a scan goes on, to whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """What happened to one scanner just now; for a person who waits."""

    scanner: str
    state: str
    """`planned`, `running`, `completed`, `failed` or `skipped`."""
    done: int = 0
    pieces: int = 0
    since: float = 0.0
    """When the oldest of the pieces that run now began, by `stopping.awake`; 0 where none does."""
    limit: float = 0.0
    """Most seconds that a program may run."""
    seconds: float = 0.0
    """What its programs took, where it has ended."""
    detail: str = ""


@dataclass(frozen=True)
class Stage:
    """What the whole scan is at, beside what single scanners do; for a person who waits."""

    name: str
    done: int = 0
    total: int = 0
    """How much there is to do; 0 where nobody knows."""
    unit: str = ""
    """What is counted: `files`, `bytes`."""
    part: str = ""
    """What is looked at besides the target itself, such as the base to compare with."""


Watcher = Callable[[Progress | Stage], None]
"""What is told how far a scan is."""
