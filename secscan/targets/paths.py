"""Files that a list names, as `git diff --name-only` or a hook gives them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from secscan.errors import TargetError
from secscan.findings.model import Gap
from secscan.findings.paths import encode_path
from secscan.targets.content import NotRegularError, read_regular
from secscan.targets.find_git import looks_like_repository
from secscan.targets.listing import Listing
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.scope import Scope, Wishes, absent_submodule
from secscan.targets.walk import Found, Sort

_MOST_BYTES = 100_000_000


def open_paths(root: Path, source: str, wishes: Wishes) -> OpenedTarget:
    """Open the files that `source` (a file, or `-` for standard input) names, below `root`.

    One path per line, or NUL-separated; relative to `root`, or absolute. What is named is in scope, also where git
    ignores it. Raises `TargetError` for a path that is not there or lies outside.
    """
    scope = Scope(root, Wishes(exclude=wishes.exclude))
    listing = Listing(root, scope)
    listing.add(_found(root, _names(source), scope))
    return freeze(listing, kind="paths", name=root.name, origin=root)


def _names(source: str) -> list[bytes]:
    try:
        data = (
            sys.stdin.buffer.read(_MOST_BYTES + 1)
            if source == "-"
            else read_regular(Path(source), most=_MOST_BYTES + 1)
        )
    except (OSError, NotRegularError) as error:
        raise TargetError(
            f"cannot read the list of paths {source}: it is missing or not a regular file",
            hint="give a file, or - for standard input",
        ) from error
    if len(data) > _MOST_BYTES:
        raise TargetError(f"the list of paths {source} is larger than {_MOST_BYTES} bytes", hint="scan the whole tree")
    if b"\0" in data:
        return [name for name in data.split(b"\0") if name]
    return [name for name in (line.removesuffix(b"\r") for line in data.split(b"\n")) if name]


def _found(root: Path, names: list[bytes], scope: Scope) -> Iterator[Found]:
    seen: set[bytes] = set()
    for name in names:
        path = _inside(root, name)
        if path in seen:
            continue
        seen.add(path)
        mode = (root / os.fsdecode(path)).lstat().st_mode
        if stat.S_ISDIR(mode):
            scope.gaps.append(_submodule(root, path))
        elif stat.S_ISLNK(mode):
            yield Found(path, Sort.LINK)
        else:
            yield Found(path, Sort.FILE if stat.S_ISREG(mode) else Sort.SPECIAL)


def _inside(root: Path, name: bytes) -> bytes:
    """The path of a named file relative to `root`, with every folder on the way resolved."""
    shown = encode_path(name)
    place = Path(os.path.normpath(root / os.fsdecode(name)))
    real = Path(os.path.realpath(place.parent), place.name)
    if real == root or not real.is_relative_to(root):
        raise TargetError(f"{shown} is not inside {root}", hint="list paths below the folder that is scanned")
    if not os.path.lexists(real):
        raise TargetError(
            f"{shown} does not exist in {root}", hint="leave deleted files out: `git diff --name-only --diff-filter=d`"
        )
    return os.fsencode(real.relative_to(root))


def _submodule(root: Path, path: bytes) -> Gap:
    """A list of changed paths names a submodule like a file; any other folder is a mistake."""
    folder = root / os.fsdecode(path)
    if looks_like_repository(folder) or not any(folder.iterdir()):
        return absent_submodule(encode_path(path))
    raise TargetError(
        f"{encode_path(path)} is a folder; --paths-from takes files", hint="give the folder as PATH, or list its files"
    )
