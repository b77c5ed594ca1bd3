"""Rust's `Cargo.lock`. Format: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from secscan.inventory.contract import Declared, Inventory, Label, Scope, broken, joined, not_released, reading
from secscan.inventory.documents import items, read_toml, table_lines, word
from secscan.inventory.graph import finder, told

CRATES = "crates.io"


@reading
def read_cargo_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file. A package without a source is the project itself, or a part of it."""
    text, document = read_toml(data)
    # Version 1 had the project itself apart, as `[root]`.
    entries = [*items(document.get("package")), *([document["root"]] if "root" in document else [])]
    if not entries and "version" not in document:
        return broken(path, "it has no packages")
    lines = table_lines(text, "[[package]]")
    whole = joined(_entry(path, entry, next(lines, 0)) for entry in entries)
    labels: dict[Label, list[Label]] = defaultdict(list)
    for one in whole.packages:
        for version in ("", one.version):
            labels[one.name, version].append((one.name, one.version))
    find = finder(labels)
    roots: list[Label] = []
    asks_for: dict[Label, list[Label]] = {}
    for entry in entries:
        if isinstance(entry, dict):
            wanted = find(_wanted(word(one)) for one in items(entry.get("dependencies")))
            if word(entry.get("source")):
                asks_for[word(entry.get("name")), word(entry.get("version"))] = wanted
            else:
                roots += wanted
    return Inventory(packages=told(whole.packages, [(Scope.UNKNOWN, roots)], asks_for), gaps=whole.gaps)


def _wanted(text: str) -> Label:
    """A dependency is named `name`, or `name version` where several versions are locked."""
    name, _, version = text.partition(" ")
    return name, version.partition(" ")[0]


def _entry(path: str, entry: Any, line: int) -> Inventory:
    if not isinstance(entry, dict) or not word(entry.get("name")) or not word(entry.get("version")):
        return broken(path, "a package without a name or a version", line)
    source = word(entry.get("source"))
    if not source:
        return Inventory()
    found = Inventory(packages=(Declared(entry["name"], entry["version"], CRATES, path, line),))
    if source.startswith(("registry+", "sparse+")):
        return found
    return joined([found, not_released(path, f"{entry['name']} {entry['version']}", line)])
