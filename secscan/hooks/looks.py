"""What a hook looks at: by its kind, and by what git or pre-commit tell it.

git tells a hook before a push on standard input which refs it is about (githooks(5)); pre-commit and prek tell any hook
by PRE_COMMIT_FROM_REF and PRE_COMMIT_TO_REF, where there is a range. The hooks of a commit look at git's index.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from secscan.errors import UsageError
from secscan.targets.diff import Part
from secscan.targets.git import Repository
from secscan.targets.open import TargetRequest
from secscan.targets.ranges import Span, changed, commits_in, is_nothing, pushed_span, staged_span

Kind = Literal["secrets", "staged", "push", "full"]
KINDS: tuple[Kind, ...] = ("secrets", "staged", "push", "full")


@dataclass(frozen=True)
class Look:
    """One scan that a hook makes."""

    name: str
    """Of the file that keeps what it saw."""
    about: str
    """What may not go on if something blocks, in words."""
    target: TargetRequest
    policy: str
    """The shipped policy that judges where the caller names none."""
    known_in: Span | None = None
    """See `pipeline.ScanRequest`."""
    secrets_only: bool = False
    own_policy: bool = False
    """Whether no other policy than its own can judge it: it is about secrets alone."""
    base: str = ""
    """The commit that the change is built upon; empty where there is none."""


@dataclass(frozen=True)
class Told:
    """What the caller of a hook says to it."""

    arguments: Sequence[str] = ()
    """Files, for the hooks of a commit; the remote's name and address, before a push, where git itself calls."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    lines: Sequence[str] = ()
    """Of standard input, before a push."""


def looks_of(kind: Kind, repository: Repository, told: Told) -> tuple[Look, ...]:
    """Return the scans to make. Raises `TargetError` and `UsageError`."""
    if kind == "full":
        target = TargetRequest(path=repository.root)
        return (Look("full", "this tree", target, "default", base=repository.head()),)
    if kind == "push":
        return tuple(_of_push(repository, told))
    return (_of_commit(kind, repository, told),)


def _of_commit(kind: Kind, repository: Repository, told: Told) -> Look:
    only_secrets = kind == "secrets"
    names = frozenset(_name(repository, one) for one in told.arguments) if told.arguments else None
    part = Part(names=names, companions=not only_secrets)
    between = _range(repository, told.environment)
    index = told.environment.get("GIT_INDEX_FILE", "")
    place = Path(os.path.realpath(index)) if index and between is None else None
    repository = replace(repository, index_file=place)
    span = between or staged_span(repository)
    target = TargetRequest(path=repository.root, staged=between is None, span=between, part=part, index=place)
    asked_for = names is not None and _names_more(repository, span, names)
    return Look(
        name=kind,
        about="these files" if asked_for else "this commit" if between is None else "this change",
        target=target,
        policy="secrets-only" if only_secrets else "hook",
        known_in=None if asked_for else span,
        base=next(iter(span.bases), ""),
        secrets_only=only_secrets,
    )


def _names_more(repository: Repository, span: Span, names: frozenset[bytes]) -> bool:
    """Whether files are named that did not change, as with `--all-files`: whoever wants them looked at does not want to
    hear that they were there before. In a merge, files count as changed that one side has as they are."""
    changes, merged = changed(repository, span.bases, span.last, b"")
    return len(span.bases) < 2 and not names <= {*(one.path for one in changes), *merged}


def _name(repository: Repository, argument: str) -> bytes:
    """A file's path from the top of the work tree. It may be a link: its folder is resolved, it is not."""
    place = Path.cwd() / argument
    real = Path(os.path.realpath(place.parent), place.name)
    if not real.is_relative_to(repository.root):
        raise UsageError(f"{argument} is not inside {repository.root}", hint="give files of this repository")
    return os.fsencode(real.relative_to(repository.root))


def _range(repository: Repository, environment: Mapping[str, str]) -> Span | None:
    """What pre-commit was asked to look at, by `--from-ref` and `--to-ref`."""
    first, last = environment.get("PRE_COMMIT_FROM_REF", ""), environment.get("PRE_COMMIT_TO_REF", "")
    if not first or not last:
        return None
    last = repository.commit(last)
    return Span((repository.merge_base(repository.commit(first), last),), last)


def _of_push(repository: Repository, told: Told) -> Iterator[Look]:
    """A scan of what each ref brings, and one for secrets in what its commits had in between: that is pushed, too."""
    spans: dict[Span, None] = dict.fromkeys(_pushed(repository, told))
    for number, span in enumerate(spans, start=1):
        suffix = f"-{number}" if len(spans) > 1 else ""
        target = TargetRequest(path=repository.root, span=span)
        base = next(iter(span.bases), "")
        yield Look(f"push{suffix}", "this push", target, "hook", known_in=span, base=base)
        if commits_in(repository, span) > 1:
            yield Look(
                name=f"push-commits{suffix}",
                about="this push, in commits before its last one",
                target=replace(target, span=replace(span, inner=True)),
                policy="secrets-only",
                known_in=span,
                base=base,
                secrets_only=True,
                own_policy=True,
            )


def _pushed(repository: Repository, told: Told) -> Iterator[Span]:
    environment = told.environment
    last, first = environment.get("PRE_COMMIT_TO_REF", ""), environment.get("PRE_COMMIT_FROM_REF", "")
    remote = environment.get("PRE_COMMIT_REMOTE_NAME", "")
    if last and first and remote:
        yield pushed_span(repository, last, remote=remote, there=first)
    elif last and first:
        span = _range(repository, environment)
        yield from (span,) if span else ()
    elif told.arguments:
        if len(told.arguments) != 2:
            raise UsageError("a push is told by the name of the remote and its address", hint="see githooks(5)")
        remote = told.arguments[0]
        for line in told.lines:
            words = line.rsplit(maxsplit=3)  # the first is what the user typed, and may hold blanks
            if len(words) != 4:
                raise UsageError(f"{line[:80]!r} is no line that git writes before a push", hint="see githooks(5)")
            _, pushed, _, there = words
            if not is_nothing(pushed):  # a branch is deleted there: nothing goes out
                yield pushed_span(repository, pushed, remote=remote, there=there)
    else:
        told_of = last or environment.get("PRE_COMMIT_LOCAL_BRANCH", "")
        last = repository.commit(told_of) if told_of else repository.head()
        if last:
            yield pushed_span(repository, last, remote=remote)
