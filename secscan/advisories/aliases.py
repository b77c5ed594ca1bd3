"""Alias groups: ids of several databases that mean the same vulnerability."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


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
