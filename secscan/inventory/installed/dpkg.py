"""Debian's dpkg: `status`, and a file for each package in `status.d`, as images without dpkg itself have them.

Format: https://www.debian.org/doc/debian-policy/ch-controlfields.html, and `man dpkg-query` for what a status means.
"""

from __future__ import annotations

import re

from secscan.inventory.contract import Inventory, broken, reading
from secscan.inventory.installed.found import Found
from secscan.inventory.installed.paragraphs import fields, paragraphs

DEBIAN = "Debian"
_FIELDS = fields("Package", "Status", "Version", "Source", "Architecture", any_case=True)
_GONE = frozenset({"not-installed", "config-files"})
"""States in which nothing of a package is left but its configuration. In any other, half installed or not yet
configured, its files are there."""
_SOURCE = re.compile(r"(?P<name>[^\s()]+)(?:\s*\((?P<version>[^()]*)\))?")


@reading
def read_dpkg(path: str, data: bytes) -> Inventory:
    """Read the packages that are on disk. One that is installed for two architectures is two packages."""
    return _packages(path, data)


@reading
def read_dpkg_package(path: str, data: bytes) -> Inventory:
    """Read a file of `status.d`, which is there for a package only."""
    found = _packages(path, data)
    return found if found.packages or found.gaps else broken(path, "it names no package")


def _packages(path: str, data: bytes) -> Inventory:
    found = Found(path, DEBIAN)
    for line, values in paragraphs(data, _FIELDS):
        status = values.get("status", "").split()
        if status and status[-1].lower() in _GONE:
            continue
        name, version = values.get("package", ""), values.get("version", "")
        source = _SOURCE.fullmatch(values.get("source") or name)
        if name and source is None:
            found.broken(f"the source package of {name[:60]!r} is none", line)
        built_from = (source["name"], (source["version"] or "").strip() or version) if source else ("", "")
        found.add(name, version, line, source=built_from, architecture=values.get("architecture", ""))
    return found.inventory()
