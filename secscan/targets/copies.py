"""Content from git's object database, copied into a private folder so that scanners can be shown it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.findings.paths import encode_path
from secscan.targets.git import GITLINK, LINK, MAX_BLOB, Change, Repository
from secscan.targets.listing import Listing, link_gap
from secscan.targets.scope import Scope, Wishes, absent_submodule
from secscan.targets.walk import Found, Sort, reason

_MOST_FOLDERS = 200
"""Python removes folders by recursion, so a copy must not be arbitrarily deep."""


def copy_changes(
    repository: Repository,
    changes: Sequence[Change],
    prefix: bytes,
    everything: Callable[[], frozenset[bytes]],
    folder: Path,
    wishes: Wishes,
) -> Listing:
    """Copy the new content of `changes` into `folder` and count it there.

    Paths are made relative to `prefix`. `everything` gives all paths (relative to the work tree) in what is judged;
    it is asked only where a link has to be placed.
    """
    scope = Scope(folder, wishes)
    listing = Listing(folder, scope)
    blobs: dict[str, list[bytes]] = {}
    links: dict[str, list[bytes]] = {}
    for change in changes:
        path = change.path[len(prefix) :]
        name = encode_path(path)
        if change.status == "D":
            scope.leave_out(name, "deleted: there is nothing to scan", files=1)
        elif change.status == "U":
            listing.gaps.append(_lost(name, "it is in conflict, so nobody knows its content", "resolve the conflict"))
        elif problem := _unsafe(path):
            listing.gaps.append(_lost(name, problem, "give it another name"))
        elif change.mode == GITLINK:
            listing.gaps.append(absent_submodule(name))
        else:
            (links if change.mode == LINK else blobs).setdefault(change.oid, []).append(path)
    listing.add(_written(repository, blobs, listing, folder))
    paths = everything() if links else frozenset()
    for oid, target in repository.blobs(links):
        for path in links[oid]:
            if scope.takes(path):
                _place_link(path, target, prefix, paths, listing)
    return listing


def _written(repository: Repository, blobs: dict[str, list[bytes]], listing: Listing, folder: Path) -> Iterator[Found]:
    for oid, data in repository.blobs(blobs):
        for path in blobs[oid]:
            if data is None:
                listing.gaps.append(
                    _lost(encode_path(path), f"its content is missing here or above {MAX_BLOB} bytes", "fetch it")
                )
                continue
            try:
                _write(folder / os.fsdecode(path), data)
            except OSError as error:
                listing.gaps.append(_lost(encode_path(path), reason(error), "give it another name"))
                continue
            yield Found(path, Sort.FILE)


def _write(place: Path, data: bytes) -> None:
    for above in reversed(place.parents):  # not parents=True, which goes by recursion
        if not above.exists():
            above.mkdir()
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


def _unsafe(path: bytes) -> str:
    """Why a path must not be written: git's objects can hold names that no checkout would make."""
    parts = path.split(b"/")
    if any(part in (b"", b".", b"..") or part.lower() == b".git" for part in parts):
        return "its name is not one that git would check out"
    if len(parts) > _MOST_FOLDERS:
        return f"it lies more than {_MOST_FOLDERS} folders deep"
    return ""


def _place_link(path: bytes, target: bytes | None, prefix: bytes, paths: frozenset[bytes], listing: Listing) -> None:
    """Say where a link leads, by names alone: nothing is on disk that could be followed."""
    name = encode_path(path)
    if target is None:
        listing.gaps.append(link_gap(name, "cannot be read"))
        return
    whole = prefix + path
    leads = posixpath.normpath(posixpath.join(posixpath.dirname(whole), target))
    if target.startswith(b"/") or (leads + b"/").startswith(b"../") or not (leads + b"/").startswith(prefix):
        listing.gaps.append(link_gap(name, "leaves the tree"))
    elif leads == whole:
        listing.gaps.append(link_gap(name, "runs in a circle"))
    elif leads in paths or leads == b"." or any(one.startswith(leads + b"/") for one in paths):
        shown = encode_path(leads[len(prefix) :])
        listing.scope.leave_out(name, f"link to {shown or '.'}, which is scanned itself where it is part of the change")
    else:
        listing.gaps.append(link_gap(name, "points to nothing"))


def not_staged(path: bytes, prefix: bytes) -> Gap:
    """The gap for a file that was named and is not among what is judged, given by its path in the work tree."""
    return Gap(
        scanner="secscan",
        kind=GapKind.UNREADABLE,
        subject=encode_path(path.removeprefix(prefix)),
        detail="it is named, and is not in git's index or the commit that is looked at",
        remedy="stage it: `git add`",
    )


def _lost(name: str, why: str, remedy: str) -> Gap:
    return Gap(
        scanner="secscan",
        kind=GapKind.UNREADABLE,
        subject=name,
        detail=f"the content cannot be copied out of git: {why}",
        remedy=remedy,
    )
