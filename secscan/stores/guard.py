"""When a store is not asked, whoever wants to: for forks never, and secrets are read for protected branches only.

Whoever opens a pull request chooses what is compared with the store, and would learn by trying what it holds. What the
CI says of its run comes from the variables of GitHub Actions and GitLab CI, which the content of a change cannot set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from secscan.stores.vault.settings import Mode, PathDisplay

_MOST_BYTES = 10_000_000


_PROPOSALS = ("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID")
"""Variables of GitLab CI that stand for a proposed change."""
_OWN_EVENTS = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "create"})
"""Events of GitHub behind which stands somebody who may write to the repository."""


def refusal(mode: Mode, environment: Mapping[str, str]) -> str:
    """Return why a store must not be asked in this run; empty where it may be."""
    if _from_fork(environment):
        return "the change comes from a fork, or nobody knows from where, and a store is never asked for those"
    if mode is not Mode.CRAWL:
        return ""
    if proposes_change(environment):
        return "secrets are not read for a change that is only proposed"
    protected = {"GITHUB_ACTIONS": "GITHUB_REF_PROTECTED", "GITLAB_CI": "CI_COMMIT_REF_PROTECTED"}
    for platform, variable in protected.items():
        if environment.get(platform) == "true" and environment.get(variable) != "true":
            return "secrets are read for protected branches only, and this branch is none"
    return ""


def proposes_change(environment: Mapping[str, str]) -> bool:
    """Whether the run is for a pull or merge request, or for an event that may stand for one: `workflow_run` runs on
    the default branch and often looks at what a pull request has built."""
    event = environment.get("GITHUB_EVENT_NAME", "")
    return (bool(event) and event not in _OWN_EVENTS) or any(map(environment.get, _PROPOSALS))


def shows_paths(display: PathDisplay, environment: Mapping[str, str]) -> bool:
    """Whether findings name the paths of the store, or ids that only those who may list it can resolve."""
    if display is PathDisplay.AUTO:
        return not proposes_change(environment)
    return display is PathDisplay.SHOW


def _from_fork(environment: Mapping[str, str]) -> bool:
    event = environment.get("GITHUB_EVENT_NAME", "")
    if event and event not in _OWN_EVENTS:
        names = _repositories(environment.get("GITHUB_EVENT_PATH", ""))
        # Where the event does not tell, or the head's repository is gone, nobody knows where it comes from.
        return len(names) != 2 or not all(names) or names[0] != names[1]
    if environment.get("CI_EXTERNAL_PULL_REQUEST_IID"):
        return environment.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY") != environment.get(
            "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"
        )
    if environment.get("CI_MERGE_REQUEST_IID"):
        return environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != environment.get("CI_MERGE_REQUEST_PROJECT_ID")
    return False


def _repositories(event: str) -> tuple[str, ...]:
    """The full names of the repositories of head and base, as GitHub's event has them."""
    try:
        with Path(event).open("rb") as file:
            document: Any = json.loads(file.read(_MOST_BYTES))
        if "pull_request" in document:
            request = document["pull_request"]
            return tuple(str(request[side]["repo"]["full_name"]) for side in ("head", "base"))
        here = str(document["repository"]["full_name"])
        if "merge_group" in document:  # what waits there was approved
            return here, here
        return str(document["workflow_run"]["head_repository"]["full_name"]), here
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()
