"""Finds the manifests of a target by their names, reads them all, and holds them against each other."""

from __future__ import annotations

import posixpath
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.inventory.contract import Declared, Graph, Inventory, Ranged, Scope, gap, joined
from secscan.inventory.graph import told
from secscan.inventory.known import (
    LOCKED_BESIDE,
    is_lock_of,
    lock_path,
    read_requirements,
    reader_of,
    sbom_reader,
    why_unread,
)
from secscan.inventory.names import PYPI, package_name

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


def _every_manifest(_path: str) -> bool:
    return True


def take_inventory(
    paths: list[str], read: Callable[[str], bytes], *, wanted: Callable[[str], bool] = _every_manifest
) -> Inventory:
    """Read every manifest among `paths` (path texts) that is wanted; `read` gives the content of one.

    What a requirements file includes is read too if it is among `paths`. A range that a lock file of its own tool in
    the same folder resolves is no gap; outside Python, one in a folder above will do, as it holds the parts of a
    project together. A lock file without packages resolves nothing. Where there is but one file, someone named it: an
    SBOM is then read whatever it is called.
    """
    known = set(paths)
    asked = [path for path in sorted(paths) if wanted(path)]
    todo = deque(path for path in asked if reader_of(path) and not _is_spoken_for(path, known))
    seen = set(todo)
    parts = list(_named(paths, read)) if not todo else []
    while todo:
        path = todo.popleft()
        one = (reader_of(path) or read_requirements)(path, read(path))
        parts.append(one)
        for include in one.includes:
            if include not in known:
                missing = gap(GapKind.BROKEN_MANIFEST, path, f"it includes {include}, which is not there")
                parts.append(Inventory(gaps=(missing,)))
            elif include not in seen:
                seen.add(include)
                todo.append(include)
    holding = {one.path for part in parts for one in part.packages}
    parts.append(Inventory(gaps=(*_unread(asked, holding), *_indirect_unknown(holding))))
    whole = joined(parts)
    gaps = [found for one in _unresolved(whole.ranges, whole.packages) for found in _range_gaps(one)]
    return Inventory(packages=tuple(_explained(whole)), ranges=whole.ranges, gaps=(*whole.gaps, *gaps))


def _range_gaps(one: Ranged) -> tuple[Gap, ...]:
    from secscan.inventory.requirements import range_gap

    return range_gap(one).gaps


def _named(paths: list[str], read: Callable[[str], bytes]) -> Iterable[Inventory]:
    if len(paths) != 1 or reader_of(paths[0]) or why_unread(paths[0]) or posixpath.basename(paths[0]) in LOCKED_BESIDE:
        return
    data = read(paths[0])
    reader = sbom_reader(data)
    if reader is not None:
        yield reader(paths[0], data)


def _is_spoken_for(path: str, known: set[str]) -> bool:
    """Whether another file says if this one is to be read: `go.sum` has all that was ever asked for."""
    folder, name = posixpath.split(path)
    return name == "go.sum" and posixpath.join(folder, "go.mod") in known


def _unread(paths: Iterable[str], holding: set[str]) -> Iterable[Gap]:
    """What no reader understands, and what names ranges only and has no lock file among those `holding` packages."""
    locked = set(map(lock_path, holding))
    for path in paths:
        folder, name = posixpath.split(path)
        if why := why_unread(path):
            yield _unsupported(path, f"no reader for this file yet ({why})", "its packages are not assessed")
        locks = LOCKED_BESIDE.get(name, ())
        if locks and not any(posixpath.join(above, lock) in locked for above in _folders(folder) for lock in locks):
            why = (
                f"it names ranges, or is a program, and no {' or '.join(locks[:3])} with packages says what it comes to"
            )
            yield gap(GapKind.NO_LOCK_FILE, path, why, remedy="add the lock file")


def _indirect_unknown(holding: set[str]) -> Iterable[Gap]:
    """Each `package.json` that pins packages where no lock file has what they ask for in turn."""
    locks: dict[str, set[str]] = defaultdict(set)
    for path in holding:
        locks[posixpath.dirname(path)].add(path)
    for path in sorted(holding):
        folder, name = posixpath.split(path)
        if name != "package.json" or any(is_lock_of(one, path) for above in _folders(folder) for one in locks[above]):
            continue
        yield gap(
            GapKind.UNSUPPORTED_REQUIREMENT,
            f"indirect dependencies in {path}",
            "what its dependencies ask for in turn is not written down",
            remedy="add the lock file",
        )


def _unsupported(path: str, why: str, remedy: str) -> Gap:
    return gap(GapKind.UNSUPPORTED_MANIFEST, path, why, remedy=remedy)


def _folders(folder: str) -> Iterable[str]:
    """A folder and all above it."""
    yield folder
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


Names = dict[tuple[str, str, str], list[Declared]]
"""Packages by the folder of their file, ecosystem and normal name."""


def _unresolved(ranges: Iterable[Ranged], packages: Iterable[Declared]) -> list[Ranged]:
    """Ranges of which no lock file of their own tool says what they come to."""
    pinned: Names = defaultdict(list)
    for one in packages:
        pinned[posixpath.dirname(one.path), one.ecosystem, package_name(one.ecosystem, one.name)].append(one)
    return [one for one in ranges if not _resolved(one, pinned)]


def _resolved(one: Ranged, pinned: Names) -> bool:
    folder, name = posixpath.dirname(one.path), package_name(one.ecosystem, one.name)
    folders = [folder] if one.ecosystem == PYPI else _folders(folder)
    versions = {
        found.version
        for above in folders
        for found in pinned.get((above, one.ecosystem, name), ())
        if is_lock_of(found.path, one.path)
    }
    if one.ecosystem != PYPI:
        return bool(versions)
    from packaging.requirements import InvalidRequirement, Requirement

    # A pin for another platform (`x==1; sys_platform == 'win32'` beside `x>=2`) or of an old lock file tells nothing.
    try:
        wanted = Requirement(one.text).specifier
    except InvalidRequirement:
        return bool(versions)  # Poetry's own notation
    return any(_lies_in(version, wanted) for version in versions)


def _lies_in(version: str, wanted: SpecifierSet) -> bool:
    try:
        return wanted.contains(version, prereleases=True)
    except ValueError:
        return False


def _explained(whole: Inventory) -> Iterable[Declared]:
    """Complete the packages of lock files that do not say what is direct: what a manifest beside them asks for is."""
    graphs = {one.path: one for one in whole.graphs}
    asked: dict[tuple[str, str], list[tuple[str, Scope]]] = defaultdict(list)
    declared = [one for one in whole.packages if one.direct and one.path not in graphs]
    wanted: Iterable[Declared | Ranged] = (*whole.ranges, *declared)
    for one in wanted:
        folder = posixpath.dirname(one.path)
        asked[folder, one.ecosystem].append((package_name(one.ecosystem, one.name), one.scope))
    locked: dict[str, list[Declared]] = defaultdict(list)
    for package in whole.packages:
        if package.path in graphs:
            locked[package.path].append(package)
        else:
            yield package
    for path, packages in locked.items():
        yield from _told(packages, graphs[path], asked[posixpath.dirname(path), packages[0].ecosystem])


def _told(packages: list[Declared], graph: Graph, asked: list[tuple[str, Scope]]) -> Iterable[Declared]:
    if not asked:
        return packages
    roots = []
    for scope in (Scope.UNKNOWN, Scope.OPTIONAL, Scope.DEV):
        names = {name for name, wanted_for in asked if wanted_for is scope}
        found = [(one.name, one.version) for one in packages if package_name(one.ecosystem, one.name) in names]
        roots.append((scope, found))
    return told(packages, roots, graph.asks_for)
