"""What stands below a process: how much memory it takes, and how it is ended."""

from __future__ import annotations

import contextlib

import psutil


def tree_megabytes(pid: int) -> float:
    """Return the memory of a process and all below it, in MB; 0 where it is gone."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    except psutil.Error:
        return 0.0
    return total / 1_000_000


class Descendants:
    """Everything below a process, also when that is gone."""

    def __init__(self, pid: int) -> None:
        """Take what stands below the process `pid` now."""
        self._all: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            self._all = psutil.Process(pid).children(recursive=True)

    def kill(self) -> None:
        """End all of it."""
        for process in self._all:
            with contextlib.suppress(psutil.Error):
                process.kill()

    def alive(self) -> bool:
        """Whether anything is left of it."""
        return any(_alive(process) for process in self._all)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
