"""One budget of seconds for all threads, with a clock of our own."""

from __future__ import annotations

import pytest

from secscan.stores.vault import patience
from secscan.stores.vault.patience import Patience


class Clock:
    """Stands still until somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(patience, "time", made)
    return made


def patient(budget: float, clock: Clock) -> Patience:
    made = Patience(budget)

    def wait(seconds: float) -> bool:
        clock.now += seconds
        clock.waits.append(seconds)
        return False

    made._over.wait = wait  # type: ignore[assignment, method-assign]
    return made


def test_each_wait_is_about_twice_the_one_before(clock: Clock) -> None:
    one = patient(1_000, clock)
    one.begin(clock.now)
    assert all(one.wait(tries, 0.0) for tries in range(1, 8))
    for wait, most in zip(clock.waits, (0.5, 1, 2, 4, 8, 8, 8), strict=True):
        assert most / 2 <= wait <= most


def test_what_the_server_asks_for_is_heeded(clock: Clock) -> None:
    one = patient(100, clock)
    one.begin(clock.now)
    assert one.wait(1, 30.0)
    assert clock.waits == [30.0]
    assert not one.wait(2, 71.0)  # longer than there is time


def test_time_counts_only_while_something_is_in_trouble_and_once_for_all(clock: Clock) -> None:
    one = patient(60, clock)
    clock.now += 1_000
    assert one.left() == 60
    one.begin(clock.now - 10)  # its first try took ten seconds
    one.begin(clock.now)
    clock.now += 5
    assert one.left() == 45
    one.end()
    clock.now += 5
    assert one.left() == 40
    one.end()
    clock.now += 1_000
    assert one.left() == 40


def test_the_budget_ends(clock: Clock) -> None:
    one = patient(10, clock)
    one.begin(clock.now)
    tries = 1
    while one.wait(tries, 0.0):
        tries += 1
    assert clock.now <= 110
    assert 3 <= tries <= 6


def test_nobody_waits_once_it_is_closed() -> None:
    one = Patience(1_000)
    one.begin(0.0)
    one.give_up()
    assert not one.wait(6, 0.0)
