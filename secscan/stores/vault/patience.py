"""How long a connection goes on trying: one budget of seconds for all its threads."""

from __future__ import annotations

import random
import threading
import time

FIRST_WAIT = 0.5
"""Seconds before the second try; doubled for each further one."""
_LONGEST_WAIT = 8.0
MOST_TRIES = 6
"""Of one question, so that one path that always fails does not use up what all others may need."""


class Patience:
    """The seconds during which at least one question was in trouble. Eight threads that wait at once count once."""

    def __init__(self, budget: float) -> None:
        self._budget = budget
        self._spent = 0.0
        self._since = 0.0
        self._troubled = 0
        self._lock = threading.Lock()
        self._over = threading.Event()

    def left(self) -> float:
        """Seconds that are left."""
        with self._lock:
            running = time.monotonic() - self._since if self._troubled else 0.0
            return self._budget - self._spent - running

    def begin(self, since: float) -> None:
        """A question that was asked at `since` (monotonic) is in trouble."""
        with self._lock:
            if not self._troubled:
                self._since = since
            self._troubled += 1

    def end(self) -> None:
        """It is no longer, or was given up."""
        with self._lock:
            self._troubled -= 1
            if not self._troubled:
                self._spent += time.monotonic() - self._since

    def wait(self, tries: int, at_least: float) -> bool:
        """Wait before the next try, after `tries` that failed; return False when there is no time for that."""
        most = min(_LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1))
        seconds = max(at_least, random.uniform(most / 2, most))  # noqa: S311 - spreads clients, hides nothing
        return seconds < self.left() and not self._over.wait(seconds)

    def give_up(self) -> None:
        """Nobody waits any longer."""
        self._over.set()
