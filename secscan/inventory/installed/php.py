"""Packages of PHP that are installed: `vendor/composer/installed.json`, a list (Composer 1) or an object with one."""

from __future__ import annotations

import msgspec

from secscan.inventory.composer import composer_package
from secscan.inventory.contract import Inventory, Scope, joined, reading
from secscan.inventory.documents import word
from secscan.inventory.installed.found import MOST
from secscan.inventory.installed.json_members import read_members


class _Installed(msgspec.Struct):
    packages: list[msgspec.Raw]
    for_development: list[str] = msgspec.field(name="dev-package-names", default_factory=list)


@reading
def read_installed_php(path: str, data: bytes) -> Inventory:
    """Read the packages; those that Composer names so are for development only."""
    if data.lstrip().startswith(b"["):
        data = b'{"packages":' + data + b"}"
    installed = read_members(data, _Installed)
    if len(installed.packages) > MOST:
        raise ValueError(f"it names more than {MOST} packages")
    development = set(installed.for_development)
    parts = []
    for one in installed.packages:
        entry = read_members(bytes(one), object)
        name = word(entry.get("name")) if isinstance(entry, dict) else ""
        scope = Scope.DEV if name in development else Scope.UNKNOWN
        parts.append(composer_package(path, entry, 0, scope))
    return joined(parts)
