"""Work that finds more work: all of it is done, few results wait, and the first error ends it."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.stores.vault import crawl as module
from secscan.stores.vault.crawl import crawl

TREES = st.recursive(st.just(()), lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=40)


def size(tree: tuple) -> int:  # type: ignore[type-arg]
    return 1 + sum(map(size, tree))


@settings(max_examples=50)
@given(TREES, st.integers(1, 5))
def test_every_task_is_done_once(tree: tuple, workers: int) -> None:  # type: ignore[type-arg]
    assert len(list(crawl([tree], lambda task: (task, len(task)), workers))) == size(tree)


def test_no_task_is_no_result() -> None:
    assert list(crawl([], lambda task: ([], task), 3)) == []


@pytest.mark.parametrize("workers", [1, 4])
def test_few_results_wait(workers: int) -> None:
    made = threading.Semaphore(0)

    def work(task: int) -> tuple[list[int], int]:
        made.release()
        return [], task

    results = crawl(range(1_000), work, workers)
    next(results)
    done = 0
    while made.acquire(timeout=0.2):  # until nobody works any longer
        done += 1
    assert done <= module._MOST_WAITING + 1 + workers
    assert len(list(results)) == 999


def test_the_first_error_comes_after_what_was_done_and_ends_it() -> None:
    asked: list[int] = []

    def work(task: int) -> tuple[list[int], int]:
        asked.append(task)
        if task == 5:
            raise ValueError(task)
        return [], task

    got: list[int] = []
    with pytest.raises(ValueError, match="5"):
        got.extend(crawl(range(10), work, 1))  # the newest first: 9, 8, 7, 6, 5
    assert asked == [9, 8, 7, 6, 5]
    results = crawl(range(10), work, 1)
    for wanted in (9, 8, 7, 6):
        assert next(results) == wanted
    with pytest.raises(ValueError, match="5"):
        next(results)


def test_an_error_wakes_those_who_wait_for_work() -> None:
    waiting = threading.Barrier(2)

    def work(task: str) -> tuple[list[str], str]:
        if task == "fails":
            raise ValueError(task)
        waiting.wait(20)
        return ["fails"], task

    with pytest.raises(ValueError, match="fails"):
        list(crawl(["one", "two"], work, 4))


def test_whoever_stops_taking_leaves_no_thread() -> None:
    results = crawl(range(1_000), lambda task: ([], task), 4)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not [one for one in threading.enumerate() if one.name.startswith("crawl")]
