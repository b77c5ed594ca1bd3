"""What commands ask of repositories: the one where we stand, and what is to be said of a judge that is not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.errors import TargetError
from secscan.findings.model import Notice

if TYPE_CHECKING:
    from secscan.ci.judge import JudgeRef
    from secscan.targets.git import Repository


def repository_here() -> Repository:
    """The repository in whose work tree we stand. Raises `TargetError`."""
    from secscan.targets.find_git import find_repository

    repository, unused = find_repository(Path(os.path.realpath(Path.cwd())))
    if repository is None:
        raise TargetError(unused or "this is no git repository", hint="run it in the work tree of one")
    return repository


def is_there(repository: Repository, ref: str) -> bool:
    """Whether a revision names a commit that is here."""
    try:
        return bool(ref and repository.commit(ref))
    except TargetError:
        return False


def without_judge(usual: JudgeRef, repository: Repository | None) -> tuple[Notice, ...]:
    """Say that in this run of CI nothing that was let in judges, and why; nothing where it does."""
    if repository is None or not usual.in_ci:
        return ()
    why = "this commit is not here" if usual.ref else "the platform does not tell which commit judges this run"
    text = (
        f"{why}, so that policy, waivers and settings are the shipped ones and those that the command line names; fetch "
        "the commit (on GitHub: `fetch-depth: 0`), or name one with --policy-ref"
    )
    return (Notice(topic="policy", subject=usual.ref or "CI", text=text),)
