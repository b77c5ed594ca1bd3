"""Writes the files of a set-up: never over others' work without being told, and never out of the repository."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from secscan.errors import UsageError
from secscan.files import write_atomic
from secscan.setup.facts import NewFile


class State(StrEnum):
    """What writing a file would do."""

    NEW = "new"
    SAME = "same"
    GROWS = "grows"
    """Lines are added at its end, and nothing is lost."""
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Step:
    """One file, and what is there."""

    file: NewFile
    state: State
    before: bytes = b""

    def difference(self) -> Iterator[str]:
        """The lines of a unified diff from what is there to what would be."""
        old, new = (data.decode("utf-8", "backslashreplace").split("\n") for data in (self.before, self.file.content))
        name = self.file.path
        yield from difflib.unified_diff(old, new, f"{name} as it is", f"{name} as proposed", lineterm="", n=2)


def steps(root: Path, files: Iterable[NewFile]) -> tuple[Step, ...]:
    """Return what writing would do. Raises `UsageError` for a place that leads out of `root` or is no plain file."""
    return tuple(_step(root, file) for file in files)


def write(root: Path, step: Step) -> None:
    """Write one file. Raises `ReportError` where that cannot be done."""
    write_atomic(_place(root, step.file), step.file.content)


def _step(root: Path, file: NewFile) -> Step:
    place = _place(root, file)
    if place.is_symlink() or (place.exists() and not place.is_file()):
        raise UsageError(f"{file.path} is no plain file", hint="remove it, or write the file yourself")
    if not place.exists():
        return Step(file, State.NEW)
    before = place.read_bytes()
    if before == file.content:
        return Step(file, State.SAME, before)
    return Step(file, State.GROWS if file.content.startswith(before) else State.DIFFERS, before)


def _place(root: Path, file: NewFile) -> Path:
    """Where a file goes. A folder on the way may be a link, which the repository's author has set."""
    place = root / file.path
    if Path(os.path.realpath(place.parent)) != (Path(os.path.realpath(root)) / file.path).parent:
        raise UsageError(f"{file.path} would be written elsewhere, through a link", hint="remove the link")
    return place
