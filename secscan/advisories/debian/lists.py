"""The lists of a suite: which source packages it has (`Sources.xz`), and what is built of them (`Packages.xz`).

Format: https://wiki.debian.org/DebianRepository/Format
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from secscan.advisories.debian.release import File
from secscan.errors import AdvisoryError
from secscan.versions.order import order_of

_FIELD = re.compile(r"([A-Za-z0-9-]+):[ \t]*(.*)")
_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]{1,200}")
_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_/:-]{0,400}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SIZE = re.compile(r"[0-9]{1,12}")
_REBUILT = re.compile(r"\+b[0-9]+$")
_MOST = 200_000


@dataclass(frozen=True)
class Built:
    """A package that was built of a source."""

    source: str
    version: str
    """Of the source."""
    path: str
    """Below the mirror."""
    file: File


def read_sources(lines: Iterable[str]) -> dict[str, str]:
    """Return the newest version of each source package, by name. Raises `AdvisoryError` for what is no such list.

    What is kept for its source only is no update: it is there because something else was built with it, and is often of
    another version than what that suite, or the release itself, has.
    """
    order = order_of("Debian")
    found: dict[str, str] = {}
    for fields in _paragraphs(lines):
        name, version = fields.get("Package", ""), fields.get("Version", "")
        if not _NAME.fullmatch(name) or order.key(version) is None:
            raise _no_entry(fields)
        if fields.get("Extra-Source-Only") == "yes":
            continue
        if name not in found or order.key(version) > order.key(found[name]):
            found[name] = version
    return found


def read_packages(lines: Iterable[str]) -> Iterator[Built]:
    """Yield what is built. Raises `AdvisoryError` for what is no such list."""
    for fields in _paragraphs(lines):
        source = _SOURCE.fullmatch(fields.get("Source") or fields.get("Package", ""))
        path, size, digest = (fields.get(name, "") for name in ("Filename", "Size", "SHA256"))
        good = _PATH.fullmatch(path) and _SIZE.fullmatch(size) and _DIGEST.fullmatch(digest)
        if source is None or not good or ".." in path.split("/"):
            raise _no_entry(fields)
        version = source[2] or _REBUILT.sub("", fields.get("Version", ""))
        yield Built(source[1], version, path, File(digest, int(size)))


def _paragraphs(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield the fields of each paragraph, of those that have one line."""
    fields: dict[str, str] = {}
    count = 0
    for line in itertools.chain(lines, [""]):
        if line.strip():
            if found := _FIELD.fullmatch(line):
                fields[found[1]] = found[2].strip()
        elif fields:
            count += 1
            if count > _MOST:
                raise AdvisoryError(f"it names more than {_MOST} packages", hint="is the mirror right?")
            yield fields
            fields = {}


def _no_entry(fields: dict[str, str]) -> AdvisoryError:
    found = f"{fields.get('Package', '')} {fields.get('Version', '')}"[:100]
    return AdvisoryError(f"an entry of a list is none: {found!r}", hint="is the mirror right?")
