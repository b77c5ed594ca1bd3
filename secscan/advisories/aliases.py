"""Alias groups: ids of several databases that mean the same vulnerability."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar


def alias_groups(names: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Group records that share an id, directly or through others.

    `names` maps each record's id to all ids it is known by. Returns the groups of record ids, each sorted, in order.
    The groups hold for one package only: databases join ids of different packages (tensorflow-cpu and tensorflow-gpu)
    under one CVE.
    """
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        leader.setdefault(name, name)
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for record, known in names.items():
        for name in known:
            leader[find(name)] = find(record)
    groups: dict[str, list[str]] = {}
    for record in sorted(names):
        groups.setdefault(find(record), []).append(record)
    return sorted(tuple(group) for group in groups.values())


class Told(Protocol):
    """What is grouped: an advisory, and what it is known by."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Its id and all aliases."""

    @property
    def vulnerabilities(self) -> tuple[str, ...]:
        """CVE ids of all that it is about, where that is more than itself."""


ToldT = TypeVar("ToldT", bound=Told)


def by_vulnerability(advice: Mapping[str, ToldT]) -> list[tuple[tuple[str, ...], tuple[ToldT, ...]]]:
    """Return each vulnerability, as all names that it is known by, with the advisories that tell of it.

    An update of a distribution that fixes many vulnerabilities tells of each: they stay apart, so that who accepts one
    has not accepted the others.
    """
    known: dict[str, tuple[str, ...]] = {}
    whose: dict[str, ToldT] = {}
    for name, one in advice.items():
        many = len(one.vulnerabilities) > 1
        for part in one.vulnerabilities if many else ("",):
            key = f"{name}\0{part}"
            known[key] = (part,) if many else (*one.ids, *one.vulnerabilities)
            whose[key] = one
    result = []
    for group in alias_groups(known):
        members = tuple(whose[key] for key in group)
        names = {name for key in group for name in known[key]} | {name for one in members for name in one.ids}
        result.append((tuple(sorted(names)), members))
    return result
