"""The contract of a target, and the values that cross it.

A target is frozen when it is opened: which files are in scope, their digests, what is out of scope and
why, what could not be read. Scanners ask it for nothing else, so what was counted is what is
scanned. It never follows a symbolic link, never opens anything but a regular file, and never runs a
program of the repository.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from secscan.findings.model import Finding, Gap, Notice, TargetInfo


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file in scope."""

    path: str
    """Path text (see `findings.paths`), relative to the target's root, with `/`."""
    size: int
    digest: str
    """SHA-256 of the content, hexadecimal."""
    language: str
    """See `targets.languages`; empty where we do not know it."""
    form: str = ""
    """See `targets.forms`; empty for ordinary text."""


class Telling(Protocol):
    """See `targets.history.History`."""

    def tell(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings as they are to be reported."""
        ...

    def commits(self) -> Mapping[str, Collection[str]]:
        """Return the commits that brought something, each with the first folders of the paths of what it brought."""
        ...


class Target(Protocol):
    """One thing to look at, frozen, with a digest that says exactly what was looked at."""

    @property
    def info(self) -> TargetInfo:
        """What it is, for the saved scan."""

    @property
    def root(self) -> Path:
        """The folder below which every file in scope lies with the content that is judged: the work tree itself, or
        a private copy where content comes from git's index or a commit."""

    @property
    def origin(self) -> Path:
        """The folder the user named (the work tree), for trust decisions; may equal `root`."""

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """Every regular file in scope, sorted by path."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be listed or read, as gaps of scanner `secscan`."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Files of the repository that would change a scanner's behaviour, and are not honoured."""

    @property
    def history(self) -> Telling | None:
        """Puts findings back under the names of their files, where the target holds many versions of each."""

    def read(self, path: str) -> bytes:
        """Return the content of a file in scope. Raises `KeyError` for a path that is not in scope and
        `TargetError` for one that has changed since the target was opened."""
        ...
