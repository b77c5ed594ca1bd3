"""npm's `package.json`, `package-lock.json` (versions 1 to 3) and `npm-shrinkwrap.json`.

Format: https://docs.npmjs.com/cli/configuring-npm/package-lock-json
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from secscan.inventory.addresses import fetched_from
from secscan.inventory.contract import Declared, Inventory, Label, Ranged, Scope, broken, joined, not_released, reading
from secscan.inventory.documents import Place, as_table, json_lines, read_json, table, word
from secscan.inventory.graph import told
from secscan.inventory.licences import licence_of

NPM = "npm"
EXACT = re.compile(r"[=v]*\d+\.\d+\.\d+(?:[-+][\w.+-]*)?")
"""One version, as npm's registry has them."""
_DEPENDENCIES = (
    ("dependencies", Scope.UNKNOWN),
    ("optionalDependencies", Scope.OPTIONAL),
    ("devDependencies", Scope.DEV),
)
_OVERRIDES = (("overrides",), ("resolutions",), ("pnpm", "overrides"))
"""Where npm, yarn and pnpm are told to take other versions than those that are asked for."""
_OVERRIDDEN = re.compile(r"(?:^|/)(?P<name>(?:@[\w.~-]+/)?[\w.~-]+)(?:@[^/]*)?$")
_INSIDE = re.compile(r"(?<=[^ |@])>")
"""Between a package and one that it asks for, as pnpm writes it; not a sign of a range."""
_ELSEWHERE = re.compile(r"[a-z+]+:|\.{0,2}/|\.{1,2}$|~/|[\w.-]+/[\w.-]+(?:#|$)|\w+@[\w.]+:", re.IGNORECASE)
"""What npm takes for a place instead of a version: a URL, a path, a repository of GitHub."""
_MODULES = "node_modules/"
_DEEPEST = 60
"""Levels of `dependencies` inside `dependencies` in a lock file of version 1."""


@reading
def read_package_json(path: str, data: bytes) -> Inventory:
    """Read `package.json`: ranges, which a lock file resolves, and what overrides them."""
    text, document = read_json(data)
    lines = json_lines(text, depth=3)
    parts = []
    for member, scope in (*_DEPENDENCIES, ("peerDependencies", Scope.UNKNOWN)):
        for name, wanted in table(document, member).items():
            parts.append(npm_range(path, name, wanted, lines.get((member, name), 0), scope))
    for place in _OVERRIDES:
        for name, wanted in table(document, *place).items():
            parts += _override(path, name, wanted, lines.get((*place, name), 0))
    return joined(parts)


def _override(path: str, named: str, wanted: Any, line: int) -> Iterator[Inventory]:
    """Read one override: `name`, `name@range`, `a>name`, `a/name`, `**/name`; npm's may hold more."""
    found = _OVERRIDDEN.search(_INSIDE.split(named)[-1])
    if isinstance(wanted, dict):
        for inner, value in wanted.items():
            yield from _override(path, named if inner == "." else inner, value, line)
    elif found is None:
        yield broken(path, f"the override {named[:100]!r} names no package", line)
    elif not isinstance(wanted, str) or (wanted != "-" and not wanted.startswith("$")):
        # `-` takes a package away; `$name` is the version that the dependencies say, which are read.
        one = npm_range(path, found["name"], wanted, line, Scope.UNKNOWN)
        yield replace(one, packages=tuple(replace(package, direct=None) for package in one.packages))


def is_elsewhere(wanted: str) -> bool:
    """Whether a version is none: a URL, a path, or a repository."""
    return _ELSEWHERE.match(wanted) is not None


def npm_range(path: str, name: str, wanted: Any, line: int, scope: Scope) -> Inventory:
    """Read one dependency as `package.json` declares it."""
    if not isinstance(wanted, str):
        return broken(path, f"the version of {name[:100]!r} is not a text", line)
    if wanted.startswith("npm:"):  # another package under this name
        name, _, wanted = wanted.removeprefix("npm:").rpartition("@")
    elif wanted.startswith(("workspace:", "link:", "portal:", "file:")):
        return Inventory() if wanted.startswith("workspace:") else not_released(path, f"{name} {wanted}", line)
    elif is_elsewhere(wanted):
        return not_released(path, name, line)
    if EXACT.fullmatch(wanted):
        return Inventory(packages=(Declared(name, wanted.lstrip("=v"), NPM, path, line, True, scope=scope),))
    return Inventory(ranges=(Ranged(name, NPM, path, f"{name} {wanted}"[:200], line, scope),))


@reading
def read_package_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file. One of version 2 says everything twice: both are read, what is the same counts once."""
    text, document = read_json(data)
    if not document.keys() & {"packages", "dependencies"}:
        if "lockfileVersion" in document:
            return Inventory()  # a project without dependencies
        return broken(path, "it has neither packages nor dependencies")
    lines = json_lines(text, depth=2 * _DEEPEST if "dependencies" in document else 2)
    packages = as_table(document.get("packages", {}))
    found = _from_packages(path, packages, lines)
    again = _from_dependencies(path, as_table(document.get("dependencies", {})), lines)
    return joined([found, _only_there(path, again, found, packages)])


def _only_there(path: str, again: Inventory, found: Inventory, packages: dict[str, Any]) -> Inventory:
    """What `dependencies` names and `packages` does not: npm writes none such, whoever hides a package may."""
    known = {(one.name, one.version) for one in found.packages}
    names = [where.rpartition(_MODULES)[2] for where in packages if _MODULES in where]
    told = {one.subject for name in names for one in not_released(path, name).gaps}
    return Inventory(
        packages=tuple(one for one in again.packages if (one.name, one.version) not in known),
        gaps=tuple(one for one in again.gaps if one.subject not in told),
    )


def _from_packages(path: str, packages: dict[str, Any], lines: dict[Place, int]) -> Inventory:
    parts: list[Inventory] = []
    declared: dict[str, Label] = {}
    for where, entry in packages.items():
        line = lines.get(("packages", where), 0)
        if not isinstance(entry, dict):
            parts.append(broken(path, f"{where[:100]!r} is not an object", line))
        elif _MODULES in where and entry.get("link") is not True:
            found = _locked(path, word(entry.get("name")) or where.rpartition(_MODULES)[2], entry, line)
            parts.append(found)
            if found.packages:
                declared[where] = (found.packages[0].name, found.packages[0].version)
    found = joined(parts)
    resolve = _Resolver(packages)
    asks_for = {
        label: [declared[child] for child in resolve.all(where, packages[where]) if child in declared]
        for where, label in declared.items()
    }
    projects = [
        (where, entry) for where, entry in packages.items() if _MODULES not in where and isinstance(entry, dict)
    ]
    roots = []
    for member, scope in _DEPENDENCIES:
        folders = [one for where, entry in projects for one in resolve.of(where, table(entry, member))]
        roots.append((scope, [declared[one] for one in folders if one in declared]))
    return Inventory(packages=told(found.packages, roots, asks_for), gaps=found.gaps)


class _Resolver:
    """Finds the folder that a package gets for a name, as Node.js does: in its own `node_modules`, or one above."""

    def __init__(self, packages: dict[str, Any]) -> None:
        self._packages = packages

    def all(self, where: str, entry: Any) -> Iterator[str]:
        for member in ("dependencies", "optionalDependencies", "peerDependencies"):
            yield from self.of(where, table(entry, member))

    def of(self, where: str, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            at: str | None = where
            while at is not None:
                candidate = f"{at}/{_MODULES}{name}" if at else f"{_MODULES}{name}"
                if candidate in self._packages:
                    yield candidate
                    break
                at = _above(at)


def _above(where: str) -> str | None:
    """The folder in whose `node_modules` a package lies; the project for a part of it; None above the project."""
    if not where:
        return None
    return where.rpartition(_MODULES)[0].rstrip("/") if _MODULES in where else ""


def _locked(path: str, name: str, entry: dict[str, Any], line: int) -> Inventory:
    version, resolved = word(entry.get("version")), word(entry.get("resolved"))
    if not version or is_elsewhere(version):
        if version.startswith("npm:"):
            name, _, version = version.removeprefix("npm:").rpartition("@")
        else:
            return not_released(path, name, line)
    scope = Scope.DEV if entry.get("dev") is True else Scope.OPTIONAL if _is_optional(entry) else Scope.UNKNOWN
    package = Declared(name, version, NPM, path, line, scope=scope, licence=licence_of(entry.get("license")))
    if resolved.startswith(("git", "file:")) or "codeload.github.com" in resolved:
        # It calls itself this version.
        return joined([Inventory(packages=(package,)), not_released(path, name, line)])
    return fetched_from(package, [resolved])


def _is_optional(entry: dict[str, Any]) -> bool:
    return entry.get("optional") is True or entry.get("devOptional") is True


def _from_dependencies(path: str, dependencies: dict[str, Any], lines: dict[Place, int]) -> Inventory:
    """Version 1: who is nested in whom says where a package lies, not who asks for it."""
    parts = []
    todo: list[tuple[Place, dict[str, Any]]] = [(("dependencies",), dependencies)]
    while todo:
        place, members = todo.pop()
        for name, entry in members.items():
            here = (*place, name)
            if not isinstance(entry, dict):
                parts.append(broken(path, f"{name[:100]!r} is not an object", lines.get(here, 0)))
                continue
            if entry.get("bundled") is not True or entry.get("version"):
                parts.append(_locked(path, name, entry, lines.get(here, 0)))
            inner = entry.get("dependencies")
            if inner and len(here) > _DEEPEST:
                parts.append(broken(path, f"{name[:100]!r} is nested too deep", lines.get(here, 0)))
            elif inner:
                todo.append(((*here, "dependencies"), table(entry, "dependencies")))
    return joined(parts)
