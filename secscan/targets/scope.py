"""What is in scope, and what is left out with which reason.

The rules in order: what git tracks is in scope; what git ignores, and folders that hold no source of the project
(git's own data, installed packages, caches), are not; the settings bring in and leave out by globs. Everything that
is left out is remembered.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from secscan.findings.globs import any_glob, any_name
from secscan.findings.levels import GapKind
from secscan.findings.model import Gap, OutOfScope
from secscan.findings.paths import encode_path
from secscan.targets.find_git import looks_like_repository

_FOLDERS = {
    **dict.fromkeys((b".git", b".hg", b".svn", b".bzr", b".jj"), "data of the version control system"),
    **dict.fromkeys((b"node_modules", b"bower_components", b".eggs"), "installed packages"),
    **dict.fromkeys((b".tox", b".nox"), "test environments"),
    **dict.fromkeys(
        (b"__pycache__", b".mypy_cache", b".pytest_cache", b".ruff_cache", b".hypothesis", b".import_linter_cache"),
        "a cache",
    ),
}
_ENVIRONMENTS = frozenset({b".venv", b"venv", b".env", b"env", b"virtualenv"})
_OWN_OUTPUTS = {"secscan.json": b'"secscan.scan/', "secscan.sarif": b"secscan", "secscan.html": b"secscan"}
_OF_A_SHARD = (re.compile(r"secscan-shard-\d+-of-\d+\.json"), b'"secscan.shard/')
_LISTED_SINGLY = 3
"""Up to this many folders of one name (or files of one suffix) are listed one by one, more of them as one line."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the settings bring in and leave out: path globs, see `findings.globs`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class GitView:
    """What git says of a work tree, in paths relative to the target's root."""

    tracked: frozenset[bytes] = frozenset()
    submodules: frozenset[bytes] = frozenset()
    ignored: frozenset[bytes] = frozenset()
    """Files, and folders without a final `/`."""


@dataclass
class Scope:
    """Decides for each folder and file below `root`, and remembers what it left out."""

    root: Path
    wishes: Wishes
    git: GitView | None = None
    gaps: list[Gap] = field(default_factory=list)
    _left_out: dict[tuple[str, str], int] = field(default_factory=dict)
    _holders: dict[bytes, str] = field(default_factory=dict)
    """Folders that are out of scope and are entered only for what a glob of the settings brings back."""

    def __post_init__(self) -> None:
        self._tracked_folders = _folders_of(self.git.tracked) if self.git else frozenset()
        self._included = any_glob(self.wishes.include)
        self._excluded = [(pattern, any_glob([pattern])) for pattern in self.wishes.exclude]

    def enter(self, path: bytes) -> bool:
        """Whether to look into a folder."""
        if path in self._tracked_folders or self._holder(path) is not None:
            return True
        why = self._why_left_out(path)
        if not why:
            return True
        if any(_reaches(pattern, encode_path(path)) for pattern in self.wishes.include):
            self._holders[path] = why
            return True
        if why == _ABSENT_SUBMODULE:
            self.gaps.append(absent_submodule(encode_path(path)))
        else:
            self.leave_out(encode_path(path) + "/", why)
        return False

    def takes(self, path: bytes) -> bool:
        """Whether a file is in scope."""
        name = encode_path(path)
        for pattern, matches in self._excluded:
            if matches(name):
                self.leave_out(pattern, "left out by the settings (scan.exclude)", files=1)
                return False
        if self._included(name) or (self.git is not None and path in self.git.tracked):
            return True
        holder = self._holder(path)
        if holder is not None:
            self.leave_out(encode_path(holder) + "/", self._holders[holder], files=1)
            return False
        if self.git is not None and path in self.git.ignored:
            self.leave_out(name, _IGNORED, files=1)
            return False
        if self.git is not None and path.rpartition(b"/")[2] == b".git":  # the file of a submodule or linked work tree
            self.leave_out(name, _FOLDERS[b".git"], files=1)
            return False
        return True

    def takes_output(self, name: str, first_bytes: bytes) -> bool:
        """Whether a file is in scope although it may be a report of ours at the top of the tree."""
        pattern, of_shard = _OF_A_SHARD
        mark = of_shard if pattern.fullmatch(name) else _OWN_OUTPUTS.get(name)
        tracked = self.git is not None and name.encode() in self.git.tracked
        if mark is None or tracked or mark not in first_bytes:
            return True
        self.leave_out(name, "a report of secscan", files=1)
        return False

    def absent_submodules(self) -> None:
        """Remember submodules of which not even the folder is there."""
        for path in sorted(self.git.submodules if self.git else ()):
            if not os.path.lexists(self.root / os.fsdecode(path)):
                self.gaps.append(absent_submodule(encode_path(path)))

    def leave_out(self, path: str, why: str, *, files: int = 0) -> None:
        """Remember what was left out."""
        self._left_out[path, why] = self._left_out.get((path, why), 0) + files

    def out_of_scope(self) -> tuple[OutOfScope, ...]:
        """What was left out, sorted; many folders of one name, or files of one suffix, as one line."""
        groups: dict[tuple[str, str], list[tuple[str, int]]] = {}
        for (path, why), files in self._left_out.items():
            groups.setdefault((_alike(path), why), []).append((path, files))
        result = []
        for (pattern, why), members in groups.items():
            if len(members) > _LISTED_SINGLY:
                result.append(OutOfScope(path=pattern, reason=why, files=sum(files for _, files in members)))
            else:
                result += [OutOfScope(path=path, reason=why, files=files) for path, files in members]
        return tuple(sorted(result, key=lambda one: (one.path, one.reason)))

    def _why_left_out(self, path: bytes) -> str:
        folder = self.root / os.fsdecode(path)
        name = path.rpartition(b"/")[2]
        if self.git is not None:
            if path in self.git.submodules:
                return "a submodule: a repository of its own" if _filled(folder) else _ABSENT_SUBMODULE
            if path in self.git.ignored:
                return _IGNORED
        if name in _FOLDERS:
            return _FOLDERS[name]
        if name in _ENVIRONMENTS and os.path.lexists(folder / "pyvenv.cfg"):
            return "a Python environment"
        if self.git is not None and looks_like_repository(folder):
            return "a repository of its own, not part of this one"
        return ""

    def _holder(self, path: bytes) -> bytes | None:
        if not self._holders:
            return None
        return next((above for above in folders_above(path) if above in self._holders), None)


_IGNORED = "ignored by git"
_ABSENT_SUBMODULE = "a submodule whose content is not there"


def absent_submodule(name: str) -> Gap:
    """The gap for a submodule that is not checked out."""
    return Gap(
        scanner="secscan",
        kind=GapKind.SUBMODULE,
        subject=name,
        detail="the content of the submodule is not there",
        remedy="fetch it with `git submodule update --init`",
    )


def folders_above(path: bytes) -> Iterable[bytes]:
    """The folders that a path lies in, innermost first."""
    while (cut := path.rfind(b"/")) >= 0:
        path = path[:cut]
        yield path


def _folders_of(paths: Iterable[bytes]) -> frozenset[bytes]:
    folders: set[bytes] = set()
    for path in paths:
        for folder in folders_above(path):
            if folder in folders:
                break
            folders.add(folder)
    return frozenset(folders)


def _filled(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name != ".git" for entry in entries)
    except OSError:
        return False


def _reaches(pattern: str, folder: str) -> bool:
    """Whether a glob can match something below a folder."""
    parts = pattern.removeprefix("/").split("/")
    names = folder.split("/")
    for part, name in zip(parts, names, strict=False):
        if part == "**":
            return True
        if not any_name([part])(name):
            return False
    return len(parts) > len(names)


def _alike(path: str) -> str:
    """The pattern under which things left out for one reason are counted together."""
    if path.endswith("/"):
        return f"**/{path[:-1].rpartition('/')[2]}/"
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return f"**/*.{suffix}" if dot and stem else path
