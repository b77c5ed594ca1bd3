"""How much of an image is read at most, and how it is said that there is more."""

from __future__ import annotations

from dataclasses import dataclass

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap

SCANNER = "image"
"""Who reports what could not be read of an image."""


@dataclass(frozen=True)
class ImageLimits:
    """Engines allow 127 layers and paths of 4,096 bytes; the rest is some way above the largest image known to us."""

    layers: int = 500
    entries: int = 1_000_000
    """Of all layers. The largest images known to us have 400,000."""
    expanded: int = 64_000_000_000
    """Bytes of all layers together, when they are no longer compressed."""
    ratio: int = 200
    """By how much a layer may expand, once it is larger than `ratio_from` bytes. Debian's packages expand by 3 to 4."""
    ratio_from: int = 100_000_000
    path: int = 4_096
    """Bytes of the path of an entry."""
    paths: int = 100_000_000
    """Bytes of all paths: each is held against the names of many files. The largest images known to us have 40 MB."""
    header: int = 1_000_000
    """Bytes of one extended header."""
    document: int = 4_000_000
    """Bytes of a manifest or a configuration; registries take no more."""
    nesting: int = 8
    """Of indexes in an OCI layout."""
    members: int = 100_000
    """Entries of the archive that holds the layers."""
    window: int = 23
    """Power of two of the bytes that a layer's zstd may look back: 8 MB, the most that builders of images use."""
    lock: int = 4_000_000
    """Bytes of one lock file; parsers take many times as much memory."""
    kept: int = 16_000_000
    """Bytes of all lock files, which are held until the image is read."""
    packages: int = 30_000
    """Of all layers; a desktop has 5,000."""
    told: int = 2_000
    """Gaps, and secrets, and folders that are not searched, each: nobody reads more."""


class TooMuch(Exception):
    """A limit was reached; the text says which."""


class Broken(Exception):
    """The format was not kept; the text says how."""


def gap(kind: GapKind, subject: str, detail: str, *, remedy: str = "") -> Gap:
    """Return a gap of the image."""
    return Gap(scanner=SCANNER, kind=kind, subject=subject[:1000], detail=detail[:1000], remedy=remedy)
