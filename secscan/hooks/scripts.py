"""The scripts that git runs: written, told apart from those of others, and removed.

A script of ours runs the very Python that installed it, isolated (`-I`): neither PATH nor anything in the work tree has
a say in what runs. A script that is not ours is never touched.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secscan.errors import TargetError, UsageError
from secscan.files import write_atomic
from secscan.targets.git import Repository, user_config

HOOKS = ("pre-commit", "pre-push")
"""The hooks of git that we can be."""
_MARK = "# Written by `secscan hook install`, and removed by `secscan hook uninstall`."
_MOST_BYTES = 100_000


@dataclass(frozen=True)
class Script:
    """What stands in the place of a hook."""

    hook: str
    place: Path
    state: str
    """`none`, `ours`, or `foreign`."""
    command: str = ""
    """What ours runs."""
    runs: bool = True
    """Whether git can run it, and the Python of ours is still there."""


def folder_of(repository: Repository, git_dir: Path) -> Path:
    """Return the folder in which git looks for hooks. `git_dir` is the common one of all work trees."""
    named = user_config(repository, "core.hooksPath")
    return Path(os.path.normpath(repository.root / Path(named).expanduser())) if named else git_dir / "hooks"


def script_at(folder: Path, hook: str) -> Script:
    """Return what stands there."""
    place = folder / hook
    if not os.path.lexists(place):
        return Script(hook, place, "none")
    lines = _lines(place)
    if _MARK not in lines:
        return Script(hook, place, "foreign", runs=os.access(place, os.X_OK))
    command = lines[-1].removeprefix("exec ")
    python = next(iter(shlex.split(command)), "")
    return Script(hook, place, "ours", command, runs=os.access(place, os.X_OK) and os.access(python, os.X_OK))


def text_of(python: str, arguments: Sequence[str]) -> str:
    """Return the script that runs `secscan` by this Python, with arguments that follow it. git's own come last."""
    quoted = shlex.quote(python)
    gone = shlex.quote(f"secscan: {python}, which this hook runs, is gone: install the hook again, or remove it")
    return (
        f"#!/bin/sh\n{_MARK}\n"
        f"[ -x {quoted} ] || {{ echo {gone} >&2; exit 2; }}\n"
        f'exec {quoted} -I -m secscan {shlex.join(arguments)} -- "$@"\n'
    )


def write(folder: Path, hook: str, text: str) -> Script:
    """Write a hook. Raises `UsageError` where one stands that is not ours, and `ReportError`."""
    there = script_at(folder, hook)
    if there.state == "foreign":
        line = text.splitlines()[-1].removeprefix("exec ")
        raise UsageError(
            f"{there.place} is a hook already, and not one of ours; nothing was changed",
            hint=f"add this line to it, where it may end with what it ends with: {line}",
        )
    write_atomic(there.place, os.fsencode(text))
    there.place.chmod(stat.S_IMODE(there.place.stat().st_mode) | 0o111)
    return script_at(folder, hook)


def remove(folder: Path, hook: str) -> bool:
    """Remove a hook, if it is ours; whether there was one. Raises `TargetError`."""
    there = script_at(folder, hook)
    if there.state != "ours":
        return False
    try:
        there.place.unlink()
    except OSError as error:
        raise TargetError(f"cannot remove {there.place}: {error.strerror}", hint="remove it by hand") from error
    return True


def _lines(place: Path) -> list[str]:
    """The lines of a script; none of what cannot be one of ours."""
    if place.is_symlink() or not place.is_file():
        return []
    try:
        with place.open("rb") as stream:
            return os.fsdecode(stream.read(_MOST_BYTES)).splitlines()
    except OSError:
        return []
