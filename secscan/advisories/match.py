"""Which versions of a PyPI package an OSV record affects, by PEP 440.

The evaluation follows the OSV schema: a version is affected if it is listed, or if it lies in a range. A range's events
are sorted by version; `introduced` opens, `fixed` closes before, `last_affected` closes after.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from packaging.version import Version

from secscan.advisories.osv import Affected, Range, Record

PYPI = "PyPI"
_FIRST = Version("0.dev0")
"""What stands before every version."""


def normal_name(name: str) -> str:
    """A PyPI name in its normal form (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_affected(affected: Affected, version: str) -> bool:
    """Whether a version is affected. A version that PEP 440 does not know is compared with the list only."""
    parsed = parse_version(version)
    if parsed is None:
        return version in affected.versions
    if any(_same(parsed, parse_version(listed)) for listed in affected.versions):
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
    current = parse_version(version)
    found = {
        parsed: event.fixed
        for one in affected.ranges
        if one.type in {"ECOSYSTEM", "SEMVER"}
        for event in one.events
        if event.fixed and (parsed := parse_version(event.fixed)) and (current is None or parsed > current)
    }
    return tuple(found[parsed] for parsed in sorted(found))


def sort_versions(versions: Iterable[str]) -> tuple[str, ...]:
    """Sort versions by PEP 440; those it does not know come last, as text."""
    return tuple(
        sorted(set(versions), key=lambda text: (parse_version(text) is None, parse_version(text) or Version("0"), text))
    )


@functools.lru_cache(maxsize=100_000)
def parse_version(text: str) -> Version | None:
    """Read a version by PEP 440; None for one that it does not know."""
    try:
        return Version(text)
    except ValueError:  # `InvalidVersion` is one; so is what Python says of a number of thousands of digits
        return None


def _same(version: Version, named: Version | None) -> bool:
    """Whether a record that names a version means this one: a local build (`1.13.1+cu117`) is its public version."""
    if named is None:
        return False
    return version == named or (named.local is None and version.local is not None and version.public == named.public)


def _in_range(one: Range, version: Version) -> bool:
    limits = [event.limit for event in one.events if event.limit is not None]
    if (
        limits
        and "*" not in limits
        and not any(limit is None or version < limit for limit in map(parse_version, limits))
    ):
        return False
    inside = False
    for mark, _, kind in sorted(_marks(one), key=lambda one: (one[0], one[1])):
        if mark > version:
            break
        if kind == "introduced":
            inside = True
        elif kind == "fixed" or not _same(version, mark):
            inside = False
    return inside


def _marks(one: Range) -> Iterator[tuple[Version, int, str]]:
    """Where a range opens and closes. A beginning that PEP 440 does not know is the first; such an end never comes."""
    for event in one.events:
        if event.introduced is not None:
            known = parse_version(event.introduced) if event.introduced != "0" else None
            yield known or _FIRST, 0, "introduced"
        if event.fixed is not None and (fixed := parse_version(event.fixed)):
            yield fixed, 1, "fixed"
        if event.last_affected is not None and (last := parse_version(event.last_affected)):
            yield last, 2, "last_affected"
