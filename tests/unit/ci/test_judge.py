"""Which commit judges a run, by what the platform says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.ci.event import commit_at, number_at, read_event, text_at
from secscan.ci.judge import JudgeRef, judge_ref

SHA, BASE = "a" * 40, "b" * 40
EVENT = {"repository": {"default_branch": "main"}}
ORIGIN_MAIN = JudgeRef("refs/remotes/origin/main", "main")
GITLAB = {"GITLAB_CI": "true", "CI_COMMIT_SHA": SHA, "CI_DEFAULT_BRANCH": "main"}


def github(folder: Path, name: str, document: object = EVENT, **variables: str) -> JudgeRef:
    (folder / "event.json").write_text(document if isinstance(document, str) else json.dumps(document))
    told = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_SHA": SHA}
    return judge_ref({**told, **{f"GITHUB_{key}": value for key, value in variables.items()}})


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "pull_request_review"])
def test_a_pull_request_is_judged_by_its_base(tmp_path: Path, name: str) -> None:
    base = JudgeRef("refs/remotes/origin/release/1", "release/1", proposed=True)
    assert github(tmp_path, name, BASE_REF="release/1", REF="refs/pull/7/merge") == base
    told = {"pull_request": {"base": {"ref": "release/1"}}}
    assert github(tmp_path, name, told, REF="refs/heads/main", REF_PROTECTED="true") == base


def test_the_merge_queue_is_judged_by_what_it_is_merged_into(tmp_path: Path) -> None:
    event = {"merge_group": {"base_sha": BASE, "base_ref": "refs/heads/main"}, **EVENT}
    assert github(tmp_path, "merge_group", event, REF="refs/heads/main") == JudgeRef(BASE, proposed=True)
    hostile = {"merge_group": {"base_sha": "HEAD"}, **EVENT}
    assert github(tmp_path, "merge_group", hostile, REF_PROTECTED="true") == JudgeRef("", proposed=True)


def test_what_was_let_in_judges_itself(tmp_path: Path) -> None:
    assert github(tmp_path, "push", REF="refs/heads/main") == JudgeRef(SHA)
    assert github(tmp_path, "push", REF="refs/heads/release", REF_PROTECTED="true") == JudgeRef(SHA)
    assert github(tmp_path, "schedule", {}, REF="refs/heads/main") == JudgeRef(SHA)


@pytest.mark.parametrize("ref", ["refs/heads/change", "refs/tags/main", "refs/tags/v1", "main", ""])
@pytest.mark.parametrize("protected", ["false", "", "True", "1"])
def test_everything_else_is_judged_by_the_default_branch(tmp_path: Path, ref: str, protected: str) -> None:
    assert github(tmp_path, "push", REF=ref, REF_PROTECTED=protected) == ORIGIN_MAIN
    assert github(tmp_path, "workflow_dispatch", REF=ref) == ORIGIN_MAIN


@pytest.mark.parametrize("event", ["", "[]", "{", '{"repository": "main"}', '{"repository": {"default_branch": 7}}'])
def test_where_the_event_does_not_tell_nobody_knows(tmp_path: Path, event: str) -> None:
    assert github(tmp_path, "push", event, REF="refs/heads/main") == JudgeRef()
    assert github(tmp_path, "push", event, REF="refs/heads/") == JudgeRef()


def test_gitlab() -> None:
    assert judge_ref({**GITLAB, "CI_COMMIT_BRANCH": "main"}) == JudgeRef(SHA)
    assert judge_ref({**GITLAB, "CI_COMMIT_BRANCH": "x", "CI_COMMIT_REF_PROTECTED": "true"}) == JudgeRef(SHA)
    assert judge_ref({**GITLAB, "CI_COMMIT_BRANCH": "x", "CI_COMMIT_REF_PROTECTED": "false"}) == ORIGIN_MAIN
    assert judge_ref({**GITLAB, "CI_COMMIT_TAG": "main"}) == ORIGIN_MAIN
    assert judge_ref({"GITLAB_CI": "true", "CI_COMMIT_SHA": SHA, "CI_COMMIT_BRANCH": ""}) == JudgeRef()


def test_merge_requests_of_gitlab() -> None:
    request = {**GITLAB, "CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_REF_PROTECTED": "true"}
    assert judge_ref({**request, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": BASE}) == JudgeRef(BASE, proposed=True)
    # Where the request was branched off, its author chose.
    branched = {**request, "CI_MERGE_REQUEST_DIFF_BASE_SHA": SHA}
    assert judge_ref(branched) == JudgeRef(proposed=True)
    by_name = judge_ref({**branched, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"})
    assert by_name == JudgeRef("refs/remotes/origin/main", "main", proposed=True)
    outside = {**GITLAB, "CI_EXTERNAL_PULL_REQUEST_IID": "7", "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA": BASE}
    assert judge_ref(outside) == JudgeRef(BASE, proposed=True)


def test_outside_of_ci_nobody_says_anything() -> None:
    assert judge_ref({"GITHUB_SHA": SHA, "CI": "true"}) == JudgeRef(in_ci=False)


def test_what_an_event_says_is_read_by_type(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"a": {"n": 7, "t": true, "s": "x", "c": "A"}}')
    event = read_event({"GITHUB_EVENT_PATH": str(tmp_path / "event.json")})
    assert (number_at(event, "a", "n"), number_at(event, "a", "t"), number_at(event, "a", "s")) == (7, 0, 0)
    assert (text_at(event, "a", "s"), text_at(event, "a", "n"), text_at(event, "s", "a")) == ("x", "", "")
    assert commit_at(event, "a", "c") == ""
    assert read_event({}) == {}
