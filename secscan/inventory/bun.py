"""`bun.lock`: JSON with comments and trailing commas. The older `bun.lockb` is binary, and is not read.

A package is a list: `["name@1.0.0", registry, {dependencies ...}, digest]`; its key is a path of names, as folders
in `node_modules` would be. Format: https://bun.sh/docs/install/lockfile
"""

from __future__ import annotations

from typing import Any

from secscan.inventory.addresses import fetched_from
from secscan.inventory.contract import Declared, Inventory, Label, Scope, broken, joined, not_released, reading
from secscan.inventory.documents import as_table, json_lines, read_json, table, word
from secscan.inventory.graph import told
from secscan.inventory.npm_files import EXACT, NPM

_SCOPES = (("dependencies", Scope.UNKNOWN), ("optionalDependencies", Scope.OPTIONAL), ("devDependencies", Scope.DEV))


@reading
def read_bun_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file."""
    text, document = read_json(data, relaxed=True)
    packages = as_table(document.get("packages", {}))
    lines = json_lines(text, depth=2)
    labels: dict[str, Label] = {}
    parts = []
    for key, entry in packages.items():
        found = _entry(path, key, entry, lines.get(("packages", key), 0))
        parts.append(found)
        if found.packages:
            labels[key] = (found.packages[0].name, found.packages[0].version)
    whole = joined(parts)
    asks_for = {
        label: [labels[child] for name in _wanted(packages[key]) if (child := _folder(key, name, labels)) in labels]
        for key, label in labels.items()
    }
    projects = table(document, "workspaces").values()
    roots = [
        (scope, [labels[name] for one in projects for name in table(one, member) if name in labels])
        for member, scope in _SCOPES
    ]
    return Inventory(packages=told(whole.packages, roots, asks_for), gaps=whole.gaps)


def _entry(path: str, key: str, entry: Any, line: int) -> Inventory:
    if not isinstance(entry, list) or not entry or not isinstance(entry[0], str):
        return broken(path, f"{key[:100]!r} is no package", line)
    at = entry[0].find("@", 1)
    name, version = (entry[0][:at], entry[0][at + 1 :]) if at > 0 else (entry[0], "")
    if version.startswith("workspace:"):
        return Inventory()
    if not EXACT.fullmatch(version):
        return not_released(path, entry[0], line)
    return fetched_from(Declared(name, version, NPM, path, line), map(word, entry[1:2]))


def _wanted(entry: list[Any]) -> list[str]:
    members = next((one for one in entry if isinstance(one, dict)), {})
    return [name for member in ("dependencies", "optionalDependencies") for name in table(members, member)]


def _folder(key: str, name: str, labels: dict[str, Label]) -> str:
    """The key that a package gets for a name: its own, or one of a package above it."""
    while key:
        if f"{key}/{name}" in labels:
            return f"{key}/{name}"
        key = key.rpartition("/")[0]
    return name
