"""What a range of commits changed, with the content of its last commit; and a commit as a whole."""

from __future__ import annotations

from pathlib import Path

from secscan.errors import UsageError
from secscan.targets.copies import copy_changes
from secscan.targets.git import Repository
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.scope import Wishes
from secscan.targets.tree import borrowed, prefix_of


def open_diff(repository: Repository, root: Path, span: str, folder: Path, wishes: Wishes) -> OpenedTarget:
    """Open what `span` changed below `root`, copied into `folder`.

    `BASE...HEAD`, or `BASE` alone: what HEAD changed since its common ancestor with BASE, as a pull request shows
    it. `BASE..HEAD`: what differs between the two. Raises `TargetError` where a commit is not there.
    """
    base_name, last_name, from_ancestor = parse_span(span)
    base, last = repository.commit(base_name), repository.commit(last_name)
    if from_ancestor:
        base = repository.merge_base(base, last)
    prefix = prefix_of(root, repository)
    listing = copy_changes(
        repository,
        repository.changes(base, last, prefix),
        prefix,
        lambda: frozenset(entry.path for entry in repository.tree(last)),
        folder,
        wishes,
    )
    return freeze(
        listing, kind="diff", name=root.name, origin=root, revision=last, base=base, notices=borrowed(repository)
    )


def open_commit(repository: Repository, root: Path, revision: str, folder: Path, wishes: Wishes) -> OpenedTarget:
    """Open everything below `root` as it is in a commit, copied into `folder`. Raises `TargetError`."""
    commit = repository.commit(revision)
    prefix = prefix_of(root, repository)
    listing = copy_changes(
        repository,
        repository.changes("", commit, prefix),
        prefix,
        lambda: frozenset(entry.path for entry in repository.tree(commit)),
        folder,
        wishes,
    )
    return freeze(listing, kind="tree", name=root.name, origin=root, revision=commit, notices=borrowed(repository))


def parse_span(span: str) -> tuple[str, str, bool]:
    """Return base, last commit, and whether to start from their common ancestor. Raises `UsageError`."""
    separator = "..." if "..." in span else ".."
    base, found, last = span.partition(separator)
    base, last = base.strip(), last.strip()
    if ".." in last or not (base or last):
        raise UsageError(f"--diff {span!r} is not a range of commits", hint="write it as BASE...HEAD")
    return base or "HEAD", last or "HEAD", separator == "..." or not found
