"""In which order pieces of work are started, and how many at once.

The longest first, so that no core waits at the end for one that was started late; and only as many as memory has room
for. How long a piece takes is guessed from its size, which is enough to order them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

WorkT = TypeVar("WorkT")
ResultT = TypeVar("ResultT")

_WAKE = 0.2
"""Seconds after which a wait looks up, so that Ctrl-C is heard."""
_GROUP = Path("/sys/fs/cgroup")
"""Where a container is told how much it may take."""
_SHARE = 0.75
"""Of the memory that is free."""


@dataclass(frozen=True)
class Job(Generic[WorkT]):
    """One piece of work, and what it will probably take."""

    work: WorkT
    seconds: float
    megabytes: int


def run_jobs(
    jobs: list[Job[WorkT]],
    run: Callable[[WorkT], ResultT],
    pool: ThreadPoolExecutor,
    *,
    workers: int,
    megabytes: int,
) -> Iterator[tuple[WorkT, Future[ResultT]]]:
    """Run jobs in the threads of a pool, the longest first, and yield each when it has ended.

    At most `workers` run at a time, and they are expected to take at most `megabytes` together; one that is expected to
    take more runs alone. The pool is the caller's, who knows how to end what runs when it stops early; no other job is
    started then.
    """
    waiting = sorted(jobs, key=lambda job: -job.seconds)
    running: dict[Future[ResultT], Job[WorkT]] = {}
    while waiting or running:
        while len(running) < workers and (job := _next(waiting, list(running.values()), megabytes)):
            waiting.remove(job)
            running[pool.submit(run, job.work)] = job
        done, _ = wait(running, timeout=_WAKE, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future).work, future


def free_megabytes() -> int:
    """Return how much memory scanners may take together, in MB."""
    import psutil

    free = float(psutil.virtual_memory().available)
    with contextlib.suppress(OSError, ValueError):  # no limit, another version of cgroups, or another system
        free = min(free, int((_GROUP / "memory.max").read_text()) - int((_GROUP / "memory.current").read_text()))
    return max(0, int(free * _SHARE / 1_000_000))


def _next(waiting: list[Job[WorkT]], running: list[Job[WorkT]], megabytes: int) -> Job[WorkT] | None:
    """The longest that there is room for."""
    room = megabytes - sum(job.megabytes for job in running)
    return next((job for job in waiting if not running or job.megabytes <= room), None)
