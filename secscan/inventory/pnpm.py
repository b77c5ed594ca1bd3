"""`pnpm-lock.yaml`, versions 5 to 9.

A package is named `/name/1.0.0` (5), `/name@1.0.0` (6) or `name@1.0.0` (9), then `_peers` (5) or `(peer@1)`. Format:
https://github.com/pnpm/spec/tree/master/lockfile
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from secscan.inventory.addresses import fetched_from
from secscan.inventory.blocks import Block, read_documents
from secscan.inventory.contract import (
    OTHER_NAME,
    Declared,
    Inventory,
    Label,
    Scope,
    broken,
    joined,
    not_released,
    reading,
)
from secscan.inventory.documents import decode_text, table, word
from secscan.inventory.graph import told
from secscan.inventory.npm_files import EXACT, NPM

_KEY_5 = re.compile(r"(?:[\w.-]*(?::\d+)?/)?(?P<name>@[^/@]+/[^/@]+|[^/@]+)/(?P<version>\d[^_/(]*)(?:_.*)?")
_KEY_6 = re.compile(r"/?(?P<name>@[^/@]+/[^/@]+|[^/@]+)@(?P<version>[^(_]+).*")
_SCOPES = (("dependencies", Scope.UNKNOWN), ("optionalDependencies", Scope.OPTIONAL), ("devDependencies", Scope.DEV))


@reading
def read_pnpm_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file. From version 9 on, `packages` says what there is and `snapshots` who asks for whom."""
    return joined(_document(path, one) for one in read_documents(decode_text(data)) or [Block()])


def _document(path: str, document: Block) -> Inventory:
    if not word(document.get("lockfileVersion")):
        return broken(path, "it has no lockfileVersion")
    packages = document.get("packages", Block())
    if not isinstance(packages, Block):
        return broken(path, "its list of packages is not a mapping")
    parts = [_entry(path, key, entry, packages.lines[key]) for key, entry in packages.items()]
    found = joined(parts)
    snapshots = table(document, "snapshots") or packages
    known = {(one.name, one.version) for one in found.packages}
    asks_for: dict[Label, list[Label]] = {}
    for key, entry in snapshots.items():
        members = ("dependencies", "optionalDependencies")
        children = [one for member in members for one in _asked(table(entry, member)) if one in known]
        if label := _label(key, entry):
            asks_for.setdefault(label, []).extend(children)
    projects = [*table(document, "importers").values()] or [document]
    roots = [
        (scope, [one for project in projects for one in _asked(table(project, member)) if one in known])
        for member, scope in _SCOPES
    ]
    return Inventory(packages=told(found.packages, roots, asks_for), gaps=found.gaps)


def _label(key: str, entry: Any) -> Label | None:
    """Name and version. The key counts, by which pnpm fetches; members count where the key is an address."""
    if released := _released(key):
        return released
    name, version = _members(entry)
    if found := _form(key):
        return name or found["name"], version or found["version"]
    return (name, version) if name and version else None


def _released(key: str) -> Label | None:
    """Name and version, where a key is one of a registry; None where it is an address, whatever its members say."""
    found = _form(key)
    if found is None or not EXACT.fullmatch(found["version"]) or ":" in found["name"] or "(" in found["name"]:
        return None
    return found["name"], found["version"]


def _form(key: str) -> re.Match[str] | None:
    return _KEY_6.fullmatch(key) or _KEY_5.fullmatch(key)


def _members(entry: Any) -> Label:
    return word(table(entry).get("name")), word(table(entry).get("version"))


def _asked(dependencies: dict[str, Any]) -> Iterator[Label]:
    """What a project or a package asks for: a version by name, a table with one, or the key of another name."""
    for name, value in dependencies.items():
        version = word(value) or word(table(value).get("version"))
        bare = re.split(r"[(_]", version, maxsplit=1)[0]
        yield (name, bare) if EXACT.fullmatch(bare) else (_label(version, {}) or (name, bare))


def _entry(path: str, key: str, entry: Any, line: int) -> Inventory:
    label = _label(key, entry)
    resolution = table(entry, "resolution")
    if resolution.get("directory") and not resolution.get("tarball"):
        return not_released(path, key, line)
    if label is None or not label[1]:
        return not_released(path, key, line)
    name, version = label
    is_released = _released(key) and not resolution.keys() & {"repo", "commit", "path"}
    if not is_released or "codeload.github.com" in word(resolution.get("tarball")):
        own = word(table(entry).get("version"))
        found = Inventory(packages=(Declared(name, own, NPM, path, line),)) if own else Inventory()
        return joined([found, not_released(path, key, line)])
    is_dev, is_optional = (table(entry).get(one) == "true" for one in ("dev", "optional"))
    scope = Scope.DEV if is_dev else Scope.OPTIONAL if is_optional else Scope.UNKNOWN
    found = fetched_from(Declared(name, version, NPM, path, line, scope=scope), [word(resolution.get("tarball"))])
    if any(one not in ("", by_key) for one, by_key in zip(_members(entry), label, strict=True)):
        return joined([found, not_released(path, key, line, why=OTHER_NAME)])
    return found
