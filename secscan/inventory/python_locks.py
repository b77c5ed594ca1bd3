"""Python's lock files: `uv.lock`, `poetry.lock`, `pdm.lock`, `pylock.toml` (PEP 751) and `Pipfile.lock`."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from secscan.inventory.addresses import fetched_from
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
from secscan.inventory.graph import finder, told
from secscan.inventory.names import PYPI, normal_name
from secscan.inventory.requirements import requirement

_OWN = {"editable", "virtual", "directory"}
"""Words for the project itself, or a part of it."""
_ELSEWHERE = {"git", "url", "path", "file", "vcs", "archive", "hg", "svn"}
_MEMBERS = _OWN | _ELSEWHERE | {"wheels", "sdist"}
_URL = re.compile(r"[A-Za-z][\w+.-]+:")


@reading
def read_toml_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file with `[[package]]` (uv, Poetry, PDM) or `[[packages]]` (PEP 751)."""
    text, document = read_toml(data)
    if not document:
        return broken(path, "it is empty")
    parts, entries = [], []
    for member in ("package", "packages"):  # both: an empty one must not hide what an installer reads
        listed = document.get(member, [])
        if not isinstance(listed, list):
            return broken(path, "its list of packages is not a list")
        lines = table_lines(text, f"[[{member}]]")
        parts += [_entry(path, entry, next(lines, 0)) for entry in listed]
        entries += [one for one in listed if isinstance(one, dict)]
    return _with_graph(path, joined(parts), entries) if parts else Inventory()


def _entry(path: str, entry: Any, line: int) -> Inventory:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return broken(path, "a package without a name", line)
    name, version = entry["name"], entry.get("version")
    if _is_own(path, entry):
        return Inventory()
    if not isinstance(version, str) or not version:
        return not_released(path, name, line)
    package = Declared(name, version, PYPI, path, line, scope=_scope(entry))
    if _origin(path, entry) & (_OWN | _ELSEWHERE):
        # It calls itself this version: PyPI's advisories may hold for it, but their silence means nothing.
        return joined([Inventory(packages=(package,)), not_released(path, name, line)])
    return fetched_from(package, _addresses(entry))


def _addresses(entry: dict[str, Any]) -> Iterator[str]:
    """From where the files of a package are fetched."""
    for file in (*items(entry.get("wheels")), *items(entry.get("files")), entry.get("sdist")):
        for member in ("url", "path"):
            yield word(table(file).get(member))


def _origin(path: str, entry: dict[str, Any]) -> set[str]:
    """What an entry says of where it comes from: words of uv, Poetry (`type`), and members of PDM and PEP 751."""
    source = table(entry, "source")
    if "type" in source:
        return {str(source["type"])}
    return set(source) | (entry.keys() & (_MEMBERS if _has_members(path) else _ELSEWHERE))


def _has_members(path: str) -> bool:
    """Whether an entry's own members may say that it is the project. In other files they are of no meaning."""
    return path.rpartition("/")[2].startswith(("pdm", "pylock"))


def _is_own(path: str, entry: dict[str, Any]) -> bool:
    """Whether an entry is the project, or a part of it: what says that and more is judged like any other."""
    origin = _origin(path, entry)
    if origin == {"path", "editable"}:  # PDM
        return entry.get("editable") is True and _is_local(entry.get("path"))
    if len(origin) != 1 or not origin <= _OWN:
        return False
    (kind,) = origin
    source = table(entry, "source")
    if "type" in source:
        return source.keys() <= {"type", "url"} and _is_local(source.get("url"))
    return _is_local(source.get(kind) or table(entry, kind).get("path"))


def _is_local(value: Any) -> bool:
    return isinstance(value, str) and value != "" and not _URL.match(value)


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
    find = finder(labels)
    asks_for: dict[Label, list[Label]] = {}
    roots: dict[Scope, list[Label]] = {Scope.UNKNOWN: [], Scope.OPTIONAL: [], Scope.DEV: []}
    is_told = False
    for entry in entries:
        if _is_own(path, entry):
            is_told = True
            roots[Scope.UNKNOWN] += find(_names(entry.get("dependencies")))
            for scope, member in ((Scope.OPTIONAL, "optional-dependencies"), (Scope.DEV, "dev-dependencies")):
                roots[scope] += find(name for group in table(entry, member).values() for name in _names(group))
        elif isinstance(entry.get("version"), str):
            names = [*_names(entry.get("dependencies"))]
            names += [name for group in table(entry, "optional-dependencies").values() for name in _names(group)]
            asks_for[word(entry.get("name")), entry["version"]] = find(names)
    if is_told:
        return dataclasses.replace(found, packages=told(found.packages, roots.items(), asks_for))
    return dataclasses.replace(found, graphs=(Graph(path, asks_for),))


def _names(dependencies: Any) -> Iterator[str]:
    """Normal names in a list of tables (uv, PEP 751), of requirements (PDM), or in a table (Poetry)."""
    if isinstance(dependencies, Mapping):
        yield from map(normal_name, dependencies)
    for one in items(dependencies):
        if isinstance(one, dict):
            yield normal_name(word(one.get("name")))
        elif isinstance(one, str):
            try:
                yield normal_name(Requirement(one).name)
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
            if not isinstance(version, str) or entry.keys() & (_OWN | _ELSEWHERE):
                result.append(not_released(path, name, line))  # whatever version it calls itself
    return joined(result)
