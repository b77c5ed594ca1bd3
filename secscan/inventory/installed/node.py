"""npm packages that lie in `node_modules`: the `package.json` of each.

Format: https://docs.npmjs.com/cli/configuring-npm/package-json
"""

from __future__ import annotations

from typing import Any

import msgspec

from secscan.inventory.contract import Inventory, reading
from secscan.inventory.installed.found import Found
from secscan.inventory.installed.json_members import read_members
from secscan.inventory.licences import licence_of
from secscan.inventory.npm_files import NPM


class _Package(msgspec.Struct):
    name: str = ""
    version: str = ""
    license: Any = ""
    licenses: Any = ""
    """As old packages have it: a list."""


@reading
def read_installed_node(path: str, data: bytes) -> Inventory:
    """Read one package. It has the name that it says: its folder can have another."""
    package = read_members(data, _Package)
    found = Found(path, NPM)
    found.add(package.name, package.version, licence=licence_of(package.license) or licence_of(package.licenses))
    return found.inventory()
