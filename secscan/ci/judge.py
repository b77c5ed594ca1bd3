"""Which commit a run is judged by: never the one that the judged person wrote without anybody else's consent.

| run | the judge comes from |
|---|---|
| a pull or merge request | the commit that it is to be merged into |
| GitHub's merge queue | the commit that the group is to be merged into |
| a push to the default or a protected branch | that commit itself: what is there was let in |
| a push to any other branch, or a tag | the default branch |

Variables are those of GitHub Actions and GitLab CI, which the content of a change cannot set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from secscan.ci.event import commit_at, read_event, text_at

_REMOTE = "refs/remotes/origin/"
"""In full: a tag that somebody calls `origin/main` would be taken before the branch."""
_ON_DEFAULT = frozenset({"schedule", "workflow_run"})
"""Events of GitHub that run for the default branch only, and of which not all tell its name."""


@dataclass(frozen=True, slots=True)
class JudgeRef:
    """Where policy, waivers and settings come from."""

    ref: str = ""
    """A revision; empty where nobody knows one, and what is shipped judges."""
    branch: str = ""
    """The branch on the platform that it is the tip of; empty where it is a commit."""
    proposed: bool = False
    """Whether the run is for a change that is to be merged there, so that nothing else may judge it."""
    in_ci: bool = True


def judge_ref(environment: Mapping[str, str]) -> JudgeRef:
    """Return where the judge of this run comes from; one without a `ref` outside of CI, or where nobody knows."""
    if event := environment.get("GITHUB_EVENT_NAME"):
        return _of_github(event, environment)
    return _of_gitlab(environment)


def _of_github(name: str, environment: Mapping[str, str]) -> JudgeRef:
    event = read_event(environment)
    if name.startswith("pull_request"):
        base = environment.get("GITHUB_BASE_REF") or text_at(event, "pull_request", "base", "ref")
        return _of_branch(base, proposed=True)
    if name == "merge_group":
        return JudgeRef(commit_at(event, "merge_group", "base_sha"), proposed=True)
    default = text_at(event, "repository", "default_branch")
    reviewed = (
        name in _ON_DEFAULT
        or environment.get("GITHUB_REF_PROTECTED") == "true"
        or (bool(default) and environment.get("GITHUB_REF") == f"refs/heads/{default}")
    )
    return JudgeRef(environment.get("GITHUB_SHA", "")) if reviewed else _of_branch(default)


def _of_gitlab(environment: Mapping[str, str]) -> JudgeRef:
    # Not the `..._DIFF_BASE_SHA`: who branches off an old commit would choose an old judge.
    for kind in ("CI_MERGE_REQUEST", "CI_EXTERNAL_PULL_REQUEST"):
        if commit := environment.get(f"{kind}_TARGET_BRANCH_SHA"):
            return JudgeRef(commit, proposed=True)
        if environment.get(f"{kind}_IID"):
            return _of_branch(environment.get(f"{kind}_TARGET_BRANCH_NAME", ""), proposed=True)
    if environment.get("GITLAB_CI") != "true":
        return JudgeRef(in_ci=False)
    default = environment.get("CI_DEFAULT_BRANCH", "")
    on_default = bool(default) and environment.get("CI_COMMIT_BRANCH") == default
    if on_default or environment.get("CI_COMMIT_REF_PROTECTED") == "true":
        return JudgeRef(environment.get("CI_COMMIT_SHA", ""))
    return _of_branch(default)


def _of_branch(name: str, *, proposed: bool = False) -> JudgeRef:
    return JudgeRef(f"{_REMOTE}{name}" if name else "", name, proposed)
