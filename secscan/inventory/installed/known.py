"""Which files of a file system tell what is installed in it: by their paths, who reads them, and up to which size.

Manifests and lock files, which tell what a project asks for, are those of `inventory.known`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from secscan.inventory.contract import MAX_MANIFEST_BYTES, Reader
from secscan.inventory.installed.apk import read_apk
from secscan.inventory.installed.conda import read_installed_conda
from secscan.inventory.installed.dpkg import read_dpkg, read_dpkg_package
from secscan.inventory.installed.gem import read_gemspec
from secscan.inventory.installed.java import MAX_JAR_BYTES, read_jar, read_pom_properties
from secscan.inventory.installed.node import read_installed_node
from secscan.inventory.installed.php import read_installed_php
from secscan.inventory.installed.python import read_direct_url, read_metadata
from secscan.inventory.installed.rpm import (
    MAX_RPM_BYTES,
    read_rpm_berkeley,
    read_rpm_log,
    read_rpm_ndb,
    read_rpm_sqlite,
)
from secscan.inventory.installed.unread import UNREAD, read_unread

_ONE_PACKAGE = 2_000_000
"""Bytes of a file that tells of one package."""


@dataclass(frozen=True, slots=True)
class _Known:
    paths: re.Pattern[str]
    """Over the whole path text, without a leading slash."""
    reader: Reader
    most: int
    empty: bool = False
    """Whether the file is there without content before anything is installed."""


def _known(paths: str, reader: Reader, most: int, *, empty: bool = False) -> _Known:
    return _Known(re.compile(paths, re.DOTALL), reader, most, empty)


_RPM = r"(?:var/lib|usr/lib/sysimage|usr/share)/rpm"
_KNOWN = (
    _known(r"var/lib/dpkg/status", read_dpkg, MAX_MANIFEST_BYTES, empty=True),
    _known(r"var/lib/dpkg/status\.d/[^/]+(?<!\.md5sums)", read_dpkg_package, _ONE_PACKAGE),
    _known(r"(?:usr/)?lib/apk/db/installed", read_apk, MAX_MANIFEST_BYTES, empty=True),
    _known(rf"{_RPM}/rpmdb\.sqlite", read_rpm_sqlite, MAX_RPM_BYTES, empty=True),
    _known(rf"{_RPM}/rpmdb\.sqlite-(?:wal|journal)", read_rpm_log, MAX_RPM_BYTES, empty=True),
    _known(rf"{_RPM}/Packages\.db", read_rpm_ndb, MAX_RPM_BYTES, empty=True),
    _known(rf"{_RPM}/Packages", read_rpm_berkeley, MAX_RPM_BYTES, empty=True),
    _known(r"(?:.*/)?[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)", read_metadata, _ONE_PACKAGE),
    _known(r"(?:.*/)?[^/]+\.egg/EGG-INFO/PKG-INFO", read_metadata, _ONE_PACKAGE),
    _known(r"(?:.*/)?[^/]+\.dist-info/direct_url\.json", read_direct_url, _ONE_PACKAGE),
    _known(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/@.][^/]*/package\.json", read_installed_node, _ONE_PACKAGE),
    _known(r"(?:.*/)?specifications/(?:default/)?[^/]+\.gemspec", read_gemspec, _ONE_PACKAGE),
    _known(r"(?:.*/)?conda-meta/[^/]+\.json", read_installed_conda, MAX_MANIFEST_BYTES),
    _known(r"(?:.*/)?vendor/composer/installed\.json", read_installed_php, _ONE_PACKAGE),
    _known(r"(?:.*/)?META-INF/maven/[^/]+/[^/]+/pom\.properties", read_pom_properties, _ONE_PACKAGE),
    *(_known(paths, read_unread, MAX_RPM_BYTES) for paths in UNREAD),
    _known(r"(?i:.*\.(?:jar|war|ear|hpi|jpi))", read_jar, MAX_JAR_BYTES),
)
_ANY = re.compile("|".join(f"(?:{one.paths.pattern})" for one in _KNOWN), re.DOTALL)


def reader_of_installed(path: str, size: int) -> Reader | None:
    """Return the reader for a regular file by its path text and size; None where it tells nothing of what is installed.

    A database without content names no package, and is no gap: package managers and builders leave such behind.
    """
    known = _find(path)
    return known.reader if known and (size or not known.empty) else None


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
    likely = path.endswith(_ENDS) or path.startswith(_OF_FOLDER) or path[-4:].lower() in _ENDS_OF_JARS
    if not likely or not _ANY.fullmatch(path):
        return None
    return next((one for one in _KNOWN if one.paths.fullmatch(path)), None)
