"""The commit that judges a run of the action, brought into the checkout where it has to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from secscan.ci.judge import JudgeRef, judge_ref
from secscan.errors import TargetError, UsageError
from secscan.github.inputs import Inputs
from secscan.targets.fetch import fetch_commit
from secscan.targets.find_git import judging_repository, repository_at
from secscan.targets.git import Repository

AUTO, NONE = "auto", "none"
"""Values of the input `baseline-ref`."""


@dataclass(frozen=True)
class Base:
    """What is given to the scan; both empty where it finds out by itself."""

    policy_ref: str = ""
    baseline_ref: str = ""


def base_of(inputs: Inputs, environment: Mapping[str, str], *, token: str, warn: Callable[[str], None]) -> Base:
    """Return by what the run is judged. `warn` takes what a person should know.

    Raises `UsageError` for an event that this must not run for, and `TargetError` where a proposed change has no judge.
    """
    if environment.get("GITHUB_EVENT_NAME") == "pull_request_target":
        raise UsageError(
            "secscan's action does not run for pull_request_target",
            hint="that event hands a stranger's change the secrets and the token of this repository: use pull_request",
        )
    usual = judge_ref(environment)
    folder = (Path() if inputs.text("image") else Path(inputs.target)).resolve()
    scanned = repository_at(folder)
    repository = judging_repository(scanned, repository_at(Path()), proposed=usual.proposed, in_ci=True)
    if usual.proposed and not usual.ref and not inputs.text("policy-ref"):
        raise TargetError("the event does not tell what this change is to be merged into", hint="name a policy-ref")
    if repository is None and usual.ref:
        warn(f"{folder} is in no git repository, so that what is shipped judges: let actions/checkout come before")
    commit = _here(usual, repository, environment, token, warn) if repository is not None and usual.ref else ""
    if (
        repository is not None
        and usual.proposed
        and commit
        and (edited := _edited_workflow(repository, commit, environment))
    ):
        warn(f"the change edits {edited}, which runs this gate and says what it judges by: read that with care")
    wanted = inputs.text("baseline-ref") or AUTO
    if wanted == AUTO:
        new_is_told = usual.proposed and not inputs.text("baseline") and not inputs.text("image")
        # A submodule has no commits of the repository that it is part of.
        wanted = commit if new_is_told and scanned == repository else ""
    return Base(inputs.text("policy-ref") or commit, "" if wanted == NONE else wanted)


def _edited_workflow(repository: Repository, base: str, environment: Mapping[str, str]) -> str:
    """The workflow file of this run, where the base has another one or none: GitHub takes it from the change."""
    ours, _, _ = environment.get("GITHUB_WORKFLOW_REF", "").partition("@")
    path = ours.removeprefix(f"{environment.get('GITHUB_REPOSITORY', '')}/")
    if not path.startswith(".github/workflows/"):
        return ""  # of another repository, such as one that an organisation demands
    here, there = (repository.tree(commit, path.encode()) for commit in (repository.head(), base))
    return path if here != there else ""


def _here(
    usual: JudgeRef, repository: Repository, environment: Mapping[str, str], token: str, warn: Callable[[str], None]
) -> str:
    """The judging commit, fetched where the checkout does not have it; empty where it cannot be had and need not be."""
    try:
        return repository.commit(usual.ref)
    except TargetError:
        address = f"{environment.get('GITHUB_SERVER_URL', '')}/{environment.get('GITHUB_REPOSITORY', '')}"
    try:
        return fetch_commit(repository, address, usual.branch or usual.ref, token=token)
    except TargetError as error:
        if usual.proposed:
            raise
        warn(f"{error.message}: {error.hint}. Until then what is shipped judges, not what {usual.ref} has.")
        return ""
