"""Everything that was ever committed: each version of each file that a branch or a tag reaches, once.

Versions are found by comparing trees, merges with each of their parents, and read as objects: no attribute, filter or
ignore file of the repository has a say. While it is scanned a version lies below the beginning of its object id; `tell`
puts what was found back under the file's own name and says which commit brought it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from secscan.findings.levels import GapKind
from secscan.findings.model import Finding, Gap
from secscan.findings.paths import encode_path
from secscan.targets.copies import copy_changes
from secscan.targets.git import Change, Repository, Version
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.scope import Wishes
from secscan.targets.tree import borrowed, prefix_of

_ID = 16
"""Digits of an object id that name its folder."""


@dataclass(frozen=True)
class History:
    """Which version lies where, and what brought it."""

    repository: Repository
    versions: dict[str, Version]
    """By the folder a version lies in."""
    present: frozenset[str]
    """Object ids of the files that HEAD has."""
    prefix: bytes

    def tell(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings under the names of their files, each once: in the commit that brought it first."""
        first: dict[tuple[str, str, str], tuple[Finding, Version]] = {}
        alive: set[tuple[str, str, str]] = set()
        for finding in findings:
            folder, _, _ = finding.location.path.partition("/")
            version = self.versions[folder]
            path = encode_path(version.path[len(self.prefix) :])
            moved = msgspec.structs.replace(finding, location=msgspec.structs.replace(finding.location, path=path))
            rule = finding.sources[0].rule if finding.sources else finding.defect
            key = (path, rule, finding.location.context or str(finding.location.region))
            if version.oid in self.present:
                alive.add(key)
            if key not in first or version.order < first[key][1].order:
                first[key] = (moved, version)
        who = self.repository.authors({version.commit for _, version in first.values()})
        return tuple(
            _noted(finding, version, who[version.commit], key in alive) for key, (finding, version) in first.items()
        )


def _noted(finding: Finding, version: Version, author: str, is_alive: bool) -> Finding:
    here = (
        "It still stands in HEAD." if is_alive else "It is not in HEAD any more, but in every copy of the repository."
    )
    brought = f"Brought by commit {version.commit[:12]} ({author}). {here} Deleting it does not help: rotate it."
    return msgspec.structs.replace(finding, message=f"{finding.message} {brought}".strip())


def open_history(repository: Repository, root: Path, folder: Path, wishes: Wishes) -> OpenedTarget:
    """Open every version of every file below `root`, copied into `folder`. Raises `TargetError`."""
    prefix = prefix_of(root, repository)
    head = repository.head()
    versions = {one.oid[:_ID]: one for one in repository.versions() if one.path.startswith(prefix)}
    changes = [
        Change("A", one.mode, one.oid, name.encode() + b"/" + one.path[len(prefix) :]) for name, one in versions.items()
    ]
    listing = copy_changes(repository, changes, b"", frozenset, folder, wishes)
    listing.gaps.extend(_not_fetched(repository))
    opened = freeze(listing, kind="history", name=root.name, origin=root, revision=head, notices=borrowed(repository))
    present = frozenset(entry.oid for entry in repository.tree(head)) if head else frozenset()
    return replace(opened, notices=tuple(borrowed(repository)), history=History(repository, versions, present, prefix))


def _not_fetched(repository: Repository) -> Iterator[Gap]:
    if (repository.git_dir / "shallow").exists():
        yield Gap(
            scanner="secscan",
            kind=GapKind.NOT_SEEN,
            subject="history",
            detail="the repository is a shallow clone: what lies before its oldest commit is not here",
            remedy="fetch it all: `git fetch --unshallow` (on GitHub: `fetch-depth: 0`)",
        )
