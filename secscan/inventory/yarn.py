"""`yarn.lock`, of yarn 1 and of yarn 2 and later ("berry").

An entry is named by what asks for it: `a@^1, a@^2` in yarn 1, `"a@npm:^1, a@npm:^2"` in berry, which also has
the projects themselves (`a@workspace:.`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from secscan.inventory.addresses import fetched_from
from secscan.inventory.blocks import Block, read_blocks, scalar
from secscan.inventory.contract import (
    Declared,
    Graph,
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
from secscan.inventory.npm_files import NPM, is_elsewhere

_ASKER = re.compile(r'"[^"]*"|[^",\s][^,]*')
_DEPENDENCIES = ("dependencies", "optionalDependencies")


@reading
def read_yarn_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file of either kind."""
    document = read_blocks(decode_text(data))
    parts = []
    labels: dict[str, Label] = {}
    entries = [(key, entry) for key, entry in document.items() if key != "__metadata"]
    for key, entry in entries:
        found = _entry(path, key, entry, document.lines[key])
        parts.append(found)
        own = {one.name: (one.name, one.version) for one in found.packages}
        for asker, asked in zip(_askers(key), _parted(key), strict=True):
            if label := own.get(_named(asked)[0]) or next(iter(own.values()), None):
                labels[asker] = label
    whole = joined(parts)
    asks_for = {
        labels[asked]: [labels[one] for one in _wanted(entry) if one in labels]
        for key, entry in entries
        if isinstance(entry, Block) and (asked := next(iter(_askers(key)), "")) in labels
    }
    projects = [entry for key, entry in entries if "@workspace:" in key and isinstance(entry, Block)]
    if not projects:
        return Inventory(packages=whole.packages, gaps=whole.gaps, graphs=(Graph(path, asks_for),))
    # Berry does not tell a project's development dependencies from its others.
    direct = [labels[one] for entry in projects for one in _wanted(entry) if one in labels]
    return Inventory(packages=told(whole.packages, [(Scope.UNKNOWN, direct)], asks_for), gaps=whole.gaps)


def _askers(key: str) -> list[str]:
    """What asks for an entry: `name@range`, with berry's `npm:` taken off."""
    return [one.replace("@npm:", "@") for one in _parted(key)]


def _parted(key: str) -> list[str]:
    return [scalar(one.strip()) for one in _ASKER.findall(key)]


def _wanted(entry: Block) -> Iterator[str]:
    for member in _DEPENDENCIES:
        for name, wanted in table(entry, member).items():
            yield f"{name}@{word(wanted).removeprefix('npm:')}"


def _entry(path: str, key: str, entry: Any, line: int) -> Inventory:
    if not isinstance(entry, Block):
        return broken(path, f"{key[:100]!r} has no members", line)
    resolution, version = word(entry.get("resolution")), word(entry.get("version"))
    if _split(resolution or next(iter(_parted(key)), ""))[1].startswith("workspace:"):
        return Inventory()  # a project itself
    released: dict[str, bool] = {}
    if resolution:
        name, wanted = _split(resolution)
        released[name] = wanted.startswith("npm:")
        # Berry fetches by the resolution, `npm:1.0.0`, which may name an address: `npm:1.0.0::__archiveUrl=...`.
        fetched, _, binding = wanted.removeprefix("npm:").partition("::")
        addresses = [f"{fetched}.tgz", unquote(binding.partition("__archiveUrl=")[2])]
    else:
        # An entry of yarn 1 is one package, unless someone wrote two names to hide one of them: each is judged.
        addresses = [word(entry.get("resolved"))]
        is_registry = _is_registry(addresses[0])
        for asked in _parted(key):
            name, is_range = _named(asked)
            released[name] = released.get(name, is_registry) and is_range
    if not version or not released or "" in released:
        return broken(path, f"{key[:100]!r} has no version", line)
    # What is patched or comes from elsewhere calls itself this version: advisories may hold, silence means nothing.
    parts = []
    for name, is_one in released.items():
        package = Declared(name, version, NPM, path, line)
        if is_one:
            parts.append(fetched_from(package, addresses))
        else:
            parts += [Inventory(packages=(package,)), not_released(path, f"{name} {version}", line)]
    return joined(parts)


def _named(asked: str) -> tuple[str, bool]:
    """The package that is asked for, by its own name, and whether by a range of versions."""
    name, wanted = _split(asked)
    if wanted.startswith("npm:"):  # another package under this name
        real, of_real = _split(wanted.removeprefix("npm:"))
        return (real, True) if of_real else (name, True)
    return name, not is_elsewhere(wanted)


def _split(text: str) -> tuple[str, str]:
    """Name and range of `name@range`; a name may begin with `@`."""
    at = text.find("@", 1)
    return (text[:at], text[at + 1 :]) if at > 0 else (text, "")


def _is_registry(resolved: str) -> bool:
    """Whether an address is one of a registry: there is none with an offline mirror, or for a folder."""
    return not resolved or not (resolved.startswith("git") or "codeload.github.com" in resolved or ".git#" in resolved)
