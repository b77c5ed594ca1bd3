"""Whether the addresses from which a lock file has a package fetched are those of the version it claims.

Package managers fetch by the address. Mirrors have other hosts and folders, but keep the names of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from packaging.version import InvalidVersion, Version

from secscan.inventory.contract import Declared, Inventory, joined, not_released
from secscan.inventory.names import PYPI, normal_name

_MAX_FILE_NAME = 500
_SOURCES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".zip")
_BUILT = (".whl", ".egg")
_NPM_VERSION = re.compile(r"(?:^|-)v?\d+\.\d+\.\d+")
"""Where a version begins in the name of one of npm's files."""


def fetched_from(package: Declared, addresses: Iterable[str]) -> Inventory:
    """Return a package; and a gap where one of its addresses, which may be empty, is not of its version."""
    found = Inventory(packages=(package,))
    is_of = _is_of_python if package.ecosystem == PYPI else _is_of_npm
    if all(is_of(package, *_end(one)) for one in addresses if one):
        return found
    why = "it is fetched from an address that names another version, or none"
    return joined([found, not_released(package.path, f"{package.name} {package.version}", package.line, why=why)])


def _end(address: str) -> tuple[str, str]:
    """The last two parts of an address's path."""
    parts = ["", *re.split(r"[/\\]", re.split(r"[?#]", address, maxsplit=1)[0])]
    return unquote(parts[-2]), unquote(parts[-1])


def _is_of_npm(package: Declared, folder: str, file: str) -> bool:
    version = package.version.lstrip("=v").partition("+")[0]
    for suffix in (".tgz", ".tar.gz"):
        name = file.removesuffix(suffix).removesuffix(version)
        if file == f"{name}{version}{suffix}":
            return name == "" or (name.endswith("-") and not _NPM_VERSION.search(name))
    # Some registries name a digest, in a folder of the version.
    return folder == version and not _NPM_VERSION.search(file)


def _is_of_python(package: Declared, _: str, file: str) -> bool:
    suffix = next((one for one in (*_BUILT, *_SOURCES) if file.endswith(one)), None)
    if suffix is None or len(file) > _MAX_FILE_NAME:
        return False
    stem, wanted = file.removesuffix(suffix), normal_name(package.name)
    versions = (stem[dash.end() :] for dash in re.finditer("-", stem) if normal_name(stem[: dash.start()]) == wanted)
    return any(_is_same(one.partition("-")[0] if suffix in _BUILT else one, package.version) for one in versions)


def _is_same(one: str, other: str) -> bool:
    try:
        return one == other or Version(one) == Version(other)
    except InvalidVersion:
        return False
