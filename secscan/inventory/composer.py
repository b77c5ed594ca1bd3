"""PHP's `composer.lock` and `composer.json`. Format: https://getcomposer.org/doc/04-schema.md"""

from __future__ import annotations

import re
from typing import Any

from secscan.inventory.contract import (
    Declared,
    Graph,
    Inventory,
    Label,
    Ranged,
    Scope,
    broken,
    joined,
    not_released,
    reading,
)
from secscan.inventory.documents import items, json_lines, read_json, table, word
from secscan.inventory.graph import finder
from secscan.inventory.licences import licence_of

PACKAGIST = "Packagist"
_MEMBERS = (("packages", Scope.UNKNOWN), ("packages-dev", Scope.DEV))
_RELEASE = re.compile(r"v?\d[\w.+-]*+")


@reading
def read_composer_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file; `composer.json` beside it says what is direct."""
    text, document = read_json(data)
    if not any(name in document for name, _ in _MEMBERS):
        return broken(path, "it has no packages")
    lines = json_lines(text, depth=2)
    parts = []
    asked: dict[Label, list[str]] = {}
    for member, scope in _MEMBERS:
        for index, entry in enumerate(items(document.get(member))):
            parts.append(composer_package(path, entry, lines.get((member, index), 0), scope))
            if isinstance(entry, dict):
                asked[word(entry.get("name")), word(entry.get("version"))] = list(table(entry, "require"))
    whole = joined(parts)
    find = finder({one.name: [(one.name, one.version)] for one in whole.packages})
    asks_for = {label: find(names) for label, names in asked.items()}
    return Inventory(packages=whole.packages, gaps=whole.gaps, graphs=(Graph(path, asks_for),))


def composer_package(path: str, entry: Any, line: int, scope: Scope) -> Inventory:
    """Read one package, as lock files and lists of what is installed have it."""
    name = word(entry.get("name")) if isinstance(entry, dict) else ""
    version = word(entry.get("version")) if name else ""
    if not version:
        return broken(path, "a package without a name or a version", line)
    if table(entry, "dist").get("type") == "path":
        return Inventory()  # a part of the project
    if not _RELEASE.fullmatch(version) or "dev" in version:
        return not_released(path, f"{name} {version}", line)
    licence = licence_of(entry.get("license"))
    return Inventory(packages=(Declared(name, version, PACKAGIST, path, line, scope=scope, licence=licence),))


@reading
def read_composer_json(path: str, data: bytes) -> Inventory:
    """Read the ranges of `composer.json`; PHP itself and its extensions are no packages."""
    text, document = read_json(data)
    lines = json_lines(text, depth=2)
    ranges = []
    for member, scope in (("require", Scope.UNKNOWN), ("require-dev", Scope.DEV)):
        for name, wanted in table(document, member).items():
            if "/" in name:
                line = lines.get((member, name), 0)
                ranges.append(Ranged(name, PACKAGIST, path, f"{name} {word(wanted)[:100]}", line, scope))
    return Inventory(ranges=tuple(ranges))
