"""Traps: a program that leaves its mark where it is run, and a text outside of the tree that nobody may tell."""

from __future__ import annotations

from pathlib import Path

from tests.scoreboard.place import Place, Ran

OUTSIDE = b"outside-of-the-tree-7f3a"
NOTHING_RUNS = "found; nothing of the repository is run"


def trap(place: Place) -> Path:
    """A program that leaves its mark where it is run."""
    program = place / "trap"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {place / "mark"}\nexit 1\n')
    program.chmod(0o755)
    return program


def sprung(place: Place, ran: Ran | None = None) -> str:
    """What was run of the repository, in words."""
    mark = place / "mark"
    return "a program of the repository was run" if mark.exists() else ""


def nothing_of_outside(secret: bytes):
    """What else went wrong: something from outside of the tree is in a report, or on the terminal."""

    def look(place: Place, ran: Ran) -> str:
        places = [name for name, data in ran.reports.items() if secret in data]
        places += ["terminal"] if secret in ran.out + ran.err else []
        return f"what is outside is in {', '.join(places)}" if places else ""

    return look
