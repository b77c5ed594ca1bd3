"""What an image has installed, when all of its layers were laid: packages, each under its distribution's name."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from dataclasses import dataclass, replace

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap, OutOfScope
from secscan.findings.paths import encode_path
from secscan.images.collector import Kept, with_layers
from secscan.images.limits import ImageLimits, gap
from secscan.images.links import target_of
from secscan.images.tree import Tree
from secscan.images.wanted import RELEASES
from secscan.inventory.contract import Declared
from secscan.inventory.distribution import distribution_of, family_of
from secscan.inventory.names import package_name
from secscan.inventory.os_release import read_os_release

_FAMILIES = {"Debian": "deb", "Alpine": "apk", "Red Hat": "rpm"}
"""Whose names readers of package databases give, since they do not know the distribution; with the type of package."""
_GLOBAL = ("usr/lib/node_modules/", "usr/local/lib/node_modules/")
"""Where npm itself and its kin are installed, whose packages say nothing of those of a project."""


@dataclass(frozen=True)
class Installed:
    """The inventory of an image."""

    distribution: dict[str, str]
    packages: tuple[Declared, ...]
    gaps: tuple[Gap, ...]
    out_of_scope: tuple[OutOfScope, ...]


def inventory_of(tree: Tree[Kept]) -> Installed:
    """Return what lies in a tree of files."""
    gaps: list[Gap] = []
    members = _release(tree, gaps)
    distribution = distribution_of(members)
    ecosystem = distribution.ecosystem if distribution else ""
    foreign: set[str] = set()
    packages: list[Declared] = []
    locks: dict[str, tuple[int, bytes]] = {}
    for path, layer, kept in tree.items():
        gaps += kept.gaps
        if kept.packages is not None:
            gaps += map(_of_image, kept.packages.gaps)
            packages += [_of(one, ecosystem, foreign) for one in with_layers(kept)]
        if kept.lock is not None:
            locks[encode_path(path)] = layer, kept.lock
    if distribution and not any(one.ecosystem == ecosystem for one in packages):
        detail = f"it is {distribution.name}, and no package database was found where that keeps it"
        gaps.append(gap(GapKind.NOT_ASSESSED, "packages of the distribution", detail))
    for database in sorted(foreign):
        detail = f"its packages are of another kind than those of {distribution.name if distribution else 'this'}"
        gaps.append(gap(GapKind.NOT_ASSESSED, database, detail))
    locked, passed_over, lock_gaps = _locked(locks, packages)
    return Installed(members, (*packages, *locked), (*gaps, *lock_gaps), passed_over)


def _of(one: Declared, ecosystem: str, foreign: set[str]) -> Declared:
    """A package under the name of the distribution; `foreign` takes the databases that are none of its own."""
    kind = _FAMILIES.get(one.ecosystem)
    if not kind or not ecosystem:
        return one
    family = family_of(ecosystem)
    if family and family.purl[0] != kind:
        foreign.add(one.path)
        return one
    return replace(one, ecosystem=ecosystem)


def _release(tree: Tree[Kept], gaps: list[Gap]) -> dict[str, str]:
    for path in RELEASES:
        kept = tree.get(path.encode())
        if kept is not None and kept.release is not None:
            return read_os_release(kept.release)
        if kept is not None and kept.link is not None and target_of(path, encode_path(kept.link)) != RELEASES[1]:
            detail = f"it is a link to {encode_path(kept.link)[:200]}, which is not followed"
            gaps.append(gap(GapKind.PARTIAL, path, detail))
    return {}


def _locked(
    locks: dict[str, tuple[int, bytes]], installed: list[Declared], most: int = ImageLimits().packages
) -> tuple[list[Declared], tuple[OutOfScope, ...], list[Gap]]:
    """What lock files name of which nothing is installed: programs that carry their packages in them.

    Where some of it is installed, that is what runs; the rest of the file is what was needed to build and to test.
    """
    if not locks:
        return [], (), []
    from secscan.inventory.discover import take_inventory  # readers of all lock files, of which most images have none

    here: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in installed:
        here[_key(one)].append(one.path)
    packages: list[Declared] = []
    gaps: list[Gap] = []
    passed_over = []
    for path, (layer, data) in locks.items():
        found = take_inventory([path], lambda _path, data=data: data)  # type: ignore[misc]
        if any(_is_beside(path, place) for one in found.packages for place in here.get(_key(one), ())):
            reason = "a lock file of what is installed: that is looked at instead"
            passed_over.append(OutOfScope(path=path, reason=reason, files=1))
        elif len(packages) + len(found.packages) + len(found.gaps) > most:
            gaps.append(gap(GapKind.TOO_LARGE, path, f"it is not read: all lock files name more than {most} packages"))
        else:
            packages += [replace(one, layer=layer) for one in found.packages]
            gaps += map(_of_image, found.gaps)
    return packages, tuple(passed_over), gaps


def _key(one: Declared) -> tuple[str, str, str]:
    return one.ecosystem, package_name(one.ecosystem, one.name), one.version


def _is_beside(lock: str, place: str) -> bool:
    """Whether what is installed at a place can be what a lock file asked for. Node.js finds packages in `node_modules`
    of the project's folder and those above it alone; other languages have one place for all."""
    before, modules, _ = place.partition("node_modules/")
    if not modules:
        return True
    folder = f"{posixpath.dirname(lock)}/".lstrip("/")
    return not place.startswith(_GLOBAL) and (before.startswith(folder) or folder.startswith(before))


def _of_image(found: Gap) -> Gap:
    """The gap of a reader of the inventory as one of the image."""
    return gap(found.kind, found.subject, found.detail, remedy=found.remedy)
