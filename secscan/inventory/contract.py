"""The contract of the inventory: what a manifest declares, as values, and the readers that find it.

Manifests are hostile text. They are parsed, never executed, resolved or followed out of the target; what cannot be
understood is a gap, by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
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


def joined(parts: Iterable[Inventory]) -> Inventory:
    """Return all parts together; many of them, unlike `+`, in linear time."""
    parts = tuple(parts)
    return Inventory(
        packages=tuple(one for part in parts for one in part.packages),
        ranges=tuple(one for part in parts for one in part.ranges),
        gaps=tuple(one for part in parts for one in part.gaps),
        includes=tuple(one for part in parts for one in part.includes),
    )


class Lines:
    """On which line, from 1, a name or a text first stands; 0 where it does not.

    The text is read once: looking for each of a hundred thousand names in turn would take hours.
    """

    _WORDS = re.compile(r'"([^"\\]*)"|\'([^\']*)\'|([A-Za-z0-9_.-]+)')

    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            self._lines.setdefault(line.strip(), number)
            for found in self._WORDS.finditer(line):
                self._lines.setdefault(found[1] or found[2] or found[3] or "", number)

    def of(self, text: str) -> int:
        """The line of `text`: a whole line, a quoted text, or a word."""
        return self._lines.get(text, 0)
