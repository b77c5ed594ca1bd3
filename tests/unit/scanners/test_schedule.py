"""The longest first, as many as there are workers and memory for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from secscan.scanners import schedule
from secscan.scanners.schedule import Job, free_megabytes, run_jobs


def order_of(jobs: list[Job[str]], *, workers: int = 1, megabytes: int = 1000) -> list[str]:
    started: list[str] = []
    all_of(jobs, started.append, workers=workers, megabytes=megabytes)
    return started


def all_of(jobs: list[Job[Any]], work: Callable[[Any], Any], *, workers: int, megabytes: int) -> list[Any]:
    with ThreadPoolExecutor() as pool:
        return list(run_jobs(jobs, work, pool, workers=workers, megabytes=megabytes))


def test_the_longest_is_started_first() -> None:
    assert order_of([Job("a", 1, 1), Job("b", 3, 1), Job("c", 2, 1)]) == ["b", "c", "a"]


def test_every_job_ends_and_brings_its_result_or_its_error() -> None:
    def work(name: str) -> str:
        if name == "bad":
            raise ValueError(name)
        return name * 2

    ended = dict(all_of([Job("a", 1, 1), Job("bad", 2, 1)], work, workers=2, megabytes=10))
    assert ended["a"].result() == "aa"
    with pytest.raises(ValueError, match="bad"):
        ended["bad"].result()


def test_memory_limits_how_many_run_at_once_and_nothing_starves() -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def work(megabytes: int) -> None:
        with lock:
            running[0] += megabytes
            most[0] = max(most[0], running[0])
        time.sleep(0.02)
        with lock:
            running[0] -= megabytes

    sizes = [60, 50, 40, 30, 200, 10]
    ended = all_of([Job(size, size, size) for size in sizes], work, workers=6, megabytes=100)
    assert sorted(one for one, _ in ended) == sorted(sizes)
    assert most[0] == 200  # which runs alone
    ended = all_of([Job(size, 1, size) for size in sizes if size < 100], work, workers=6, megabytes=100)
    assert len(ended) == 5


def test_who_stops_early_starts_nothing_more() -> None:
    started: list[int] = []
    with ThreadPoolExecutor() as pool:
        jobs = run_jobs([Job(n, 1, 1) for n in range(100)], started.append, pool, workers=1, megabytes=10)
        next(jobs)
        jobs.close()
    assert len(started) == 1


def test_a_container_is_held_to_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_GROUP", tmp_path)
    whole = free_megabytes()
    assert whole > 0
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("2000000\n")
    assert free_megabytes() > 10
    (tmp_path / "memory.max").write_text("12000000\n")
    assert free_megabytes() == 7
    (tmp_path / "memory.max").write_text("1000000\n")
    assert free_megabytes() == 0
