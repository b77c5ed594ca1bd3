"""Finds the repository of a folder: `.git` above it, where that belongs to the files; see `targets.git`."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from secscan import process
from secscan.targets.git import Repository


def find_repository(folder: Path) -> tuple[Repository | None, str]:
    """Find the repository whose work tree holds `folder` (a real path).

    Returns None and the reason where there is something called `.git` that is not used; None and an empty text
    where there is none.
    """
    for top in (folder, *folder.parents):
        entry = top / ".git"
        try:
            status = entry.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            if not os.path.lexists(entry / "HEAD"):
                continue
            git_dir = entry
        elif stat.S_ISREG(status.st_mode):
            target = _linked_git_dir(entry)
            if target is None:
                return None, f"{entry} names a repository elsewhere that does not name it back, so it is not used"
            git_dir = target
        else:
            return None, f"{entry} is neither a folder nor a file, so it is not used"
        if top != folder and status.st_uid not in (folder.stat().st_uid, os.geteuid()):
            return None, f"{entry} belongs to another user than the files, so it is not used"
        program = process.find_program("git", unsafe_below=[top])
        if program is None:
            return None, f"{top} is a git repository, but git is not installed: files that git ignores are in scope"
        return Repository(root=top, git_dir=git_dir, program=program), ""
    return None, ""


def superproject_of(repository: Repository) -> Repository | None:
    """Return the repository that a submodule is part of; None for what is none."""
    for above in repository.root.parents:
        if (above / ".git" / "modules") in repository.git_dir.parents:
            return find_repository(above)[0]
    return None


def repository_at(place: Path) -> Repository | None:
    """Return the repository that a folder or a file lies in; None where it lies in none, or is not there."""
    real = place.resolve()
    return find_repository(real if real.is_dir() else real.parent)[0] if real.exists() else None


def judging_repository(
    repository: Repository | None, here: Repository | None, *, proposed: bool, in_ci: bool
) -> Repository | None:
    """Return the repository whose commits judge what lies in `repository`; `here` is that of the working directory.

    A change that is only `proposed` and puts a link out of the repository in the target's place does not rid itself of
    its judge: then it is the one where we stand. A change also decides which repository a submodule is, and so what
    `origin/main` means in it: its own commits count only for who stands in it, and in CI for nobody.
    """
    if repository is None and proposed:
        repository = here
    while repository is not None and (above := superproject_of(repository)) is not None:
        if not in_ci and here is not None and here.root == repository.root:
            break
        repository = above
    return repository


def looks_like_repository(folder: Path) -> bool:
    """Whether a folder holds a `.git` of its own, as a nested repository or a submodule does."""
    entry = folder / ".git"
    try:
        mode = entry.lstat().st_mode
    except OSError:
        return False
    return os.path.lexists(entry / "HEAD") if stat.S_ISDIR(mode) else stat.S_ISREG(mode) and bool(_gitdir_line(entry))


def _linked_git_dir(entry: Path) -> Path | None:
    """The git folder that a `.git` file names, if the two belong together.

    A linked work tree is named back by the file `gitdir` in its git folder. A submodule's git folder lies in
    `.git/modules` of a repository above it. Any other `.git` file could lend us a stranger's repository, unless git
    itself, which runs us as its hook, says by GIT_DIR that it is the one.
    """
    line = _gitdir_line(entry)
    if not line:
        return None
    git_dir = Path(os.path.realpath(entry.parent / os.fsdecode(line)))
    back = _read_line(git_dir / "gitdir")
    if back and os.path.realpath(git_dir / os.fsdecode(back)) == str(entry):
        return git_dir
    if any((above / ".git" / "modules") in git_dir.parents for above in entry.parent.parents):
        return git_dir
    told = os.environ.get("GIT_DIR", "")
    return git_dir if told and os.path.realpath(told) == str(git_dir) else None


def _gitdir_line(entry: Path) -> bytes:
    line = _read_line(entry)
    return line.removeprefix(b"gitdir:").strip() if line.startswith(b"gitdir:") else b""


def _read_line(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return stream.read(8192).split(b"\n", 1)[0].rstrip(b"\r")
