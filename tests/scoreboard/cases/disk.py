"""Disks that are full, can only be read, or fail."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.machine import ALL_TOOLS, BAD, CLEAN, PLANTED, whole
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.planted import judged
from tests.scoreboard.tools import NOT_HERE, program, run_alone, words


@contextlib.contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """A real file system of that size; skips where none may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,nr_inodes=4000", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _full(name: str, what: str, where: Callable[[Place], Path], kilobytes: int, files: Mapping[str, bytes | str], held: Callable[[Ran], bool], expected: str) -> None:  # fmt: skip
    def look(place: Place) -> Seen:
        tree = place.tree(files)
        place.environment()
        with small_disk(where(place), kilobytes):
            ran = place.scan(tree)
            more = whole(ran.output) or (ran.trouble if not ran.trouble.startswith("left behind") else "")
            words = ran.words
            good = held(ran) and not more
        return Seen(f"{words}; {more or 'nothing is half'}", held=good)

    def others(place: Place) -> Mapping[str, str]:
        tree, told = place.tree(BAD), {}
        for tool, most in ALL_TOOLS.items():
            if not program(tool):
                told[tool] = NOT_HERE
                continue
            place.environment(tool)
            with small_disk(place / f"around-{tool}" / ("work" if "report" in name else "tmp"), 8):
                told[tool] = words_of(place, tool, tree, most)
        return told

    add(Case(Group.DISK, name, what, expected, look, others if kilobytes <= 64 else None))


def words_of(place: Place, tool: str, tree: Path, most: int) -> str:
    """What one tool does."""
    return words(run_alone(place, tool, tree), most)


_OUTPUT: Callable[[Place], Path] = lambda place: place / "output-run"  # noqa: E731
_TMP: Callable[[Place], Path] = lambda place: place / "around-run" / "tmp"  # noqa: E731
_HOME: Callable[[Place], Path] = lambda place: place / "around-run" / "home"  # noqa: E731
for _size in (4, 16, 64, 128):
    _full(f"reports-{_size}", f"the folder for reports has room for {_size} KB", _OUTPUT, _size, CLEAN, lambda ran: ran.code in (2, 3) or (ran.code == 0 and (ran.output / "secscan.html").exists()), "incomplete where a report is missing; nothing is half")  # fmt: skip
_full("reports-of-a-failed-scan", "the folder for reports has room for 8 KB, and something is wrong in the tree", _OUTPUT, 8, BAD, lambda ran: ran.code in (1, 2, 3), "not passed; nothing is half")  # fmt: skip
for _size in (4, 64, 512, 2048):
    _full(f"temporary-{_size}", f"the folder for temporary files has room for {_size} KB", _TMP, _size, BAD, lambda ran: ran.code in (1, 2, 3), "not passed; nothing is half")  # fmt: skip
_full("temporary-of-a-clean-tree", "the folder for temporary files has room for 64 KB, and the tree is clean", _TMP, 64, CLEAN, lambda ran: ran.code in (2, 3), "not passed: nothing could be looked at")  # fmt: skip
_full(
    "cache",
    "the folder for the cache has room for 16 KB",
    _HOME,
    16,
    BAD,
    lambda ran: ran.code == 1,
    "as ever: failed; nothing is half",
)


@case(Group.DISK, "the cache's folder is read-only", "as ever: all found")
def cache_is_read_only(place: Place) -> Seen:
    tree = place.tree(BAD)
    place.environment()
    folder = place / "around-run" / "home"
    with small_disk(folder, 4096):
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        ran = place.scan(tree)
    return judged(ran, PLANTED)


@case(Group.DISK, "files cannot grow beyond 100 KB (RLIMIT_FSIZE)", "not passed; nothing is half")
def small_files(place: Place) -> Seen:
    place.wrapped = ("prlimit", "--fsize=100000")
    ran = place.scan(place.tree(CLEAN))
    more = whole(ran.output) or ran.trouble
    return Seen(f"{ran.words}; {more or 'nothing is half'}", held=ran.code in (2, 3) and not more)


@case(Group.DISK, "writes, renames and syncs fail one after the other (strace)", "no passed verdict without whole reports; nothing is half")  # fmt: skip
def calls_that_fail(place: Place) -> Seen:
    import shutil

    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here")
    tree = place.tree({"app.py": "x = 1\n"})
    wrong, ran_all = [], 0
    for call, error in (("rename", "EXDEV"), ("fsync", "EIO"), ("mkdir", "ENOSPC"), ("unlink", "EIO")):
        for number in (1, 2, 3):
            name = f"{call}{number}"
            place.wrapped = (strace, "-qq", "-o", "/dev/null", "-e", "trace=none", "-e", f"inject={call}:error={error}:when={number}")  # fmt: skip
            ran = place.scan(tree, "--scanner", "secrets", "--policy", place.policy("secrets"), name=name)
            ran_all += 1
            complete = (ran.output / "secscan.html").exists() and (ran.output / "secscan.sarif").exists()
            if more := whole(ran.output) or (ran.trouble if "left behind" not in ran.trouble else ""):
                wrong.append(f"{name}: {more}")
            elif ran.code == 0 and not complete:
                wrong.append(f"{name}: passed without reports")
    return Seen("; ".join(wrong) or f"{ran_all} runs: nothing is half, none passed without its reports", held=not wrong)
