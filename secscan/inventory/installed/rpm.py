"""rpm's databases of installed packages: SQLite and ndb. Those in Berkeley DB, of rpm before 4.16, are not read yet.

What is stored of a package is its header: an index of tags, and the data that they point into.
Format: https://rpm-software-management.github.io/rpm/manual/format_header.html.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Inventory, reading_up_to
from secscan.inventory.installed import ndb_file, sqlite_file
from secscan.inventory.installed.found import Found
from secscan.inventory.installed.limits import MAX_RPM_BYTES
from secscan.inventory.licences import normal_licence

RED_HAT = "Red Hat"

_NAME, _VERSION, _RELEASE, _EPOCH, _LICENCE, _ARCHITECTURE, _SOURCE = 1000, 1001, 1002, 1003, 1014, 1022, 1044
_TEXTS = {_NAME, _VERSION, _RELEASE, _LICENCE, _ARCHITECTURE, _SOURCE}
_INT32, _STRING, _I18N_STRING = 4, 6, 9
_LENGTHS = struct.Struct(">II")
"""Entries of the index, bytes of data."""
_ENTRY = struct.Struct(">IIII")
"""Tag, type, offset into the data, count."""
_MOST_ENTRIES = 65_536
_LONGEST = 2_000
"""Bytes of a text that is read."""
_KEY = "gpg-pubkey"
"""A key that was imported is kept as if it were a package."""


@reading_up_to(MAX_RPM_BYTES)
def read_rpm_sqlite(path: str, data: bytes) -> Inventory:
    """Read `rpmdb.sqlite`: a table of numbers and headers."""
    found = Found(path, RED_HAT)

    def headers() -> Iterable[memoryview]:
        for row in sqlite_file.rows(data, "Packages", found.broken):
            if len(row) == 2 and isinstance(row[1], memoryview):
                yield row[1]
            else:
                found.broken("a row is not a number and a header")

    return _packages(found, headers())


@reading_up_to(MAX_RPM_BYTES)
def read_rpm_ndb(path: str, data: bytes) -> Inventory:
    """Read `Packages.db`."""
    found = Found(path, RED_HAT)
    return _packages(found, ndb_file.blobs(data, found.broken))


@reading_up_to(MAX_RPM_BYTES)
def read_rpm_berkeley(path: str, _data: bytes) -> Inventory:
    """Say that a Berkeley DB is not read."""
    return _unread(path, "no reader for this format yet (Berkeley DB)")


@reading_up_to(MAX_RPM_BYTES)
def read_rpm_log(path: str, _data: bytes) -> Inventory:
    """Say that what SQLite has not yet put into the database is not read."""
    return _unread(path, "changes that are not yet in the database itself are not read")


def _unread(path: str, why: str) -> Inventory:
    found = Found(path, RED_HAT)
    found.gap(GapKind.UNSUPPORTED_MANIFEST, path, why, "run rpm --rebuilddb with a newer rpm")
    return found.inventory()


def _packages(found: Found, headers: Iterable[memoryview]) -> Inventory:
    for header in headers:
        try:
            tags = _tags(header)
            name, version = _needed(tags, _NAME), f"{_needed(tags, _VERSION)}-{_needed(tags, _RELEASE)}"
        except ValueError as error:
            found.broken(str(error))
            continue
        if name == _KEY:
            continue
        epoch = f"{tags[_EPOCH]}:" if tags.get(_EPOCH) else ""
        found.add(
            name,
            f"{epoch}{version}",
            licence=normal_licence(_word(tags, _LICENCE)),
            source=_source(_word(tags, _SOURCE), epoch),
            architecture=_word(tags, _ARCHITECTURE),
        )
    return found.inventory()


def _source(file: str, epoch: str) -> tuple[str, str]:
    """Name and version of a source package by the name of its file. That has no epoch: it is the package's own."""
    stem = file.removesuffix(".rpm").removesuffix(".src").removesuffix(".nosrc")
    name, *version = stem.rsplit("-", 2)
    return (name, epoch + "-".join(version)) if name and len(version) == 2 else ("", "")


def _needed(tags: dict[int, str | int], tag: int) -> str:
    if text := _word(tags, tag):
        return text
    raise ValueError(f"a header without tag {tag}")


def _word(tags: dict[int, str | int], tag: int) -> str:
    return str(tags.get(tag, ""))


def _tags(header: memoryview) -> dict[int, str | int]:
    """Return the tags that matter. Raises `ValueError` for what is no header."""
    if len(header) < _LENGTHS.size:
        raise ValueError("a header ends before it begins")
    count, size = _LENGTHS.unpack_from(header)
    start = _LENGTHS.size + count * _ENTRY.size
    if count > _MOST_ENTRIES or start + size > len(header):
        raise ValueError("a header is shorter than it says")
    tags: dict[int, str | int] = {}
    for tag, kind, offset, values in _ENTRY.iter_unpack(header[_LENGTHS.size : start]):
        if tag in tags or values == 0:
            continue
        at = start + offset
        if tag in _TEXTS and kind in (_STRING, _I18N_STRING):
            tags[tag] = _text(header[at : min(at + _LONGEST, start + size)])
        elif tag == _EPOCH and kind == _INT32 and offset + 4 <= size:
            tags[tag] = int.from_bytes(header[at : at + 4], "big")
        elif tag in _TEXTS or tag == _EPOCH:
            raise ValueError(f"tag {tag} of a header has a type or a place that cannot be")
    return tags


def _text(data: memoryview) -> str:
    text, end, _ = bytes(data).partition(b"\0")
    if not end:
        raise ValueError("a text of a header does not end")
    return text.decode("utf-8", errors="replace")
