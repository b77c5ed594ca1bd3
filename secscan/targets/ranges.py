"""Which commits a change is compared with: the parents of a merge that is being made, and what a remote has already.

A change has several bases where branches come together. Then only what differs from each of them is new: the rest came
with one of the branches, and was looked at, or not, when it came there.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secscan.errors import TargetError
from secscan.targets.git import Change, Repository

_OBJECT_ID = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Span:
    """Commits up to `last`, without those that `bases` have."""

    bases: tuple[str, ...]
    """Ids of commits; none where nothing came before."""
    last: str
    """The id of a commit; empty for the index."""
    inner: bool = False
    """Whether to look at what the commits between had and the last has not, and at nothing else."""


def staged_span(repository: Repository) -> Span:
    """What the index is compared with: HEAD, and what is being merged into it. Before the first commit, nothing."""
    head = repository.head()
    return Span((head, *_merge_heads(repository)) if head else (), "")


def _merge_heads(repository: Repository) -> tuple[str, ...]:
    """The commits that are being merged; see `git help revisions`. A squashed merge has none: it makes the changes its
    own."""
    try:
        words = (repository.git_dir / "MERGE_HEAD").read_bytes()[:100_000].split()
    except OSError:
        return ()
    heads = [word.decode("ascii", "replace") for word in words]
    return tuple(repository.commit(head) for head in heads if set(head) <= _OBJECT_ID)


def pushed_span(repository: Repository, last: str, *, remote: str = "", there: str = "") -> Span:
    """What a push of `last` brings to a remote.

    `remote` is its name, `there` the commit that its branch is at; both may be empty. The bases are the commits that
    the remote has, by its remote-tracking branches, and on which those that it has not are built: so a new branch, a
    branch that was rewritten, and one into which others were merged are all compared with what is there.
    """
    last = repository.commit(last)
    known = [there] if there and has_commit(repository, there) else []
    pattern = f"refs/remotes/{remote}/" if remote else "refs/remotes/"
    refs = repository.run("for-each-ref", "--format=%(objectname)", pattern).decode("ascii").split()
    since = sorted({*known, *refs})
    if not since:
        return Span((), last)
    asked = "\n".join([last, *(f"^{one}" for one in since)]).encode("ascii")
    told = repository.run("rev-list", "--boundary", "--stdin", stdin=asked).decode("ascii").split()
    boundary = tuple(line[1:] for line in told if line.startswith("-"))
    # Without any, either nothing is new, or what is pushed is not built upon anything that is there.
    return Span(boundary or (() if told else (last,)), last)


def has_commit(repository: Repository, oid: str) -> bool:
    """Whether a commit is here, by its id."""
    if not oid or not set(oid) <= _OBJECT_ID:
        return False
    try:
        return repository.commit(oid) == oid
    except TargetError:
        return False


def is_nothing(oid: str) -> bool:
    """Whether an id stands for no object: all its digits are zero."""
    return bool(oid) and not oid.strip("0")


def commits_in(repository: Repository, span: Span) -> int:
    """How many commits a span has."""
    since = (f"^{one}" for one in span.bases)
    return int(repository.run("rev-list", "--count", span.last, *since))


def changed(
    repository: Repository, bases: Sequence[str], last: str, prefix: bytes
) -> tuple[tuple[Change, ...], tuple[bytes, ...]]:
    """Return what differs from every base, and the paths that differ from the first only, since another has them."""
    first, *others = bases or ("",)
    found = repository.changes(first, last, prefix)
    before = {one.path for one in found}
    for base in others:
        differing = {one.path for one in repository.changes(base, last, prefix)}
        found = tuple(one for one in found if one.path in differing)
    return found, tuple(sorted(before - {one.path for one in found}))


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
