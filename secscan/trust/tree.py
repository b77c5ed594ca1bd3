"""The files of a tree that could speak for it, read from where they are judged, and whether they are trusted.

The tree is the repository, or the folder where there is none. Its files are read from the work tree, from git's index
(`--staged`) or from the last commit (`--diff`): what counts is of the same state as what is scanned.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.errors import ConfigError, PolicyError
from secscan.findings.paths import encode_path, os_path
from secscan.targets.content import NotRegularError, read_regular
from secscan.trust.listed import TrustedTree, list_path, read_list, tree_of

if TYPE_CHECKING:
    from secscan.targets.git import Entry, Repository

MOST_BYTES = 200_000_000
"""Of one file that speaks for a tree, such as a baseline."""
_LINK = 0o120000


Look = Callable[[str], bytes | None]
"""Gives the content of a file of a tree by its path text; None where it is not there, or does not count."""


class NotTrusted(PolicyError):
    """A file of the tree is named by what counts, and does not count itself."""


@dataclass(frozen=True)
class Tree:
    """A tree, and what the user trusts of it."""

    base: Path
    """The top: a real path. Paths of files are path texts relative to it."""
    read: Look
    """Gives the content of a file; None where there is none."""
    trusted: TrustedTree | None = None
    problem: ConfigError | None = None
    """Why the list of what is trusted was not read."""
    source: str = ""
    """Where files are read from, in words; empty for the work tree."""
    changed: dict[str, str] = field(default_factory=dict)
    """Files that were trusted and do not count now, and why: `changed`, `gone`, or `built` upon such a one. `counting`
    fills it."""

    def counting(self, path: str) -> bytes | None:
        """Return the content of a file if it is what was trusted; None where it is not, or there is none."""
        if self.trusted is None:
            return None
        data = self.read(path)
        if data is not None and self.trusted.holds(path, data):
            return data
        if path in self.trusted.files:
            self.changed[path] = "gone" if data is None else "changed"
        return None

    def inside(self, path: Path) -> str:
        """The path text below the top of a file; empty for one that lies elsewhere. Links are not followed: one in the
        place of a folder must not lead us out."""
        for one in (Path(os.path.normpath(Path.cwd() / path)), (Path.cwd() / path).parent.resolve() / path.name):
            if one.is_relative_to(self.base) and one != self.base:
                return encode_path(os.fsencode(one.relative_to(self.base)))
        return ""

    def place(self, path: str) -> Path:
        """Where a file lies in the work tree."""
        return self.base / os_path(path)


def guarded(
    tree: Tree, look: Callable[[str], bytes | None], elsewhere: Callable[[str], bytes]
) -> Callable[[str], bytes]:
    """Return what reads a file by its path: one of the tree by `look` only, any other by `elsewhere`.

    Raises `NotTrusted` for one of the tree that `look` does not give.
    """

    def read(path: str) -> bytes:
        inside = tree.inside(Path(path))
        if not inside:
            return elsewhere(path)
        data = look(inside)
        if data is None:
            raise NotTrusted(
                f"{inside} is not there, or is not what you trusted", hint="see `secscan config trust --show`"
            )
        return data

    return read


def open_tree(target: Path, repository: Repository | None, *, staged: bool = False, committed: bool = False) -> Tree:
    """Open the tree of a target; `staged` and `committed` say which state of it is scanned."""
    base = Path(os.path.realpath(repository.root if repository else target))
    if repository is None:
        tree = Tree(base, _from_files(base))
    elif staged:
        from secscan.targets.ranges import index_of_commit

        of_commit = replace(repository, index_file=index_of_commit(repository))
        tree = Tree(base, _from_entries(repository, of_commit.index), source="the index")
    elif committed:
        tree = Tree(base, _from_entries(repository, lambda: _committed(repository)), source="HEAD")
    else:
        tree = Tree(base, _from_files(base))
    try:
        place = list_path()
    except ConfigError:
        return tree  # who has no home has trusted nothing
    if Path(os.path.realpath(place)).is_relative_to(base):
        problem = ConfigError(f"{place} lies in the tree, which cannot say whom you trust", hint="move XDG_CONFIG_HOME")
        return replace(tree, problem=problem if place.exists() else None)
    try:
        return replace(tree, trusted=tree_of(read_list(place), base))
    except ConfigError as error:
        return replace(tree, problem=error)


def _committed(repository: Repository) -> tuple[Entry, ...]:
    head = repository.head()
    return repository.tree(head) if head else ()


def _from_files(base: Path) -> Look:
    def read(path: str) -> bytes | None:
        try:
            data = read_regular(base / os_path(path), most=MOST_BYTES + 1)
        except (OSError, NotRegularError, ValueError):
            return None
        return data if len(data) <= MOST_BYTES else None

    return read


def _from_entries(repository: Repository, list_entries: Callable[[], tuple[Entry, ...]]) -> Look:
    known: dict[bytes, Entry] = {}

    def read(path: str) -> bytes | None:
        if not known:
            known.update((one.path, one) for one in list_entries() if one.stage == 0 and one.mode != _LINK)
        entry = known.get(os.fsencode(os_path(path)))
        return dict(repository.blobs([entry.oid])).get(entry.oid) if entry else None

    return read
