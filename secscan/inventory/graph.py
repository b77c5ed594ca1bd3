"""Who asks for a package: the shortest way from a direct dependency, over the edges that a lock file gives."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import TypeVar

from secscan.inventory.contract import Declared, Label, Scope

KeyT = TypeVar("KeyT", bound=Hashable)

MAX_WAY = 30
"""Steps of a way that are told. Real ones have fewer than twenty; a hostile chain must not cost its square."""
MAX_EDGES = 2_000_000
"""Packages that those of one file ask for, each counted for each that asks; no file that anyone wrote has as many."""


def finder(labels: Mapping[KeyT, Collection[Label]]) -> Callable[[Iterable[KeyT]], list[Label]]:
    """Return what finds the packages that names stand for. Of a name there may be many.

    Raises `ValueError` where they are more than `MAX_EDGES` in all its calls together: a file of as many versions
    of one package, each of which asks for it, would cost its square.
    """
    left = MAX_EDGES

    def find(names: Iterable[KeyT]) -> list[Label]:
        nonlocal left
        found: list[Label] = []
        for name in names:
            meant = labels.get(name, ())
            left -= len(meant)
            if left < 0:
                raise ValueError("its packages ask for too many dependencies")
            found += meant
        return found

    return find


def ways(direct: Iterable[KeyT], asks_for: Mapping[KeyT, Iterable[KeyT]]) -> dict[KeyT, tuple[KeyT, ...]]:
    """Return, for everything that can be reached, who asks for it: from the direct dependency down to its parent.

    A direct dependency has an empty way. Of several ways the shortest is told, breadth first.
    """
    found: dict[KeyT, tuple[KeyT, ...]] = dict.fromkeys(direct, ())
    todo = deque(found)
    while todo:
        parent = todo.popleft()
        way = found[parent]
        for child in asks_for.get(parent, ()):
            if child not in found:
                found[child] = (*way, parent) if len(way) < MAX_WAY else way
                todo.append(child)
    return found


def told(
    packages: Iterable[Declared],
    roots: Iterable[tuple[Scope, Iterable[Label]]],
    asks_for: Mapping[Label, Iterable[Label]],
) -> tuple[Declared, ...]:
    """Return the packages with what a lock file's graph tells of each: whether it is direct, why it is there, and
    what for. A package that several roots need has the scope that comes first."""
    groups = [(scope, list(labels)) for scope, labels in roots]
    reached = [(scope, ways(labels, asks_for)) for scope, labels in groups]
    everything = ways((label for _, labels in groups for label in labels), asks_for)

    def one(package: Declared) -> Declared:
        label = (package.name, package.version)
        way = everything.get(label)
        scope = next((scope for scope, found in reached if label in found), Scope.UNKNOWN)
        return dataclasses.replace(
            package,
            direct=way == () if way is not None else None,
            why=tuple(f"{name} {version}" for name, version in way or ()),
            scope=package.scope or scope,
        )

    return tuple(one(package) for package in packages)
