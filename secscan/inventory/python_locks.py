"""Python's lock files: `uv.lock`, `poetry.lock`, `pdm.lock`, `pylock.toml` (PEP 751) and `Pipfile.lock`."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from secscan.inventory.contract import (
    Declared,
    Graph,
    Inventory,
    Label,
    Lines,
    Scope,
    broken,
    joined,
    not_released,
    reading,
)
from secscan.inventory.documents import items, read_json, read_toml, table, table_lines, word
from secscan.inventory.graph import told
from secscan.inventory.names import PYPI, normal_name
from secscan.inventory.requirements import requirement

_OWN = {"editable", "virtual", "directory"}
"""Words for the project itself, or a part of it."""
_ELSEWHERE = {"git", "url", "path", "file", "vcs", "archive", "hg", "svn"}


@reading
def read_toml_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file with `[[package]]` (uv, Poetry, PDM) or `[[packages]]` (PEP 751)."""
    text, document = read_toml(data)
    entries = document.get("package", document.get("packages"))
    if entries is None:
        return Inventory() if document else broken(path, "it is empty")
    if not isinstance(entries, list):
        return broken(path, "its list of packages is not a list")
    lines = table_lines(text, "[[package]]", "[[packages]]")
    found = joined(_entry(path, entry, next(lines, 0)) for entry in entries)
    return _with_graph(path, found, [one for one in entries if isinstance(one, dict)])


def _entry(path: str, entry: Any, line: int) -> Inventory:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return broken(path, "a package without a name", line)
    name, version = entry["name"], entry.get("version")
    origin = _origin(entry)
    if origin & _OWN:
        return Inventory()
    if not isinstance(version, str) or not version:
        return not_released(path, name, line)
    found = Inventory(packages=(Declared(name, version, PYPI, path, line, scope=_scope(entry)),))
    if origin & _ELSEWHERE:
        # It calls itself this version: PyPI's advisories may hold for it, but their silence means nothing.
        return joined([found, not_released(path, name, line)])
    return found


def _origin(entry: dict[str, Any]) -> set[str]:
    """What an entry says of where it comes from: words of uv, Poetry (`type`), PDM and PEP 751 (members)."""
    source = entry.get("source")
    if not isinstance(source, dict):
        return set(entry)
    return {str(source["type"])} if "type" in source else set(source)


def _scope(entry: dict[str, Any]) -> Scope:
    """Poetry's and PDM's words for what a package is locked for."""
    groups = items(entry.get("groups")) or [entry.get("category", "main")]
    if not {"main", "default"} & {one for one in groups if isinstance(one, str)}:
        return Scope.DEV
    return Scope.OPTIONAL if entry.get("optional") is True else Scope.UNKNOWN


def _with_graph(path: str, found: Inventory, entries: list[dict[str, Any]]) -> Inventory:
    """Tell what is direct: uv locks the project itself; for the others the manifest beside the lock file tells."""
    labels: dict[str, list[Label]] = defaultdict(list)
    for package in found.packages:
        labels[normal_name(package.name)].append((package.name, package.version))

    def locked(names: Iterable[str]) -> list[Label]:
        return [label for name in names for label in labels.get(normal_name(name), ())]

    asks_for: dict[Label, list[Label]] = {}
    roots: list[tuple[Scope, list[Label]]] = []
    for entry in entries:
        if _origin(entry) & _OWN:
            roots.append((Scope.UNKNOWN, locked(_names(entry.get("dependencies")))))
            for scope, member in ((Scope.OPTIONAL, "optional-dependencies"), (Scope.DEV, "dev-dependencies")):
                roots += [(scope, locked(_names(group))) for group in table(entry, member).values()]
        elif isinstance(entry.get("version"), str):
            names = [*_names(entry.get("dependencies"))]
            names += [name for group in table(entry, "optional-dependencies").values() for name in _names(group)]
            asks_for[word(entry.get("name")), entry["version"]] = locked(names)
    if roots:
        roots.sort(key=lambda one: (Scope.UNKNOWN, Scope.OPTIONAL, Scope.DEV).index(one[0]))
        return dataclasses.replace(found, packages=told(found.packages, roots, asks_for))
    return dataclasses.replace(found, graphs=(Graph(path, asks_for),))


def _names(dependencies: Any) -> Iterator[str]:
    """Names in a list of tables (uv, PEP 751), of requirements (PDM), or in a table (Poetry)."""
    if isinstance(dependencies, Mapping):
        yield from dependencies
    for one in items(dependencies):
        if isinstance(one, dict):
            yield word(one.get("name"))
        elif isinstance(one, str):
            try:
                yield Requirement(one).name
            except InvalidRequirement:
                continue  # it says who asks for whom, and nothing else


@reading
def read_pipfile_lock(path: str, data: bytes) -> Inventory:
    """Read `Pipfile.lock`."""
    text, document = read_json(data)
    lines = Lines(text)
    result = []
    for section, members in document.items():
        if section == "_meta":
            continue  # every other member is a category of packages, under a name of the project's choice
        if not isinstance(members, dict):
            result.append(broken(path, f"its category {section[:100]!r} is not an object"))
            continue
        scope = Scope.DEV if section == "develop" else Scope.UNKNOWN
        for name, entry in members.items():
            version = entry.get("version") if isinstance(entry, dict) else None
            line = lines.of(name)
            if isinstance(version, str):
                result.append(requirement(path, f"{name}{version}", line, scope=scope))
            else:
                result.append(not_released(path, name, line))
    return joined(result)
