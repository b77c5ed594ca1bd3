"""What a case is, and the list of all of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.scoreboard.place import Place


class Group(StrEnum):
    """What a case attacks; in the order in which the page has them."""

    FAIL_CLOSED = "fail-closed"
    REPOSITORY = "hostile repository"
    IMAGE = "hostile image"
    OUTPUT = "injection into outputs"
    CRASH = "crash and kill"
    DISK = "full disk"
    CONCURRENCY = "concurrency"
    HYGIENE = "secrets hygiene"
    VAULT = "Vault faults"
    CACHE = "cache"
    DETERMINISM = "determinism"
    NETWORK = "network"


@dataclass(frozen=True)
class Seen:
    """What was observed."""

    words: str
    """The same on every machine: no time, no path of this one."""
    held: bool


Look = Callable[[Place], Seen]
Alone = Callable[[Place], Mapping[str, str]]
"""Provokes the fault for other tools, each alone: name of the tool -> what it did, in words."""


@dataclass(frozen=True)
class Case:
    """One fault, and what must come of it."""

    group: Group
    name: str
    """One word with dashes; with the group, what the case is called by."""
    fault: str
    expected: str
    look: Look
    alone: Alone | None = None
    quick: bool = False
    """Whether it is among the tests that run before every change."""

    @property
    def id(self) -> str:
        return f"{self.group.replace(' ', '-')}/{self.name}"


_cases: dict[str, Case] = {}


def add(case: Case) -> None:
    """Enter a case into the list."""
    assert case.id not in _cases, case.id
    _cases[case.id] = case


def case(
    group: Group, fault: str, expected: str, *, alone: Alone | None = None, quick: bool = False
) -> Callable[[Look], Look]:
    """Enter a function as a case that is called as the function is."""

    def enter(look: Look) -> Look:
        add(Case(group, look.__name__.strip("_").replace("_", "-"), fault, expected, look, alone, quick))
        return look

    return enter


def all_cases() -> tuple[Case, ...]:
    """Every case, group by group, each in the order in which its file has them."""
    from tests.scoreboard import cases

    for module in sorted(pkgutil.iter_modules(cases.__path__), key=lambda one: one.name):
        importlib.import_module(f"{cases.__name__}.{module.name}")
    order = list(Group)
    return tuple(sorted(_cases.values(), key=lambda one: order.index(one.group)))
