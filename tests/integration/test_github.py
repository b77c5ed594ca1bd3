"""`secscan github` against a server of GitHub's API, a git server, and the files of a step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secscan.cli.app import run
from secscan.findings.scan import Scan, dumps
from secscan.reports.pr_comment import mark
from tests.support.git_server import serving
from tests.support.github_api import Api, github_api
from tests.support.repositories import commit, git, repository, write
from tests.support.scans import clean, compared, ordinary
from tests.support.workflow_commands import Command, commands_in, outputs_in

BOT = "github-actions[bot]"


@pytest.fixture
def api() -> Iterator[Api]:
    with github_api() as started:
        yield started


class Step:
    """A step of a job, of which the files are in a folder."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self._patch, self._capture = folder, patch, capture
        self.set(
            GITHUB_ACTIONS="true",
            GITHUB_OUTPUT=str(folder / "output"),
            GITHUB_STEP_SUMMARY=str(folder / "summary"),
            GITHUB_EVENT_PATH=str(folder / "event.json"),
            GITHUB_REPOSITORY="house/shop",
            RUNNER_TEMP=str(folder),
            SECSCAN_GITHUB_TOKEN="t0k",
        )

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)

    def event(self, name: str, head: str = "house/shop", **more: Any) -> None:
        self.set(GITHUB_EVENT_NAME=name)
        request = {"number": 7, "head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "house/shop"}}}
        given = {"pull_request": request} if name.startswith("pull_request") else {}
        document = {"repository": {"full_name": "house/shop", "default_branch": "main"}, **given, **more}
        (self.folder / "event.json").write_text(json.dumps(document))

    def save(self, scan: Scan) -> str:
        (self.folder / "scan.json").write_bytes(dumps(scan))
        return str(self.folder / "scan.json")

    def run(self, *arguments: str) -> tuple[int, list[Command]]:
        (self.folder / "output").unlink(missing_ok=True)
        code = run(["github", *arguments])
        self.said = self._capture.readouterr()
        return code, commands_in(self.said.out)

    @property
    def outputs(self) -> dict[str, str]:
        return outputs_in((self.folder / "output").read_text())

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text()


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Step:
    return Step(tmp_path, monkeypatch, capfd)


# --- The comment -----------------------------------------------------------------------------------------------------


def test_the_comment_is_made_once_and_then_replaced(step: Step, api: Api) -> None:
    step.event("pull_request")
    step.set(GITHUB_API_URL=api.address)
    for number in range(230):  # more than two pages
        api.write("ana", f"words {number}")
    assert step.run("comment", step.save(ordinary())) == (0, [])
    (first,) = api.of(BOT)
    assert first.startswith(mark(ordinary()))
    assert "secscan: failed" in first
    for _ in range(2):
        assert step.run("comment", step.save(clean())) == (0, [])
    (second,) = api.of(BOT)
    assert "secscan: passed" in second
    assert len(api.comments) == 231


def test_the_comment_of_somebody_else_is_left_alone(step: Step, api: Api) -> None:
    """Whoever made a comment can change it, so that ours must be by us, whatever stands in it."""
    step.event("pull_request")
    step.set(GITHUB_API_URL=api.address)
    forged = f"{mark(ordinary())}\n## secscan: passed"
    for login in ("mallory", "github-actions", "GitHub-Actions[bot]", ""):
        api.write(login, forged)
    quoted = api.write(BOT, f"> {forged}")
    step.run("comment", step.save(ordinary()))
    assert api.of("mallory") == [forged]
    assert [one["body"] for one in api.comments if one["id"] == quoted] == [f"> {forged}"]
    assert len(api.of(BOT)) == 2


def test_the_token_of_an_app_writes_as_that(step: Step, api: Api) -> None:
    step.event("pull_request")
    step.set(GITHUB_API_URL=api.address)
    api.login = "house-gate[bot]"
    for _ in range(2):
        step.run("comment", "--author", "house-gate[bot]", step.save(compared()))
    assert len(api.of("house-gate[bot]")) == 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"token": "other"}, "status 401"),
        ({"status": 403}, "status 403"),
        ({"status": 404}, "status 404"),
        ({"status": 500}, "status 500"),
        ({"body": b"<html>"}, "no JSON"),
        ({"body": b'{"id": 1}'}, "no list"),
        ({"address": "http://127.0.0.1:9"}, "could not be asked"),
        ({"address": "http://api.example"}, "not a safe way"),
        ({"address": ""}, "not a safe way"),
    ],
)
def test_what_fails_is_a_warning_and_no_verdict(step: Step, api: Api, spoil: dict[str, Any], words: str) -> None:
    for name, value in spoil.items():
        setattr(api, name, value)
    step.event("pull_request")
    step.set(GITHUB_API_URL=api.address)
    code, said = step.run("comment", step.save(ordinary()))
    assert (code, [one.name for one in said]) == (0, ["warning"])
    assert words in said[0].message
    assert "t0k" not in step.said.out + step.said.err


def test_no_comment_for_a_fork_or_for_a_push(step: Step, api: Api) -> None:
    step.set(GITHUB_API_URL=api.address)
    step.event("pull_request", head="stranger/shop")
    code, said = step.run("comment", step.save(ordinary()))
    assert (code, [one.name for one in said]) == (0, ["notice"])
    step.event("push")
    assert step.run("comment", step.save(ordinary())) == (0, [])
    assert api.asked == []


# --- The report ------------------------------------------------------------------------------------------------------


def test_a_saved_scan_is_told_to_the_platform(step: Step) -> None:
    code, said = step.run("report", step.save(ordinary()))
    assert code == 1
    assert {one.name for one in said} == {"error", "warning"}
    assert step.outputs["verdict"] == "failed"
    assert step.summary.startswith("## secscan: failed")
    code, said = step.run("report", "--no-annotations", "--no-summary", step.save(clean()))
    assert (code, said, step.outputs["verdict"]) == (0, [], "passed")


# --- Who judges ------------------------------------------------------------------------------------------------------


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "srv" / "house" / "shop", {"a.py": "one\n"})
    git(folder, "checkout", "-q", "-b", "change")
    write(folder, {"a.py": "two\n"})
    commit(folder)
    return folder


@pytest.fixture
def shallow(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout of the change, as actions/checkout makes it by default."""
    git(tmp_path, "clone", "-q", "--branch=change", "--depth=1", f"file://{origin}", "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.mark.usefixtures("shallow")
def test_the_base_of_a_pull_request_is_fetched_and_is_what_was_there_before(step: Step, origin: Path) -> None:
    step.event("pull_request")
    with serving(origin.parent.parent) as address:
        step.set(GITHUB_SERVER_URL=address, GITHUB_BASE_REF="main")
        assert step.run("base")[0] == 0
        tip = git(origin, "rev-parse", "main")
        assert step.outputs == {"policy-ref": tip, "baseline-ref": tip}
        step.set(SECSCAN_INPUT_BASELINE_REF="none", SECSCAN_INPUT_POLICY_REF="house")
        assert step.run("base")[0] == 0
    assert step.outputs == {"policy-ref": "house", "baseline-ref": ""}


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("event", ["pull_request", "push"])
def test_a_path_that_is_not_there_is_for_the_scan_to_tell(step: Step, origin: Path, event: str) -> None:
    step.event(event)
    with serving(origin.parent.parent) as address:
        step.set(GITHUB_SERVER_URL=address, GITHUB_BASE_REF="main", SECSCAN_INPUT_PATH="no/such/folder")
        assert step.run("base")[0] == 0


def test_a_change_of_the_workflow_that_runs_the_gate_is_said(step: Step, origin: Path, shallow: Path) -> None:
    step.event("pull_request")
    path = ".github/workflows/gate.yml"
    step.set(GITHUB_WORKFLOW_REF=f"house/shop/{path}@refs/pull/7/merge", GITHUB_BASE_REF="main")
    with serving(origin.parent.parent) as address:
        step.set(GITHUB_SERVER_URL=address)
        assert step.run("base") == (0, [])
        write(shallow, {path: "on: push\n"})
        commit(shallow)
        code, said = step.run("base")
        step.set(GITHUB_WORKFLOW_REF="house/rules/.github/workflows/gate.yml@refs/heads/main")
        assert step.run("base") == (0, [])
    assert (code, [one.name for one in said]) == (0, ["warning"])
    assert path in said[0].message


@pytest.mark.usefixtures("shallow")
def test_a_base_that_cannot_be_had_ends_a_pull_request(step: Step) -> None:
    step.event("pull_request")
    step.set(GITHUB_SERVER_URL="http://127.0.0.1:9", GITHUB_BASE_REF="main")
    code, said = step.run("base")
    assert (code, [one.name for one in said]) == (2, ["error"])
    assert "fetch-depth: 0" in said[0].message


def test_a_push_to_a_branch_is_judged_by_the_default_branch(step: Step, origin: Path, shallow: Path) -> None:
    step.event("push")
    step.set(GITHUB_REF="refs/heads/change", GITHUB_SHA=git(shallow, "rev-parse", "HEAD"))
    step.set(GITHUB_SERVER_URL="http://127.0.0.1:9")
    code, said = step.run("base")
    assert (code, [one.name for one in said], step.outputs["policy-ref"]) == (0, ["warning"], "")
    with serving(origin.parent.parent) as address:
        step.set(GITHUB_SERVER_URL=address)
        assert step.run("base") == (0, [])
    assert step.outputs == {"policy-ref": git(origin, "rev-parse", "main"), "baseline-ref": ""}


def test_a_push_to_the_default_branch_judges_itself(step: Step, shallow: Path) -> None:
    step.event("push")
    head = git(shallow, "rev-parse", "HEAD")
    step.set(GITHUB_REF="refs/heads/main", GITHUB_SHA=head, GITHUB_SERVER_URL="http://127.0.0.1:9")
    assert step.run("base") == (0, [])
    assert step.outputs == {"policy-ref": head, "baseline-ref": ""}


@pytest.mark.usefixtures("shallow")
def test_a_change_that_is_merged_into_nobody_knows_what_has_no_judge(step: Step) -> None:
    step.event("merge_group")
    code, said = step.run("base")
    assert (code, said[0].name) == (2, "error")
    step.set(SECSCAN_INPUT_POLICY_REF="HEAD")
    assert step.run("base") == (0, [])


def test_where_nothing_was_checked_out_that_is_said(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    step.event("push")
    step.set(GITHUB_REF="refs/heads/main", GITHUB_SHA="a" * 40)
    code, said = step.run("base")
    assert (code, [one.name for one in said]) == (0, ["warning"])
    assert "actions/checkout" in said[0].message


@pytest.mark.usefixtures("shallow")
def test_the_event_that_hands_out_secrets_is_refused(step: Step) -> None:
    step.event("pull_request_target", head="stranger/shop")
    step.set(GITHUB_BASE_REF="main")
    code, said = step.run("base")
    assert (code, said[0].name) == (2, "error")
    assert "pull_request_target" in said[0].message


# --- Advisories ------------------------------------------------------------------------------------------------------


def test_advisories_that_cannot_be_had_are_a_warning(step: Step) -> None:
    step.set(SECSCAN_INPUT_ADVISORIES_FROM="http://osv.example", SECSCAN_INPUT_ADVISORIES_ECOSYSTEMS="PyPI")
    step.set(SECSCAN_ADVISORIES=str(step.folder / "advisories" / "index.sqlite"))
    code, said = step.run("advisories")
    assert (code, [one.name for one in said]) == (0, ["warning"])
