"""What is staged: the content of git's index, of the files that differ from HEAD."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from secscan.targets.copies import copy_changes
from secscan.targets.git import Repository
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.scope import Wishes
from secscan.targets.tree import borrowed, prefix_of


def open_staged(repository: Repository, root: Path, folder: Path, wishes: Wishes) -> OpenedTarget:
    """Open what is staged below `root`, copied into `folder`. Before the first commit that is the whole index."""
    repository = replace(repository, index_file=index_of_commit(repository))
    prefix = prefix_of(root, repository)
    head = repository.head()
    listing = copy_changes(
        repository,
        repository.changes(head, "", prefix),
        prefix,
        lambda: frozenset(entry.path for entry in repository.index()),
        folder,
        wishes,
    )
    return freeze(listing, kind="staged", name=root.name, origin=root, revision=head, notices=borrowed(repository))


def index_of_commit(repository: Repository) -> Path | None:
    """The index of the commit that is being made, where git runs us as a hook.

    `git commit -a` and `git commit FILE` hand their hooks another index than `.git/index`, by GIT_INDEX_FILE
    (githooks(5)). One outside this repository's git folder belongs to another repository.
    """
    named = os.environ.get("GIT_INDEX_FILE", "")
    if not named:
        return None
    place = Path(os.path.realpath(named))
    return place if Path(os.path.realpath(repository.git_dir)) in place.parents else None
