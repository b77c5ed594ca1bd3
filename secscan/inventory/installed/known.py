"""Which files of a file system tell what is installed in it: by their paths, who reads them, and up to which size.

Manifests and lock files, which tell what a project asks for, are those of `inventory.known`.
"""

from __future__ import annotations

import functools
import importlib
import re
from typing import NamedTuple

from secscan.inventory.contract import MAX_MANIFEST_BYTES, Reader
from secscan.inventory.installed.limits import MAX_JAR_BYTES, MAX_RPM_BYTES
from secscan.inventory.installed.unread import UNREAD

_ONE_PACKAGE = 2_000_000
"""Bytes of a file that tells of one package."""


class _Known(NamedTuple):
    paths: str
    """A pattern over the whole path text, without a leading slash; it captures nothing."""
    reader: str
    """Module of this package and function: a file system has packages of few kinds, and no other reader is imported."""
    most: int
    empty: bool = False
    """Whether the file is there without content before anything is installed."""


_RPM = r"(?:var/lib|usr/lib/sysimage|usr/share)/rpm"
_KNOWN = (
    _Known(r"var/lib/dpkg/status", "dpkg.read_dpkg", MAX_MANIFEST_BYTES, empty=True),
    _Known(r"var/lib/dpkg/status\.d/[^/]+(?<!\.md5sums)", "dpkg.read_dpkg_package", _ONE_PACKAGE),
    _Known(r"(?:usr/)?lib/apk/db/installed", "apk.read_apk", MAX_MANIFEST_BYTES, empty=True),
    _Known(rf"{_RPM}/rpmdb\.sqlite", "rpm.read_rpm_sqlite", MAX_RPM_BYTES, empty=True),
    _Known(rf"{_RPM}/rpmdb\.sqlite-(?:wal|journal)", "rpm.read_rpm_log", MAX_RPM_BYTES, empty=True),
    _Known(rf"{_RPM}/Packages\.db", "rpm.read_rpm_ndb", MAX_RPM_BYTES, empty=True),
    _Known(rf"{_RPM}/Packages", "rpm.read_rpm_berkeley", MAX_RPM_BYTES, empty=True),
    _Known(r"(?:.*/)?[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)", "python.read_metadata", _ONE_PACKAGE),
    _Known(r"(?:.*/)?[^/]+\.egg/EGG-INFO/PKG-INFO", "python.read_metadata", _ONE_PACKAGE),
    _Known(r"(?:.*/)?[^/]+\.dist-info/direct_url\.json", "python.read_direct_url", _ONE_PACKAGE),
    _Known(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/@.][^/]*/package\.json", "node.read_installed_node", _ONE_PACKAGE),
    _Known(r"(?:.*/)?specifications/(?:default/)?[^/]+\.gemspec", "gem.read_gemspec", _ONE_PACKAGE),
    _Known(r"(?:.*/)?conda-meta/[^/]+\.json", "conda.read_installed_conda", MAX_MANIFEST_BYTES),
    _Known(r"(?:.*/)?vendor/composer/installed\.json", "php.read_installed_php", _ONE_PACKAGE),
    _Known(r"(?:.*/)?META-INF/maven/[^/]+/[^/]+/pom\.properties", "java.read_pom_properties", _ONE_PACKAGE),
    *(_Known(paths, "unread.read_unread", MAX_RPM_BYTES) for paths in UNREAD),
    _Known(r"(?i:.*\.(?:jar|war|ear|hpi|jpi))", "java.read_jar", MAX_JAR_BYTES),
)
_ANY = re.compile("|".join(f"({one.paths})" for one in _KNOWN), re.DOTALL)


def reader_of_installed(path: str, size: int) -> Reader | None:
    """Return the reader for a regular file by its path text and size; None where it tells nothing of what is installed.

    A database without content names no package, and is no gap: package managers and builders leave such behind.
    """
    known = _find(path)
    return _load(known.reader) if known and (size or not known.empty) else None


@functools.cache
def _load(place: str) -> Reader:
    module, _, name = place.partition(".")
    found: Reader = getattr(importlib.import_module(f"secscan.inventory.installed.{module}"), name)
    return found


def most_bytes(path: str) -> int:
    """Return how large a file may be for its reader; 0 where there is none."""
    known = _find(path)
    return known.most if known else 0


_ENDS = (
    *("status", "installed", ".sqlite", "-wal", "-journal", "Packages.db", "Packages", "METADATA", "PKG-INFO"),
    *(".egg-info", ".json", ".gemspec", "pom.properties", "ALPM_DB_VERSION", ".plist", "world"),
)
_ENDS_OF_JARS = frozenset((".jar", ".war", ".ear", ".hpi", ".jpi"))
_OF_FOLDER = "var/lib/dpkg/status.d/"
"""One of these every path above has: asked first, since an image has hundreds of thousands of paths."""


def _find(path: str) -> _Known | None:
    if path.endswith(_ENDS) or path.startswith(_OF_FOLDER) or path[-4:].lower() in _ENDS_OF_JARS:
        found = _ANY.fullmatch(path)
        return _KNOWN[found.lastindex - 1] if found and found.lastindex else None
    return None
