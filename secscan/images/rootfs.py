"""A file system tree in a folder as one layer: nothing in it is followed, run, or opened but regular files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.findings.paths import encode_path
from secscan.images.limits import gap
from secscan.images.tar import Entry, Sort
from secscan.targets.content import NotRegularError, open_regular

_CHUNK = 1 << 18
_OF_THE_KERNEL = (b"proc", b"sys", b"dev")
"""Folders at the top that hold no files where a system runs."""


class Digest(Protocol):
    """What a hash takes."""

    def update(self, data: bytes, /) -> None:
        """Take more."""
        ...


def entries_of(root: Path, gaps: list[Gap], digest: Digest) -> Iterator[tuple[Entry, Iterable[bytes]]]:
    """Yield every entry below a folder with its content, sorted, and hash names and content; `gaps` takes what cannot
    be read."""
    folders = [b""]
    base = os.fsencode(root)
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(os.path.join(base, folder)) as found:  # noqa: PTH118 - names are bytes
                inner = sorted(found, key=lambda one: one.name)
        except OSError as error:
            gaps.append(
                gap(GapKind.UNREADABLE, encode_path(folder) or ".", f"the folder cannot be listed: {error.strerror}")
            )
            continue
        below = []
        for one in inner:
            path = folder + b"/" + one.name if folder else one.name
            if path in _OF_THE_KERNEL and os.path.ismount(one.path):
                continue
            try:
                status = one.stat(follow_symlinks=False)
                link = os.readlink(one.path) if stat.S_ISLNK(status.st_mode) else b""  # noqa: PTH115 - bytes
            except OSError as error:
                gaps.append(gap(GapKind.UNREADABLE, encode_path(path), f"it cannot be read: {error.strerror}"))
                continue
            entry = _entry(path, status, link)
            digest.update(b"%d:%s %d %o\n" % (len(path), path, entry.size, status.st_mode))
            yield entry, _content(one.path, gaps, path, digest)
            if entry.sort is Sort.FOLDER:
                below.append(path)
        folders += reversed(below)


def _entry(path: bytes, status: os.stat_result, link: bytes) -> Entry:
    sort = next((sort for test, sort in _SORTS if test(status.st_mode)), Sort.OTHER)
    return Entry(
        path=path,
        sort=sort,
        size=status.st_size if sort is Sort.FILE else 0,
        mode=stat.S_IMODE(status.st_mode),
        user=status.st_uid,
        group=status.st_gid,
        link=link,
        sparse=False,
        climbs=False,
    )


_SORTS = (
    (stat.S_ISREG, Sort.FILE),
    (stat.S_ISDIR, Sort.FOLDER),
    (stat.S_ISLNK, Sort.LINK),
    (stat.S_ISFIFO, Sort.FIFO),
    (stat.S_ISCHR, Sort.DEVICE),
    (stat.S_ISBLK, Sort.DEVICE),
)


def _content(place: bytes, gaps: list[Gap], path: bytes, digest: Digest) -> Iterator[bytes]:
    try:
        with os.fdopen(open_regular(Path(os.fsdecode(place))), "rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                yield chunk
    except NotRegularError:
        gaps.append(gap(GapKind.UNREADABLE, encode_path(path), "it was replaced while it was looked at"))
    except OSError as error:
        gaps.append(gap(GapKind.UNREADABLE, encode_path(path), f"it cannot be read: {error.strerror}"))
