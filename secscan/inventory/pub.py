"""Dart's `pubspec.lock`. It says what is direct, and does not say who asks for the rest."""

from __future__ import annotations

from typing import Any

from secscan.inventory.blocks import Block, read_blocks
from secscan.inventory.contract import OTHER_NAME, Declared, Inventory, Scope, broken, joined, not_released, reading
from secscan.inventory.documents import decode_text, table, word

PUB = "Pub"


@reading
def read_pubspec_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file."""
    document = read_blocks(decode_text(data))
    packages = document.get("packages")
    if not isinstance(packages, Block):
        return Inventory() if packages == {} or "sdks" in document else broken(path, "it has no packages")
    return joined(_entry(path, name, entry, packages.lines[name]) for name, entry in packages.items())


def _entry(path: str, key: str, entry: Any, line: int) -> Inventory:
    members = table(entry)
    # By this name it is fetched; pub writes the same one as the key.
    name = word(table(members, "description").get("name")) or key
    kind, version, source = (word(members.get(one)) for one in ("dependency", "version", "source"))
    if source == "path":
        return Inventory()  # a part of the project
    if source == "hosted" and version:
        scope = Scope.DEV if kind == "direct dev" else Scope.UNKNOWN
        package = Declared(name, version, PUB, path, line, kind.startswith("direct"), scope=scope)
        found = Inventory(packages=(package,))
        return found if name == key else joined([found, not_released(path, key, line, why=OTHER_NAME)])
    return not_released(path, f"{key} {version}".strip(), line) if source else broken(path, f"{key[:100]!r}", line)
