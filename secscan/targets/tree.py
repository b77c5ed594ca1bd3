"""A source tree as it lies on disk: in a git repository what git tracks and does not ignore, elsewhere all files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from secscan.findings.model import Notice
from secscan.findings.paths import encode_path
from secscan.targets.content import NotRegularError, read_regular
from secscan.targets.find_git import find_repository
from secscan.targets.git import EXECUTABLE, GITLINK, REGULAR, Entry, Repository
from secscan.targets.listing import Listing
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.scope import GitView, Scope, Wishes
from secscan.targets.walk import Found, Sort, walk

_CONVERTED_BYTES = 20_000_000
"""Larger files are not compared again with other line ends."""


def open_tree(root: Path, wishes: Wishes) -> OpenedTarget:
    """Open the folder `root`, given as a real path."""
    repository, unused = find_repository(root)
    notices = [git_notice(unused)] if unused else []
    ignored: tuple[bytes, ...] = ()
    prefix = b""
    if repository is not None:
        prefix = prefix_of(root, repository)
        ignored = repository.ignored()
        if any(path.endswith(b"/") and prefix.startswith(path) for path in ignored):
            repository = None
            notices.append(git_notice("git ignores this folder; as you named it, everything in it is in scope"))
    if repository is None:
        scope = Scope(root, wishes)
        listing = Listing(root, scope)
        listing.add(walk(root, scope.enter))
        return freeze(listing, kind="tree", name=root.name, origin=root, notices=notices)
    notices += borrowed(repository)
    index = tuple(below(repository.index(prefix), prefix))
    view = GitView(
        tracked=frozenset(entry.path for entry in index if entry.mode != GITLINK),
        submodules=frozenset(entry.path for entry in index if entry.mode == GITLINK),
        ignored=frozenset(path[len(prefix) :].rstrip(b"/") for path in ignored if path.startswith(prefix)),
    )
    scope = Scope(root, wishes, view)
    listing = Listing(root, scope, git_hash="sha256" if index and len(index[0].oid) == 64 else "sha1")
    listing.add(walk(root, scope.enter))
    scope.absent_submodules()
    missing = _missing(root, index)
    for entry in missing:
        if entry.not_checked_out:
            scope.leave_out(encode_path(entry.path), "not checked out (sparse checkout)", files=1)
    head = repository.head()
    dirty = (
        any(not entry.not_checked_out for entry in missing)
        or bool(repository.changes(head, "", prefix))
        or any(path not in view.tracked for path in listing.git_ids)
        or any(_differs(listing, entry) for entry in index)
    )
    return freeze(listing, kind="tree", name=root.name, origin=root, revision=head, dirty=dirty, notices=notices)


def open_file(path: Path) -> OpenedTarget:
    """Open one file, given as a real path; a tree of one."""
    listing = Listing(path.parent, Scope(path.parent, Wishes()))
    listing.add([Found(os.fsencode(path.name), Sort.FILE)])
    return freeze(listing, kind="tree", name=encode_path(os.fsencode(path.name)), origin=path.parent)


def prefix_of(root: Path, repository: Repository) -> bytes:
    """Where `root` lies in the work tree: empty, or a path that ends in `/`."""
    relative = os.fsencode(root.relative_to(repository.root))
    return b"" if relative == b"." else relative + b"/"


def below(entries: Sequence[Entry], prefix: bytes) -> list[Entry]:
    """The entries with paths relative to `prefix`."""
    return [
        Entry(entry.mode, entry.oid, entry.path[len(prefix) :], entry.stage, entry.not_checked_out)
        for entry in entries
        if entry.path.startswith(prefix)
    ]


def git_notice(text: str) -> Notice:
    """Something about the repository that the reader should know."""
    return Notice(topic="git", subject=".git", text=text)


def borrowed(repository: Repository) -> list[Notice]:
    """A notice where the repository takes objects from another one."""
    where = repository.borrows_from()
    return [git_notice(f"the repository takes objects from another one ({where})")] if where else []


def _missing(root: Path, index: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in index if entry.mode != GITLINK and not os.path.lexists(root / os.fsdecode(entry.path))]


def _differs(listing: Listing, entry: Entry) -> bool:
    """Whether a file's content is not that of the index. Line ends may differ: git converts them by its settings.

    Filters, which would have to run a program, are not applied: with them a file counts as changed.
    """
    git_id = listing.git_ids.get(entry.path)
    if git_id is None or git_id == entry.oid or entry.mode not in (REGULAR, EXECUTABLE):
        return False
    try:
        data = read_regular(listing.root / os.fsdecode(entry.path), most=_CONVERTED_BYTES)
    except (OSError, NotRegularError):
        return True
    data = data.replace(b"\r\n", b"\n")
    return (
        hashlib.new(listing.git_hash, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() != entry.oid
    )
