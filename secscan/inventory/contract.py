"""The contract of the inventory: what a manifest declares, as values, and the readers that find it.

Manifests are hostile text. They are parsed, never executed, resolved or followed out of the target; what cannot be
understood is a gap, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap

SCANNER = "secscan"
"""Who reports what could not be read."""

MAX_MANIFEST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Declared:
    """One package at one version, as a manifest declares it."""

    name: str
    version: str
    ecosystem: str
    """As OSV names it."""
    path: str
    """The manifest, as path text."""
    line: int = 0
    direct: bool | None = None


@dataclass(frozen=True, slots=True)
class Ranged:
    """One package declared as a range, so that only a lock file can tell the version."""

    name: str
    ecosystem: str
    path: str
    text: str
    """The declaration, as it stands."""
    line: int = 0


@dataclass(frozen=True)
class Inventory:
    """What one or many manifests declare."""

    packages: tuple[Declared, ...] = ()
    ranges: tuple[Ranged, ...] = ()
    gaps: tuple[Gap, ...] = ()
    includes: tuple[str, ...] = ()
    """Path texts of further requirement files that a file includes."""

    def __add__(self, other: Inventory) -> Inventory:
        """Return both together."""
        return Inventory(
            packages=self.packages + other.packages,
            ranges=self.ranges + other.ranges,
            gaps=self.gaps + other.gaps,
            includes=self.includes + other.includes,
        )


Reader = Callable[[str, bytes], Inventory]
"""Takes a manifest's path text and content."""


def gap(kind: GapKind, subject: str, detail: str, *, remedy: str = "", line: int = 0) -> Gap:
    """Return a gap of the inventory."""
    return Gap(scanner=SCANNER, kind=kind, subject=subject, detail=detail, remedy=remedy, line=line)


def broken(path: str, why: str, line: int = 0) -> Inventory:
    """Return the inventory of a manifest that could not be understood."""
    return Inventory(
        gaps=(
            gap(GapKind.BROKEN_MANIFEST, path, f"the manifest cannot be read: {why}", remedy="correct it", line=line),
        )
    )


def line_of(text: str, needle: str) -> int:
    """Return the line, from 1, on which `needle` first stands in `text`; 0 where it does not."""
    at = text.find(needle)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0
