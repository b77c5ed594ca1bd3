"""Which versions of a PyPI package an OSV record affects, by PEP 440.

The evaluation follows the OSV schema: a version is affected if it is listed, or if it lies in a range. A range's events
are sorted by version; `introduced` opens, `fixed` closes before, `last_affected` closes after.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from packaging.version import Version

from secscan.advisories.osv import Affected, Range, Record

PYPI = "PyPI"


def normal_name(name: str) -> str:
    """A PyPI name in its normal form (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_affected(affected: Affected, version: str) -> bool:
    """Whether a version is affected. A version that PEP 440 does not know is compared with the list only."""
    parsed = _version(version)
    if parsed is None:
        return version in affected.versions
    if any(_same(parsed, listed) for listed in affected.versions):
        return True
    return any(_in_range(one, parsed) for one in affected.ranges if one.type in {"ECOSYSTEM", "SEMVER"})


def affected_entry(record: Record, name: str, version: str) -> Affected | None:
    """Return the entry of the record that affects this version of a PyPI package; None for a withdrawn record."""
    if record.withdrawn:
        return None
    wanted = normal_name(name)
    for affected in record.affected:
        package = affected.package
        if package is None or package.ecosystem != PYPI or normal_name(package.name) != wanted:
            continue
        if is_affected(affected, version):
            return affected
    return None


def fixed_versions(affected: Affected, version: str) -> tuple[str, ...]:
    """Return the versions above `version` in which the entry says it is fixed, smallest first."""
    current = _version(version)
    found = {
        parsed: event.fixed
        for one in affected.ranges
        if one.type in {"ECOSYSTEM", "SEMVER"}
        for event in one.events
        if event.fixed and (parsed := _version(event.fixed)) and (current is None or parsed > current)
    }
    return tuple(found[parsed] for parsed in sorted(found))


def sort_versions(versions: Iterable[str]) -> tuple[str, ...]:
    """Sort versions by PEP 440; those it does not know come last, as text."""
    return tuple(sorted(set(versions), key=lambda text: (_version(text) is None, _version(text) or Version("0"), text)))


@functools.lru_cache(maxsize=100_000)
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:  # `InvalidVersion` is one; so is what Python says of a number of thousands of digits
        return None


def _same(version: Version, listed: str) -> bool:
    other = _version(listed)
    if other is None:
        return False
    # A list names public versions; a local build (`1.13.1+cu117`) of one of them is that version.
    return version == other or (other.local is None and version.local is not None and version.public == other.public)


def _in_range(one: Range, version: Version) -> bool:
    marks: list[tuple[Version, int, str]] = []
    for event in one.events:
        for order, kind, text in (
            (0, "introduced", event.introduced),
            (1, "fixed", event.fixed),
            (2, "last_affected", event.last_affected),
        ):
            if text is None:
                continue
            mark = Version("0.dev0") if text == "0" and kind == "introduced" else _version(text)
            if mark is not None:
                marks.append((mark, order, kind))
    inside = False
    for mark, _, kind in sorted(marks, key=lambda one: (one[0], one[1])):
        if mark > version:
            break
        if kind == "introduced":
            inside = True
        elif kind == "fixed" or mark < version:
            inside = False
    return inside
