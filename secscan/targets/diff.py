"""What is staged, or what a range of commits changed, with the content that it has there; and a commit as a whole.

Content comes from git's index and its objects, never from the work tree: what will be committed is what is looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from secscan.errors import UsageError
from secscan.findings.paths import encode_path
from secscan.targets.companions import companions_of
from secscan.targets.copies import copy_changes, not_staged
from secscan.targets.git import Change, Entry, Repository
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.ranges import Span, changed
from secscan.targets.scope import Wishes
from secscan.targets.tree import borrowed, prefix_of


@dataclass(frozen=True)
class Part:
    """Which part of a change, or of a commit, is looked at."""

    names: frozenset[bytes] | None = None
    """These paths, from the top of the work tree, whether they were changed or not; None for all that was changed."""
    companions: bool = True
    """Whether files that changed ones are read with come along, see `targets.companions`."""


def open_span(
    repository: Repository, root: Path, span: Span, folder: Path, wishes: Wishes, *, part: Part
) -> OpenedTarget:
    """Open what differs from all bases of `span` below `root`, copied into `folder`. Before the first commit that is
    the whole index."""
    prefix = prefix_of(root, repository)
    there = _Everything(repository, span.last)
    changes, merged = changed(repository, span.bases, span.last, prefix)
    if part.names is not None:
        changes, merged = there.named(part.names, prefix), ()
    changes = there.with_companions(changes, prefix) if part.companions else changes
    listing = copy_changes(repository, changes, prefix, there.paths, folder, wishes)
    for path in merged:
        listing.scope.leave_out(encode_path(path[len(prefix) :]), "as one of the merged commits has it", files=1)
    listing.gaps.extend(not_staged(name, prefix) for name in sorted((part.names or frozenset()) - there.paths()))
    head = span.last or repository.head()
    return freeze(
        listing,
        kind="diff" if span.last else "staged",
        name=root.name,
        origin=root,
        revision=head,
        base=span.bases[0] if span.last and span.bases else "",
        notices=borrowed(repository),
    )


def open_commit(
    repository: Repository, root: Path, revision: str, folder: Path, wishes: Wishes, *, part: Part
) -> OpenedTarget:
    """Open everything below `root` as it is in a commit, or the part of it that is named, copied into `folder`. What is
    named and not there is nothing. Raises `TargetError`."""
    commit = repository.commit(revision)
    prefix = prefix_of(root, repository)
    there = _Everything(repository, commit)
    if part.names is None:
        changes = repository.changes("", commit, prefix)
    else:
        changes = there.named(part.names, prefix)
        changes = there.with_companions(changes, prefix) if part.companions else changes
    listing = copy_changes(repository, changes, prefix, there.paths, folder, wishes)
    return freeze(listing, kind="tree", name=root.name, origin=root, revision=commit, notices=borrowed(repository))


class _Everything:
    """All entries of a commit, or of the index; read once, and only where they are asked for."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self._repository = repository
        self._commit = commit
        self._entries: tuple[Entry, ...] | None = None

    def entries(self) -> tuple[Entry, ...]:
        if self._entries is None:
            self._entries = self._repository.tree(self._commit) if self._commit else self._repository.index()
        return self._entries

    def paths(self) -> frozenset[bytes]:
        return frozenset(entry.path for entry in self.entries())

    def with_companions(self, changes: tuple[Change, ...], prefix: bytes) -> tuple[Change, ...]:
        """The changes, and what is read with them."""
        found = companions_of(changes, self.entries, self._repository.blobs)
        return (*changes, *(one for one in found if one.path.startswith(prefix)))

    def named(self, names: Collection[bytes], prefix: bytes) -> tuple[Change, ...]:
        """The entries with these paths, as if all of them had been added; one in conflict has several, and is one."""
        found = {
            entry.path: Change("U" if entry.stage else "A", entry.mode, entry.oid, entry.path)
            for entry in self.entries()
            if entry.path in names and entry.path.startswith(prefix)
        }
        return tuple(found.values())


def diff_span(repository: Repository, text: str) -> Span:
    """Return the commits that `text` means.

    `BASE...HEAD`, or `BASE` alone: what HEAD changed since its common ancestor with BASE, as a pull request shows
    it. `BASE..HEAD`: what differs between the two. Raises `TargetError` where a commit is not there.
    """
    base_name, last_name, from_ancestor = _parse_span(text)
    base, last = repository.commit(base_name), repository.commit(last_name)
    if from_ancestor:
        base = repository.merge_base(base, last)
    return Span((base,), last)


def _parse_span(span: str) -> tuple[str, str, bool]:
    """Return base, last commit, and whether to start from their common ancestor. Raises `UsageError`."""
    separator = "..." if "..." in span else ".."
    base, found, last = span.partition(separator)
    base, last = base.strip(), last.strip()
    if ".." in last or not (base or last):
        raise UsageError(f"--diff {span!r} is not a range of commits", hint="write it as BASE...HEAD")
    return base or "HEAD", last or "HEAD", separator == "..." or not found
