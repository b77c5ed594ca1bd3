"""Work that finds more work, done by a few threads, and never more results in memory than a few."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

TaskT = TypeVar("TaskT")
ItemT = TypeVar("ItemT")

_MOST_WAITING = 64
"""Results that nobody has taken yet, before the threads pause."""


def crawl(
    first: Iterable[TaskT], work: Callable[[TaskT], tuple[Iterable[TaskT], ItemT]], workers: int
) -> Iterator[ItemT]:
    """Yield what `work` makes of every task, in any order; it returns further tasks, too.

    The first error ends everything, and is raised here after what came before it. The newest task goes first, so that
    a tree is walked in depth and few tasks wait.
    """
    pile = _Pile(first)
    results: queue.SimpleQueue[ItemT | _End] = queue.SimpleQueue()
    slots = threading.Semaphore(_MOST_WAITING)

    def run() -> None:
        try:
            for task in pile:
                more, item = work(task)
                slots.acquire()
                results.put(item)
                pile.done(more)
        finally:
            pile.close()  # nobody ends before the work does, except by an error
            results.put(_End())

    with ThreadPoolExecutor(workers, thread_name_prefix="crawl") as pool:
        running: list[Future[None]] = [pool.submit(run) for _ in range(workers)]
        try:
            ended = 0
            while ended < workers:
                item = results.get()
                if isinstance(item, _End):
                    ended += 1
                else:
                    slots.release()
                    yield item
        finally:
            pile.close()
            slots.release(workers)  # whoever waits to hand on a result
    for one in running:
        one.result()


class _End:
    """A thread has ended."""


class _Pile(Generic[TaskT]):
    """Tasks that wait, taken by several threads until none is left and none is being worked on."""

    def __init__(self, first: Iterable[TaskT]) -> None:
        self._tasks = list(first)
        self._unfinished = len(self._tasks)
        self._closed = False
        self._changed = threading.Condition()

    def __iter__(self) -> Iterator[TaskT]:
        while True:
            with self._changed:
                while not self._tasks and self._unfinished and not self._closed:
                    self._changed.wait()
                if self._closed or not self._tasks:
                    return
                task = self._tasks.pop()
            yield task

    def done(self, more: Iterable[TaskT]) -> None:
        """One task is finished, and these came of it."""
        with self._changed:
            before = len(self._tasks)
            self._tasks.extend(more)
            added = len(self._tasks) - before
            self._unfinished += added - 1
            if not self._unfinished:
                self._changed.notify_all()
            elif added:
                self._changed.notify(added)

    def close(self) -> None:
        """Nothing more is taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
