"""Finds the manifests of a target by their names and reads them all."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.inventory.contract import MAX_MANIFEST_BYTES, Declared, Inventory, Ranged, Reader, broken, gap
from secscan.inventory.python_files import read_pipfile_lock, read_pyproject, read_setup_cfg, read_toml_lock
from secscan.inventory.requirements import range_gap, read_requirements

_REQUIREMENTS = re.compile(
    r"(?:[\w.-]*(?:requirements?|constraints?|reqs)[\w.-]*\.(?:txt|in|pip)|requirements/.*\.(?:txt|in|pip))",
    re.IGNORECASE,
)
_LOCKS = {"poetry.lock", "uv.lock", "pdm.lock"}
_PYLOCK = re.compile(r"pylock(?:\.[\w-]+)?\.toml")

_OTHERS = {
    "Pipfile": "a range file; Pipfile.lock is read",
    "setup.py": "a program, which is never run; a lock file or setup.cfg can be read",
    "environment.yml": "conda",
    "package.json": "npm",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "yarn.lock": "npm",
    "pnpm-lock.yaml": "npm",
    "bun.lock": "npm",
    "go.mod": "Go",
    "Cargo.lock": "Rust",
    "pom.xml": "Maven",
    "gradle.lockfile": "Gradle",
    "build.gradle": "Gradle",
    "Gemfile.lock": "RubyGems",
    "composer.lock": "Packagist",
    "packages.lock.json": "NuGet",
    "mix.lock": "Hex",
    "pubspec.lock": "Pub",
}


def reader_of(path: str) -> Reader | None:
    """Return the reader for a file by its path text; None where it is no manifest that we read."""
    folder, name = posixpath.split(path)
    if name == "pyproject.toml":
        return read_pyproject
    if name in _LOCKS or _PYLOCK.fullmatch(name):
        return read_toml_lock
    if name == "Pipfile.lock":
        return read_pipfile_lock
    if name == "setup.cfg":
        return read_setup_cfg
    if _REQUIREMENTS.fullmatch(name) or _REQUIREMENTS.fullmatch(f"{posixpath.basename(folder)}/{name}"):
        return read_requirements
    return None


def take_inventory(paths: list[str], read: Callable[[str], bytes]) -> Inventory:
    """Read every manifest among `paths` (path texts); `read` gives the content of one.

    What a requirements file includes is read too if it is among `paths`. A range that a lock file in the same folder
    resolves is no gap.
    """
    known = set(paths)
    todo = [path for path in sorted(paths) if reader_of(path)]
    seen = set(todo)
    packages: list[Declared] = []
    ranges: list[Ranged] = []
    gaps: list[Gap] = [_unsupported(path) for path in sorted(paths) if posixpath.basename(path) in _OTHERS]
    while todo:
        path = todo.pop(0)
        one = _read(path, read)
        packages += one.packages
        ranges += one.ranges
        gaps += one.gaps
        for include in one.includes:
            if include not in known:
                gaps.append(gap(GapKind.BROKEN_MANIFEST, path, f"it includes {include}, which is not there"))
            elif include not in seen:
                seen.add(include)
                todo.append(include)
    unresolved = _unresolved(ranges, packages)
    gaps += [found for one in unresolved for found in range_gap(one).gaps]
    return Inventory(packages=tuple(packages), ranges=tuple(ranges), gaps=tuple(gaps))


def _read(path: str, read: Callable[[str], bytes]) -> Inventory:
    data = read(path)
    if len(data) > MAX_MANIFEST_BYTES:
        return broken(path, f"it is larger than {MAX_MANIFEST_BYTES} bytes")
    return (reader_of(path) or read_requirements)(path, data)


def _unsupported(path: str) -> Gap:
    return gap(
        GapKind.UNSUPPORTED_MANIFEST,
        path,
        f"no reader for this file yet ({_OTHERS[posixpath.basename(path)]})",
        remedy="its packages are not assessed",
    )


def _unresolved(ranges: list[Ranged], packages: list[Declared]) -> list[Ranged]:
    """Ranges for which no file of the same folder pins a version that lies in them."""
    pinned: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in packages:
        pinned[posixpath.dirname(one.path), _normal(one.name)].add(one.version)
    return [one for one in ranges if not _resolved(one, pinned[posixpath.dirname(one.path), _normal(one.name)])]


def _resolved(one: Ranged, versions: set[str]) -> bool:
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


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
