"""Everything that was ever committed: each version of each file that a branch or a tag reaches, once.

Versions are found by comparing trees, merges with each of their parents, and read as objects: no attribute, filter or
ignore file of the repository has a say. While it is scanned a version lies below the beginning of its object id; `tell`
puts what was found back under the file's own name and says which commit brought it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from secscan.findings.levels import GapKind
from secscan.findings.model import Finding, Gap, Introduced
from secscan.findings.paths import encode_path
from secscan.targets.copies import copy_changes
from secscan.targets.git import Change, Name, Repository, Version
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.ranges import Span
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
    present: frozenset[tuple[bytes, str]]
    """Path and object id of the files that HEAD has."""
    prefix: bytes

    def commits(self) -> dict[str, set[str]]:
        """See `targets.contract.Telling`."""
        brought: dict[str, set[str]] = {}
        for folder, version in self.versions.items():
            for name in version.names:
                brought.setdefault(name.commit, set()).add(folder)
        return brought

    def tell(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings under the names of their files, each once under each name, in the order of the commits
        that brought them first. Two values of one statement are two findings."""
        first: dict[tuple[object, ...], tuple[Finding, Name]] = {}
        alive: set[tuple[object, ...]] = set()
        for finding in findings:
            version = self.versions[finding.location.path.partition("/")[0]]
            for name in version.names:
                moved = _under(finding, encode_path(name.path[len(self.prefix) :]))
                key = _identity(moved)
                if (name.path, version.oid) in self.present:
                    alive.add(key)
                if key not in first or name.order < first[key][1].order:
                    first[key] = (moved, name)
        who = self.repository.authors({name.commit for _, name in first.values()})
        told = sorted(first.items(), key=lambda item: _age(*item[1]))
        return tuple(
            _noted(finding, Introduced(commit=name.commit, author=author, date=date, in_head=key in alive))
            for key, (finding, name) in told
            for author, date in [who[name.commit]]
        )


def _under(finding: Finding, path: str) -> Finding:
    """The finding, under the name of its file."""
    here = finding.location.path
    trace = tuple(msgspec.structs.replace(step, path=path) if step.path == here else step for step in finding.trace)
    return msgspec.structs.replace(
        finding, location=msgspec.structs.replace(finding.location, path=path), trace=trace, fingerprint=""
    )


def _age(finding: Finding, name: Name) -> tuple[object, ...]:
    region = finding.location.region
    return name.order, finding.location.path, region is not None, region


def _identity(finding: Finding) -> tuple[object, ...]:
    """What makes it another finding. A marker does: the version that has one speaks for none that has not."""
    rule = finding.sources[0].rule if finding.sources else ""
    location = finding.location
    return (
        location.path,
        finding.defect,
        finding.same or rule,
        location.context or str(location.region),
        bool(finding.markers),
    )


def _noted(finding: Finding, introduced: Introduced) -> Finding:
    here = (
        "It still stands in HEAD."
        if introduced.in_head
        else "It is not in HEAD any more, but in every copy of the repository."
    )
    who = ", ".join(part for part in (introduced.author, introduced.date[:10]) if part)
    brought = f"Brought by commit {introduced.commit[:12]} ({who}). {here} Deleting it does not help: rotate it."
    return msgspec.structs.replace(finding, message=f"{finding.message} {brought}".strip(), introduced=introduced)


def open_history(
    repository: Repository, root: Path, folder: Path, wishes: Wishes, *, span: Span | None = None
) -> OpenedTarget:
    """Open every version of every file below `root`, copied into `folder`. Raises `TargetError`.

    Of a span: those that its commits had, and neither its last commit has nor any of its bases.
    """
    prefix = prefix_of(root, repository)
    head = span.last if span else repository.head()
    found = _between(repository, span) if span else repository.versions()
    versions = _by_folder(_below(prefix, found, wishes))
    changes = [
        Change("A", one.mode, one.oid, name.encode() + b"/" + one.names[0].path[len(prefix) :])
        for name, one in versions.items()
    ]
    listing = copy_changes(repository, changes, b"", frozenset, folder, wishes)
    if span is None:
        listing.gaps.extend(_not_fetched(repository))
    opened = freeze(
        listing,
        kind="commits" if span else "history",
        name=root.name,
        origin=root,
        revision=head,
        base=span.bases[0] if span and span.bases else "",
        notices=borrowed(repository),
    )
    present = frozenset((entry.path, entry.oid) for entry in repository.tree(head)) if head else frozenset()
    return replace(opened, notices=tuple(borrowed(repository)), history=History(repository, versions, present, prefix))


def _between(repository: Repository, span: Span) -> Iterator[Version]:
    known = {(entry.path, entry.oid) for commit in (*span.bases, span.last) for entry in repository.tree(commit)}
    for version in repository.versions(span.last, span.bases):
        names = tuple(name for name in version.names if (name.path, version.oid) not in known)
        if names:
            yield replace(version, names=names)


def _below(prefix: bytes, versions: Iterable[Version], wishes: Wishes) -> Iterator[Version]:
    """The versions with those of their names that lie below a folder; each name alone where patterns choose."""
    for version in versions:
        names = tuple(name for name in version.names if name.path.startswith(prefix))
        if wishes.include or wishes.exclude:
            yield from (replace(version, names=(name,)) for name in names)
        elif names:
            yield replace(version, names=names)


def _by_folder(versions: Iterable[Version]) -> dict[str, Version]:
    """A folder for each, named by the content; a number tells those of the same content apart."""
    folders: dict[str, Version] = {}
    counts: Counter[str] = Counter()
    for version in versions:
        name = version.oid[:_ID]
        counts[name] += 1
        folders[name if counts[name] == 1 else f"{name}-{counts[name]}"] = version
    return folders


def _not_fetched(repository: Repository) -> Iterator[Gap]:
    if (repository.git_dir / "shallow").exists():
        yield Gap(
            scanner="secscan",
            kind=GapKind.NOT_SEEN,
            subject="history",
            detail="the repository is a shallow clone: what lies before its oldest commit is not here",
            remedy="fetch it all: `git fetch --unshallow` (on GitHub: `fetch-depth: 0`)",
        )
