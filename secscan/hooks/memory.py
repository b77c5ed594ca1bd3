"""What a hook keeps of its last scan, in the folder of git: for `secscan waiver add` and `secscan explain`.

A saved scan holds no secret. It lies where no commit takes it along, and only this user can read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from secscan.errors import ReportError
from secscan.files import remove_stale, write_atomic
from secscan.findings.scan import Scan, dumps
from secscan.targets.git import Repository

_FOLDER = "secscan"


@dataclass(frozen=True)
class Memory:
    """The folder `secscan` in git's own."""

    git_dir: Path
    """Of this work tree."""
    common: Path
    """Of the repository."""

    @property
    def waivers(self) -> Path:
        """The user's own waivers, which no content of the repository can bring along."""
        return self.common / _FOLDER / "waivers.yaml"

    def place(self, name: str) -> Path:
        """Where the last scan of that name lies."""
        return self.git_dir / _FOLDER / f"{name}.json"

    def keep(self, name: str, scan: Scan) -> None:
        """Write a scan. Raises `ReportError`."""
        place = self.place(name)
        if place.parent.is_symlink():
            raise ReportError(f"{place.parent} is a symbolic link", hint="remove it; a folder is made in its place")
        if not place.parent.is_dir():
            place.parent.mkdir(mode=0o700)
        write_atomic(place, dumps(scan), private=True)

    def forget(self, name: str) -> None:
        """Remove a scan, so that nobody takes it for one of what stands there now."""
        if not self.place(name).parent.is_symlink():
            remove_stale(self.place(name))


def memory_of(repository: Repository) -> Memory:
    """Return where the hooks of a repository keep what they saw; linked work trees share waivers only."""
    git_dir = repository.git_dir
    # The folder of a linked work tree names it back (`find_git`); a repository of one's own may lie in any folder.
    outside = git_dir != repository.root / ".git" and git_dir.parent.name == "worktrees"
    linked = outside and (git_dir / "gitdir").is_file()
    common = git_dir.parent.parent if linked else git_dir
    return Memory(git_dir, common)
