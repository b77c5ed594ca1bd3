"""The consoles in the documents that are marked with `<!-- run: examples -->` show what really happens.

The consoles of a page run one after the other in a copy of `examples/`. What a console shows must come, in its order;
a line `...` stands for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documents import ROOT, blocks, steps

RUN = [block for block in blocks() if block.runs]
PAGES = sorted({block.document for block in RUN})


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_console_shows_what_happens(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path, dirs_exist_ok=True)
    for block in (one for one in RUN if one.document == page):
        assert (block.runs, block.language) == ("examples", "console"), block.place
        for step in steps(block):
            said = output_of(step.command, tmp_path)
            assert missing(step.shown, said) == "", f"{block.place}: {step.command}\n{said}"


def test_pages_with_consoles_that_run_are_there() -> None:
    assert {path.stem for path in PAGES} >= {"local-scan", "compliance-report", "fix-dependencies"}


def test_what_is_not_there_is_missed() -> None:
    said = "one\ntwo\nthree\n"
    assert missing(("one", "...", "three"), said) == ""
    assert missing(("two", "..."), said) == "two"  # the first line must be the first
    assert missing(("...", "three", "two"), said) == "two"
    assert missing(("one", "three"), said) == "three"
    assert missing(("one",), said) == "two"  # nothing may follow but behind `...`


def output_of(command: str, folder: Path) -> str:
    """Return what a command line says on both streams, in the folder. It is one of secscan, without any shell."""
    program, *arguments = command.split()
    assert program == "secscan"
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    environment["XDG_CACHE_HOME"] = f"{folder}-cache"
    done = subprocess.run(
        [sys.executable, "-m", "secscan", *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stdout
    return done.stdout


def missing(shown: tuple[str, ...], said: str) -> str:
    """Return the first line of what is shown that did not come where it must, or that came and is not shown; empty
    where all is as shown."""
    lines = [masked(line) for line in said.splitlines() if line.strip()]
    at, free = 0, False
    for line in shown:
        if line == "...":
            free = True
            continue
        there = lines.index(masked(line), at) if free and masked(line) in lines[at:] else at
        if there >= len(lines) or lines[there] != masked(line):
            return line
        at, free = there + 1, False
    return "" if free or at == len(lines) or not shown else lines[at]


def masked(line: str) -> str:
    """The line without what changes with each release of a scanner."""
    return re.sub(r"\b\d+\.\d+\.\d+\S*", "N", line.rstrip())
