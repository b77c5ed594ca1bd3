"""Whether a run is for a change that is only proposed, and whether that comes from a fork.

What the CI says of its run comes from variables that the content of a change cannot set. Where a change comes from is
known of GitHub Actions and GitLab CI only.
"""

from __future__ import annotations

from collections.abc import Mapping

from secscan.ci.event import read_event, text_at

PROPOSALS = (
    "CI_MERGE_REQUEST_IID",  # GitLab
    "CI_EXTERNAL_PULL_REQUEST_IID",
    "BITBUCKET_PR_ID",
    "SYSTEM_PULLREQUEST_PULLREQUESTID",  # Azure
    "CIRCLE_PULL_REQUEST",
    "CHANGE_ID",  # Jenkins
)
"""Variables that only runs for a proposed change have."""
_OWN_EVENTS = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "create"})
"""Events of GitHub behind which stands somebody who may write to the repository."""


def is_for_proposal(environment: Mapping[str, str]) -> bool:
    """Whether the run is for a change that is only proposed: a pull or merge request, or one in a merge queue."""
    event = environment.get("GITHUB_EVENT_NAME", "")
    return event.startswith("pull_request") or event == "merge_group" or any(map(environment.get, PROPOSALS))


def proposes_change(environment: Mapping[str, str]) -> bool:
    """Whether the run is for a pull or merge request, or for an event that may stand for one: `workflow_run` runs on
    the default branch and often looks at what a pull request has built."""
    event = environment.get("GITHUB_EVENT_NAME", "")
    return (bool(event) and event not in _OWN_EVENTS) or any(map(environment.get, PROPOSALS))


def from_fork(environment: Mapping[str, str]) -> bool:
    """Whether what is looked at comes from a fork, or nobody knows from where."""
    event = environment.get("GITHUB_EVENT_NAME", "")
    if event and event not in _OWN_EVENTS:
        head, base = _repositories(environment)
        # Where the event does not tell, or the head's repository is gone, nobody knows where it comes from.
        return not head or not base or head != base
    if environment.get("CI_EXTERNAL_PULL_REQUEST_IID"):
        return environment.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY") != environment.get(
            "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"
        )
    if environment.get("CI_MERGE_REQUEST_IID"):
        return environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != environment.get("CI_MERGE_REQUEST_PROJECT_ID")
    return False


def _repositories(environment: Mapping[str, str]) -> tuple[str, str]:
    """The full names of the repositories of head and base, as GitHub's event has them."""
    event = read_event(environment)
    if "pull_request" in event:
        head, base = (text_at(event, "pull_request", side, "repo", "full_name") for side in ("head", "base"))
        return head, base
    here = text_at(event, "repository", "full_name")
    if "merge_group" in event:  # what waits there was approved
        return here, here
    return text_at(event, "workflow_run", "head_repository", "full_name"), here
