"""The contract of the inventory: what a manifest declares, as values, and the readers that find it.

Manifests are hostile text. They are parsed, never executed, resolved or followed out of the target; what cannot be
understood is a gap, by name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap

SCANNER = "secscan"
"""Who reports what could not be read."""

MAX_MANIFEST_BYTES = 20_000_000
MAX_PACKAGES = 200_000
"""Packages in one file, or gaps; more is no manifest that anyone wrote."""


class Scope(StrEnum):
    """What a package is needed for."""

    UNKNOWN = ""
    """The file does not tell, or it is needed to run."""
    DEV = "dev"
    """To build or test only."""
    OPTIONAL = "optional"
    """Only where someone asks for the extra, or where the platform has it."""


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
    """Whether the project itself asks for it; None where the file does not tell."""
    why: tuple[str, ...] = ()
    """For what is not direct: who asks for it, as `name version`, from the direct dependency down. Empty where the
    file does not tell."""
    scope: Scope = Scope.UNKNOWN
    licence: str = ""
    """What the file says of the licence, see `inventory.licences`; empty where it says nothing."""
    source: tuple[str, str] = ("", "")
    """Of a package of a distribution: name and version of the source package that it was built from, of which
    advisories speak. Empty where that is the same, or no such thing exists."""
    architecture: str = ""
    """Of a package of a distribution."""
    layer: int | None = None
    """In an image: the layer that brought it, counted from the lowest, 0."""


@dataclass(frozen=True, slots=True)
class Ranged:
    """One package declared as a range, so that only a lock file can tell the version."""

    name: str
    ecosystem: str
    path: str
    text: str
    """The declaration, as it stands."""
    line: int = 0
    scope: Scope = Scope.UNKNOWN


Label = tuple[str, str]
"""Name and version of a package, as a lock file has them."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Who asks for whom in a lock file that does not say what is direct: the manifest beside it does."""

    path: str
    asks_for: Mapping[Label, Iterable[Label]]


@dataclass(frozen=True)
class Inventory:
    """What one or many manifests declare."""

    packages: tuple[Declared, ...] = ()
    ranges: tuple[Ranged, ...] = ()
    gaps: tuple[Gap, ...] = ()
    includes: tuple[str, ...] = ()
    """Path texts of further requirement files that a file includes."""
    graphs: tuple[Graph, ...] = ()


_CREDENTIALS = re.compile(r"://[^/@\s]*@")

Reader = Callable[[str, bytes], Inventory]
"""Takes a manifest's path text and content."""


def gap(kind: GapKind, subject: str, detail: str, *, remedy: str = "", line: int = 0) -> Gap:
    """Return a gap of the inventory, without the credentials that URLs may hold."""
    subject, detail = (
        without_credentials(text).encode("utf-8", errors="backslashreplace").decode() for text in (subject, detail)
    )
    return Gap(scanner=SCANNER, kind=kind, subject=subject, detail=detail, remedy=remedy, line=line)


def without_credentials(text: str) -> str:
    """Return text without the credentials that URLs in it hold."""
    return _CREDENTIALS.sub("://***@", text)


def placed(what: str, path: str) -> str:
    """Return the subject of a gap about what stands in a manifest: `WHAT in PATH`.

    Policies tolerate gaps by such texts, and both halves are hostile: neither can hold an ` in ` of its own, by which
    a dependency of one file would pass for one of another.
    """
    what, path = (without_credentials(text).replace(" in ", "_in_") for text in (what, path))
    return f"{what} in {path}"


def broken(path: str, why: str, line: int = 0) -> Inventory:
    """Return the inventory of a manifest that could not be understood."""
    return Inventory(
        gaps=(
            gap(GapKind.BROKEN_MANIFEST, path, f"the manifest cannot be read: {why}", remedy="correct it", line=line),
        )
    )


OTHER_NAME = "its key and its members name different packages"
"""Why an entry of a lock file is a gap, whichever of the two its tool fetches."""


def not_released(path: str, what: str, line: int = 0, *, why: str = "") -> Inventory:
    """Return the gap for something that is locked to a URL, path or revision, of which no advisory can speak."""
    return Inventory(
        gaps=(
            gap(
                GapKind.UNSUPPORTED_REQUIREMENT,
                placed(without_credentials(what)[:100], path),
                why or "locked to a URL, path or revision, not to a released version",
                remedy="depend on a released version, or check it by hand",
                line=line,
            ),
        )
    )


def reading(read: Reader) -> Reader:
    """Decorate a reader: what is too large, what no parser takes and what is nested too deep is a gap, never a crash.

    Parsers of data say what is wrong with `ValueError`: those of JSON, TOML and text encodings, and our own.
    """
    return reading_up_to(MAX_MANIFEST_BYTES)(read)


def reading_up_to(most: int) -> Callable[[Reader], Reader]:
    """Return the decorator `reading` for files of another size, in bytes."""

    def decorate(read: Reader) -> Reader:
        @functools.wraps(read)
        def reader(path: str, data: bytes) -> Inventory:
            if len(data) > most:
                return broken(path, f"it is larger than {most} bytes")
            return _guarded(read, path, data)

        return reader

    return decorate


def _guarded(read: Reader, path: str, data: bytes) -> Inventory:
    try:
        found = read(path, data)
    except ValueError as error:
        return broken(path, (str(error).splitlines() or ["it cannot be parsed"])[0][:150])
    except RecursionError:
        return broken(path, "it is nested too deep")
    if len(found.packages) + len(found.ranges) > MAX_PACKAGES:
        return broken(path, f"it names more than {MAX_PACKAGES} packages")
    if len(found.gaps) > MAX_PACKAGES:
        return broken(path, f"it names more than {MAX_PACKAGES} things that cannot be read")
    texts = (text for one in found.packages for text in (one.name, one.version, one.licence))
    wanted = (text for one in found.ranges for text in (one.name, one.text))
    if not all(map(_is_text, texts)) or not all(map(_is_text, wanted)):
        return broken(path, "it names packages by what is no Unicode text")
    return found


def check_count(count: int) -> None:
    """Raise `ValueError` where a file names more than anyone wrote, before much time is spent on it."""
    if count > MAX_PACKAGES:
        raise ValueError(f"it names more than {MAX_PACKAGES} packages")


def _is_text(text: str) -> bool:
    """Whether a text can be written anywhere: JSON can smuggle in halves of characters (`\\ud800`)."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def joined(parts: Iterable[Inventory]) -> Inventory:
    """Return all parts together; many of them, unlike `+`, in linear time."""
    parts = tuple(parts)
    return Inventory(
        packages=tuple(one for part in parts for one in part.packages),
        ranges=tuple(one for part in parts for one in part.ranges),
        gaps=tuple(one for part in parts for one in part.gaps),
        includes=tuple(one for part in parts for one in part.includes),
        graphs=tuple(one for part in parts for one in part.graphs),
    )


def limited(parts: Iterable[Inventory]) -> Iterator[Inventory]:
    """Yield the parts of a file in which few characters can say much. Raises `ValueError` where they are too many."""
    for count, part in enumerate(parts):
        if count >= MAX_PACKAGES:
            raise ValueError(f"it names more than {MAX_PACKAGES} packages")
        yield part


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
