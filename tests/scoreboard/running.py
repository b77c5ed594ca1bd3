"""Runs a case: in a folder of its own, and in words whatever happens."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.scoreboard.case import Case, Seen, all_cases
from tests.scoreboard.place import Place, adopting_orphans


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    id: str
    seen: Seen
    alone: Mapping[str, str] = field(default_factory=dict)
    """What other tools did, by name."""
    skipped: str = ""
    """Why the case could not be provoked here."""


def run(case: Case, *, ours: bool = True, others: bool = False) -> Result:
    """Provoke the fault of a case and look at what comes of it: `ours`, and what `others` make of it."""
    seen = Seen("", held=True)
    try:
        if ours:
            with _folder() as folder, adopting_orphans():
                seen = case.look(Place(folder))
        alone: Mapping[str, str] = {}
        if others and case.alone:
            with _folder() as folder, adopting_orphans():
                alone = case.alone(Place(folder))
    except pytest.skip.Exception as error:
        return Result(case.id, Seen("", held=False), skipped=str(error))
    return Result(case.id, seen, alone)


def run_named(name: str, *, ours: bool = True, others: bool = True) -> Result:
    """Run the case of an id; for processes that get no more than that. `ours` and `others`: see `run`."""
    (case,) = (one for one in all_cases() if one.id == name)
    try:
        return run(case, ours=ours, others=others)
    except Exception as error:  # noqa: BLE001 - one case that breaks must not cost the others
        return Result(case.id, Seen(f"the case broke: {error!r}", held=False))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder that goes away whatever is in it: ten thousand levels, names of any bytes."""
    folder = tempfile.mkdtemp(prefix="secscan-score-")
    try:
        yield Path(folder)
    finally:
        subprocess.run(["rm", "-rf", folder], check=False)
