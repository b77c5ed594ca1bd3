"""Lists what lies below a folder, without recursion and without following a link."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Sort(Enum):
    """What stands under a name."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Found:
    """One name below the folder."""

    path: bytes
    """Relative to the folder, with `/`."""
    sort: Sort
    detail: str = ""
    """Why it cannot be read."""


def walk(root: Path, enter: Callable[[bytes], bool]) -> Iterator[Found]:
    """Yield every file, link and special file below `root`, and every folder that cannot be read.

    `enter` is asked for each folder whether to look into it. The order is that of the names, folders last.
    """
    waiting = [b""]
    while waiting:
        folder = waiting.pop()
        prefix = folder + b"/" if folder else b""
        try:
            with os.scandir(os.fsencode(root / os.fsdecode(folder))) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Found(folder, Sort.UNREADABLE, reason(error))
            continue
        inner = []
        for entry in entries:
            path = prefix + entry.name
            sort = _sort(entry)
            if sort is not Sort.FOLDER:
                yield Found(path, sort)
            elif enter(path):
                inner.append(path)
        waiting.extend(reversed(inner))


def reason(error: OSError) -> str:
    """Say why something could not be opened."""
    if error.errno == errno.ENAMETOOLONG:
        return "its path is longer than the operating system takes"
    return os.strerror(error.errno or 0).lower()


def _sort(entry: os.DirEntry[bytes]) -> Sort:
    try:
        if entry.is_symlink():
            return Sort.LINK
        if entry.is_dir(follow_symlinks=False):
            return Sort.FOLDER
        return Sort.FILE if entry.is_file(follow_symlinks=False) else Sort.SPECIAL
    except OSError:
        return Sort.FILE  # opening it will tell
