"""Unit tests for what a CI platform tells of the run."""

from __future__ import annotations

import pytest

from secscan.cli.ci import ci_run

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
