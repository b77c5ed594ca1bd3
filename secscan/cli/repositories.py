"""The repositories that a scan has to do with: the one of its target, and the one whose commits judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from secscan.errors import TargetError
from secscan.findings.model import Notice

if TYPE_CHECKING:
    from secscan.ci.judge import JudgeRef
    from secscan.targets.git import Repository


def repository_of(target: Path) -> Repository | None:
    """The repository that a target lies in; None where it lies in none."""
    from secscan.targets.find_git import find_repository

    place = target.resolve()
    return find_repository(place if place.is_dir() else place.parent)[0] if place.exists() else None


def judge_repository(target: Path, usual: JudgeRef) -> Repository | None:
    """The repository whose commits judge a target. A proposed change that puts a link out of the repository in the
    target's place does not rid itself of its judge: then it is the one where we stand."""
    from secscan.targets.find_git import judging_repository

    here = repository_of(Path())
    return judging_repository(repository_of(target) or (here if usual.proposed else None), here, in_ci=usual.in_ci)


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
