"""Where the run of CI that we are part of can be looked at."""

from __future__ import annotations

from collections.abc import Mapping

_ADDRESSES = (
    ("GITHUB_RUN_ID", "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"),
    ("CI_JOB_URL", "{CI_JOB_URL}"),  # GitLab
    ("CIRCLE_BUILD_URL", "{CIRCLE_BUILD_URL}"),
    ("BITBUCKET_BUILD_NUMBER", "{BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/{BITBUCKET_BUILD_NUMBER}"),
    ("BUILD_BUILDID", "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}"),  # Azure
    ("BUILD_URL", "{BUILD_URL}"),  # Jenkins
)
"""The variable by which a platform is known, and the address of the run, made of the platform's variables."""


def ci_run(environment: Mapping[str, str]) -> str:
    """Return the address of the CI run; empty outside of one, or where the platform does not tell."""
    for known_by, address in _ADDRESSES:
        if environment.get(known_by):
            try:
                told = address.format_map(environment)
            except KeyError:
                return ""
            return told if told.startswith(("https://", "http://")) and told.isprintable() else ""
    return ""
