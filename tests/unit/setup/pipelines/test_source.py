"""Where secscan was installed from, by what installers record."""

from __future__ import annotations

import json

import pytest

from secscan.setup.pipelines.source import Source, read_record

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def record(url: str, commit: str = COMMIT) -> str:
    return json.dumps({"url": url, "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": "main"}})


def test_a_repository_at_github_is_an_action_too() -> None:
    assert read_record(record("https://github.com/example/secscan.git")) == Source(
        package=f"secscan @ git+https://github.com/example/secscan.git@{COMMIT}", action=f"example/secscan@{COMMIT}"
    )


def test_one_elsewhere_is_none() -> None:
    assert read_record(record("https://git.example.org:8443/tools/secscan")) == Source(
        package=f"secscan @ git+https://git.example.org:8443/tools/secscan@{COMMIT}"
    )


@pytest.mark.parametrize(
    "recorded",
    [
        "",
        "[]",
        "{",
        '{"url": "file:///src", "dir_info": {"editable": true}}',
        '{"url": 5, "vcs_info": {"commit_id": 6}}',
        record("https://token@git.example.org/secscan"),
        record("ssh://git@git.example.org/secscan"),
        record('https://git.example.org/"; id; "'),
        record("https://git.example.org/secscan", "main"),
    ],
)
def test_what_nobody_else_could_install_is_not_known(recorded: str) -> None:
    assert read_record(recorded) == Source()
