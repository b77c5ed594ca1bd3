"""Unit tests for what a CI platform tells of the run."""

from __future__ import annotations

import pytest

from secscan.ci.proposal import is_for_proposal
from secscan.ci.run import ci_run

GITHUB = {"GITHUB_RUN_ID": "17", "GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "shop/web"}


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, ""),
        (GITHUB, "https://github.example/shop/web/actions/runs/17"),
        ({"GITHUB_RUN_ID": "17"}, ""),
        ({"CI_JOB_URL": "https://gitlab.example/shop/-/jobs/3"}, "https://gitlab.example/shop/-/jobs/3"),
        ({"BUILD_URL": "javascript:alert(1)"}, ""),
        ({"BUILD_URL": "https://ci.example/\x1b[2J"}, ""),
    ],
)
def test_the_address_of_a_run(environment: dict[str, str], address: str) -> None:
    assert ci_run(environment) == address


@pytest.mark.parametrize(
    ("environment", "proposed"),
    [
        ({"GITHUB_EVENT_NAME": "pull_request"}, True),
        ({"GITHUB_EVENT_NAME": "pull_request_target"}, True),
        ({"GITHUB_EVENT_NAME": "merge_group"}, True),
        ({"CI_MERGE_REQUEST_IID": "7"}, True),
        ({"BITBUCKET_PR_ID": "7"}, True),
        ({"SYSTEM_PULLREQUEST_PULLREQUESTID": "7"}, True),
        ({"CHANGE_ID": "7"}, True),
        ({"GITHUB_EVENT_NAME": "push"}, False),
        ({"GITHUB_EVENT_NAME": "workflow_run"}, False),
        ({"CI_MERGE_REQUEST_IID": ""}, False),
        ({}, False),
    ],
)
def test_runs_for_a_change_that_is_only_proposed(environment: dict[str, str], proposed: bool) -> None:
    assert is_for_proposal(environment) is proposed
