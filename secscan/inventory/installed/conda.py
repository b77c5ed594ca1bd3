"""Packages of conda that are installed: `conda-meta/*.json`. Those of PyPI lie in `site-packages`, as everywhere.

Format: https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html
"""

from __future__ import annotations

import msgspec

from secscan.inventory.contract import Inventory, reading
from secscan.inventory.installed.found import Found
from secscan.inventory.installed.json_members import read_members
from secscan.inventory.licences import normal_licence


class _Package(msgspec.Struct):
    name: str
    version: str
    license: str | None = None
    subdir: str = ""


@reading
def read_installed_conda(path: str, data: bytes) -> Inventory:
    """Read one package."""
    package = read_members(data, _Package)
    found = Found(path, "conda")
    found.add(package.name, package.version, licence=normal_licence(package.license or ""), architecture=package.subdir)
    return found.inventory()
