"""When a store is not asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.ci.proposal import PROPOSALS, proposes_change
from secscan.stores.guard import refusal, shows_paths
from secscan.stores.vault.settings import Mode, PathDisplay

PUSH = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF_PROTECTED": "true"}
MERGE_REQUEST = {
    "GITLAB_CI": "true",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_PROJECT_ID": "1",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1",
}


def pull_request(folder: Path, head: object, base: object = None, event: str = "pull_request") -> dict[str, str]:
    base = {"full_name": "house/shop"} if base is None else base
    document = {"pull_request": {"head": {"repo": head}, "base": {"repo": base}}}
    (folder / "event.json").write_text(json.dumps(document))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REF_PROTECTED": "true",
    }


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "pull_request_review"])
@pytest.mark.parametrize("head", [{"full_name": "stranger/shop"}, None, {}, {"full_name": ""}, []])
def test_never_for_a_fork_or_where_nobody_knows(tmp_path: Path, mode: Mode, event: str, head: object) -> None:
    assert "fork" in refusal(mode, pull_request(tmp_path, head, event=event))


@pytest.mark.parametrize("content", [None, "", "[]", "{", '{"pull_request": 7}', "[" * 100_000])
def test_an_event_that_cannot_be_read_is_one_of_a_fork(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "event.json"
    if content is not None:
        path.write_text(content)
    environment = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(path)}
    assert "fork" in refusal(Mode.INDEX, environment)
    assert "fork" in refusal(Mode.INDEX, {"GITHUB_EVENT_NAME": "pull_request"})


def event_of(folder: Path, name: str, document: object) -> dict[str, str]:
    path = folder / "event.json"
    path.write_text(json.dumps(document))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REF_PROTECTED": "true",
    }


def test_what_follows_a_pull_request_is_no_better(tmp_path: Path) -> None:
    """`workflow_run` runs on the protected default branch, for a change that anybody has proposed."""
    house = {"full_name": "house/shop"}
    own = event_of(tmp_path, "workflow_run", {"repository": house, "workflow_run": {"head_repository": house}})
    assert refusal(Mode.INDEX, own) == ""
    assert "only proposed" in refusal(Mode.CRAWL, own)
    stranger = {"full_name": "stranger/shop"}
    fork = event_of(tmp_path, "workflow_run", {"repository": house, "workflow_run": {"head_repository": stranger}})
    assert "fork" in refusal(Mode.INDEX, fork)
    comment = event_of(tmp_path, "issue_comment", {"repository": house, "issue": {"pull_request": {}}})
    assert "nobody knows" in refusal(Mode.INDEX, comment)
    queue = event_of(tmp_path, "merge_group", {"repository": house, "merge_group": {}})
    assert refusal(Mode.INDEX, queue) == ""
    assert "only proposed" in refusal(Mode.CRAWL, queue)


def test_a_pull_request_of_ones_own_may_ask_and_reads_nothing(tmp_path: Path) -> None:
    own = pull_request(tmp_path, {"full_name": "house/shop"})
    assert refusal(Mode.INDEX, own) == ""
    assert refusal(Mode.AUDIT_HASH, own) == ""
    assert "only proposed" in refusal(Mode.CRAWL, own)
    assert refusal(Mode.INDEX, MERGE_REQUEST) == ""
    assert "only proposed" in refusal(Mode.CRAWL, MERGE_REQUEST)
    github = {"GITLAB_CI": "true", "CI_COMMIT_REF_PROTECTED": "true", "CI_EXTERNAL_PULL_REQUEST_IID": "7"}
    assert "only proposed" in refusal(Mode.CRAWL, github)
    assert "fork" in refusal(Mode.INDEX, {**github, "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY": "stranger/shop"})
    assert "fork" in refusal(Mode.INDEX, {**MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2"})


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [
        ({}, True),
        (PUSH, True),
        ({**PUSH, "GITHUB_REF_PROTECTED": "false"}, False),
        ({"GITHUB_ACTIONS": "true"}, False),
        ({"GITLAB_CI": "true", "CI_COMMIT_REF_PROTECTED": "true"}, True),
        ({"GITLAB_CI": "true"}, False),
    ],
)
def test_secrets_are_read_for_protected_branches(environment: dict[str, str], allowed: bool) -> None:
    assert (refusal(Mode.CRAWL, environment) == "") is allowed
    assert refusal(Mode.INDEX, environment) == ""


def test_paths_are_shown_to_those_who_may_know_them() -> None:
    assert shows_paths(PathDisplay.AUTO, PUSH)
    assert not shows_paths(PathDisplay.AUTO, {"GITHUB_EVENT_NAME": "pull_request"})
    assert shows_paths(PathDisplay.SHOW, MERGE_REQUEST)
    assert not shows_paths(PathDisplay.IDS, PUSH)
    assert proposes_change(MERGE_REQUEST)
    assert not proposes_change(PUSH)


@pytest.mark.parametrize("variable", PROPOSALS)
def test_no_secret_is_read_for_a_proposed_change_of_any_platform(variable: str) -> None:
    assert refusal(Mode.CRAWL, {variable: "7"})
    assert not shows_paths(PathDisplay.AUTO, {variable: "7"})
