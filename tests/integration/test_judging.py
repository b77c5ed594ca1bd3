"""Where the judge of a change comes from, on real git repositories: never from the change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.cli.judging import Judge, Wanted, gather
from secscan.errors import PolicyError, TargetError, UsageError
from secscan.github.base import Base, base_of
from secscan.github.inputs import Inputs
from tests.support.repositories import commit, git, repository, write

POLICY = """
format: secscan.policy/1
name: house
rules:
  - id: all
    action: {action}
    reason: because
"""
FLOOR = POLICY.replace("house", "company").format(action="block")
WAIVERS = """
format: secscan.waivers/1
waivers:
  - id: {id}
    fingerprint: ["12345678"]
    reason: long enough a reason
    owner: ana
    expires: 2027-01-01
"""
BASELINE = {
    "format": "secscan.baseline/1",
    "target": "repo",
    "findings": [],
    "tools": [],
    "packages": [],
    "files": [],
    "renames": {},
}
KNOWN = {"fingerprint": "12345678", "title": "t", "path": "a.py", "scanners": ["bandit"], "first_seen": ""}
FILES = {
    "judge/policy.yaml": POLICY.format(action="block"),
    "judge/floor.yaml": FLOOR,
    "judge/waivers.yaml": WAIVERS.format(id="agreed"),
    "judge/baseline.json": json.dumps(BASELINE),
    "judge/settings.yaml": "version: 1\n",
}
EVIL = {
    "judge/policy.yaml": POLICY.format(action="accept"),
    "judge/floor.yaml": FLOOR.replace("block", "accept"),
    "judge/waivers.yaml": WAIVERS.format(id="brought"),
    "judge/baseline.json": json.dumps({**BASELINE, "findings": [KNOWN]}),
    "judge/settings.yaml": "version: 1\nscanners: {disable: [bandit]}\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "repo", FILES)
    git(folder, "branch", "base")
    write(folder, EVIL)
    commit(folder, "evil")
    return folder


def judge_of(repo: Path, named: Path, **more: str) -> Judge:
    wanted = Wanted(
        policy=str(named / "judge/policy.yaml"),
        floor=str(named / "judge/floor.yaml"),
        waivers=(named / "judge/waivers.yaml",),
        baseline=named / "judge/baseline.json",
        **{"policy_ref": "base", **more},
    )
    return gather(repo, named / "judge/settings.yaml", wanted, scanners=())


def check_honest(judge: Judge) -> None:
    policy = judge.terms.policy
    assert [one.action for one in policy.rules] == ["block"]
    assert policy.floor is not None
    assert [one.action for one in policy.floor.rules] == ["block"]
    assert [one.id for one in judge.terms.waivers] == ["agreed"]
    assert judge.terms.baseline is not None
    assert judge.terms.baseline.findings == ()
    assert judge.settings.disable == ()


@pytest.mark.parametrize("how", ["absolute", "relative", "from below", "through a link"])
def test_files_that_the_command_line_names_are_read_from_the_commit(
    repo: Path, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"absolute": repo, "relative": Path(), "from below": Path(".."), "through a link": tmp_path / "link"}[how]
    (tmp_path / "link").symlink_to(repo)
    monkeypatch.chdir(repo / "judge" if how == "from below" else repo)
    judge = judge_of(repo, named)
    check_honest(judge)
    assert [one.id for one in judge.pending] == ["brought"]
    assert set(judge.changed) == {
        f"judge/{name}" for name in ("policy.yaml", "floor.yaml", "waivers.yaml", "baseline.json")
    }
    assert judge.brought is not None
    assert judge.brought.policy.rules[0].action == "accept"


def test_a_link_in_the_place_of_the_folder_changes_nothing(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    for name, text in EVIL.items():
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        (outside / name).write_text(text)
    git(repo, "rm", "-rq", "judge")
    (repo / "judge").symlink_to(outside / "judge")
    commit(repo, "a link")
    check_honest(judge_of(repo, repo))


def test_a_baseline_that_the_commit_lacks_is_not_taken_from_the_change(repo: Path) -> None:
    write(repo, {"other.json": json.dumps(BASELINE)})
    wanted = Wanted(baseline=repo / "other.json", policy_ref="base")
    with pytest.raises(PolicyError, match=r"base|other\.json"):
        gather(repo, None, wanted, scanners=())


def test_files_outside_the_repository_are_the_callers(repo: Path, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / "trusted" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "trusted" / name).write_text(text)
    check_honest(judge_of(repo, tmp_path / "trusted"))


def test_a_judge_that_the_change_breaks_is_said_and_changes_nothing(repo: Path) -> None:
    write(repo, {"judge/policy.yaml": "rules: []\n"})
    judge = judge_of(repo, repo)
    check_honest(judge)
    assert "breaks its own judge" in " ".join(one.text for one in judge.notices)


def test_a_file_that_the_policy_refers_to_is_of_the_commit_too(tmp_path: Path) -> None:
    files = {".secscan/policy.yaml": "format: secscan.policy/1\nname: own\nextends: base.yaml\nmode: enforce\n"}
    repo = repository(tmp_path / "repo", {**files, ".secscan/base.yaml": POLICY.format(action="block")})
    git(repo, "branch", "base")
    write(repo, {".secscan/base.yaml": POLICY.format(action="accept")})
    judge = gather(repo, None, Wanted(policy_ref="base"), scanners=())
    assert judge.terms.policy.rules[0].action == "block"
    assert judge.changed == (".secscan/policy.yaml",)
    assert judge.brought is not None
    assert judge.brought.policy.rules[0].action == "accept"


def test_settings_of_a_scanner_that_the_policy_lists_are_of_the_commit_too(tmp_path: Path) -> None:
    policy = POLICY.format(action="block") + "scanner_settings: [../.bandit]\n"
    repo = repository(tmp_path / "repo", {".secscan/policy.yaml": policy, ".bandit": "[bandit]\nskips: B101\n"})
    git(repo, "branch", "base")
    write(repo, {".bandit": "[bandit]\nskips: B101,B602\n"})
    judge = gather(repo, None, Wanted(policy_ref="base"), scanners=())
    assert judge.terms.policy.rules[0].match.rule == ("B101",)  # type: ignore[union-attr]
    assert judge.counting == {".bandit"}
    assert judge.brought is not None
    here = gather(repo, None, Wanted(policy=str(repo / ".secscan/policy.yaml")), scanners=())
    assert (here.counting, here.brought) == ({".bandit"}, None)


@pytest.mark.parametrize("command", ["tag", "branch"])
def test_a_name_that_means_several_things_is_refused(repo: Path, command: str) -> None:
    """A tag is taken before a branch, so whoever may push one could choose the judge."""
    git(repo, "update-ref", "refs/remotes/origin/main", "base")
    git(repo, command, "origin/main", "HEAD")
    with pytest.raises(TargetError, match="means several things: refs/") as caught:
        judge_of(repo, repo, policy_ref="origin/main")
    assert "in full" in caught.value.hint
    check_honest(judge_of(repo, repo, policy_ref="refs/remotes/origin/main"))


def test_the_base_of_a_pull_request_is_named_in_full(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repo, "update-ref", "refs/remotes/origin/main", "base")
    git(repo, "tag", "origin/main", "HEAD")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    check_honest(judge_of(repo, repo, policy_ref=""))


@pytest.mark.parametrize("base", ["{0}/token", "../../token", "../link", ".git/token"])
def test_a_change_reads_nothing_of_the_machine(tmp_path: Path, base: str) -> None:
    """What is wrong with a policy is told, and so would be what stands in a file of the user who scans."""
    repo = repository(tmp_path / "repo", {".secscan/policy.yaml": FLOOR})
    secret = "c0pper-Lantern-42: of the runner\n"
    write(tmp_path, {"token": secret, "repo/.git/token": secret})
    (repo / "link").symlink_to(tmp_path / "token")
    change = POLICY.format(action="accept") + f"extends: {base.format(tmp_path)}\n"
    write(repo, {".secscan/policy.yaml": change.replace(".git", "../.git")})
    judge = gather(repo, None, Wanted(policy_ref="HEAD"), scanners=())
    said = " ".join(one.text for one in judge.notices)
    assert "the change breaks its own judge" in said
    assert "is not read" in said
    assert "Lantern" not in said


def test_what_the_judge_reads_of_the_machine_a_change_may_keep(tmp_path: Path) -> None:
    write(tmp_path, {"house.yaml": FLOOR})
    own = f"format: secscan.policy/1\nname: own\nextends: {tmp_path}/house.yaml\nrequired: [secrets]\n"
    repo = repository(tmp_path / "repo", {".secscan/policy.yaml": own})
    write(repo, {".secscan/policy.yaml": f"{own}mode: log\n"})
    judge = gather(repo, None, Wanted(policy_ref="HEAD"), scanners=())
    assert (judge.terms.policy.name, judge.changed) == ("own", (".secscan/policy.yaml",))


@pytest.fixture
def submodule(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A change puts a submodule, with a judge of its own, in the place of a folder that is scanned."""
    git(repo, "checkout", "-q", "--detach", "base")
    write(repo, {".secscan/policy.yaml": POLICY.format(action="block"), "api/a.py": ""})
    commit(repo, "base")
    git(repo, "update-ref", "refs/remotes/origin/main", "HEAD")
    soft = POLICY.replace("house", "soft").format(action="accept")
    evil = repository(tmp_path / "evil", {".secscan/policy.yaml": soft})
    git(repo, "rm", "-rq", "api")
    git(repo, "submodule", "--quiet", "add", str(evil), "api")
    monkeypatch.chdir(repo)
    return repo / "api"


def test_a_submodule_brings_no_judge(submodule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = Wanted(policy_ref="refs/remotes/origin/main")
    assert gather(submodule, None, main, scanners=()).terms.policy.name == "house"
    monkeypatch.chdir(submodule)  # who stands in it means its own commits, but for CI
    assert gather(submodule, None, main, scanners=()).terms.policy.name == "soft"
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    for wanted in (Wanted(), main):
        assert gather(submodule, None, wanted, scanners=()).terms.policy.name == "house"


@pytest.mark.parametrize("wanted", [Wanted(diff="origin/main"), Wanted(baseline_ref="origin/main")])
def test_names_of_commits_mean_others_in_a_submodule(submodule: Path, wanted: Wanted) -> None:
    with pytest.raises(UsageError, match="is a submodule"):
        gather(submodule, None, wanted, scanners=())


def test_the_action_takes_no_judge_from_a_submodule(submodule: Path) -> None:
    environment = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
    found = base_of(Inputs({"path": "api"}), environment, token="", warn=lambda _: None)
    assert found == Base(policy_ref=git(submodule.parent, "rev-parse", "refs/remotes/origin/main"))


def test_a_link_out_of_the_repository_does_not_rid_a_change_of_its_judge(
    submodule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    (submodule.parent / "web").symlink_to(tmp_path / "elsewhere")
    assert gather(Path("web"), None, Wanted(), scanners=()).terms.policy.name == "house"


def test_the_policy_of_the_repository_judges_from_every_folder(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, {".secscan/policy.yaml": FLOOR, "api/a.py": ""})
    commit(repo, "policy")
    monkeypatch.chdir(repo / "api")
    judge = gather(Path(), None, Wanted(policy_ref="HEAD"), scanners=())
    assert (judge.terms.policy.name, judge.brought) == ("company", None)


def pushed(repo: Path, patch: pytest.MonkeyPatch, branch: str) -> None:
    event = repo.parent / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    patch.setenv("GITHUB_EVENT_NAME", "push")
    patch.setenv("GITHUB_EVENT_PATH", str(event))
    patch.setenv("GITHUB_REF", f"refs/heads/{branch}")
    patch.setenv("GITHUB_SHA", git(repo, "rev-parse", "HEAD"))


def test_a_push_to_a_branch_is_judged_by_the_default_branch(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repo, "update-ref", "refs/remotes/origin/main", "base")
    pushed(repo, monkeypatch, "change")
    judge = judge_of(repo, repo, policy_ref="")
    check_honest(judge)
    assert judge.brought is not None


def test_a_push_to_the_default_branch_is_judged_by_itself(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, {"secscan.yaml": "version: 1\nscanners: {disable: [bandit]}\n", ".secscan/policy.yaml": FLOOR})
    commit(repo)
    pushed(repo, monkeypatch, "main")
    judge = gather(repo, None, Wanted(), scanners=())
    assert (judge.terms.policy.name, judge.settings.disable, judge.brought) == ("company", ("bandit",), None)
    # What a step of the build leaves in the work tree was not let in.
    write(repo, {".secscan/policy.yaml": FLOOR.replace("block", "accept")})
    judge = gather(repo, None, Wanted(), scanners=())
    assert [one.action for one in judge.terms.policy.rules] == ["block"]


def test_where_the_default_branch_is_not_here_what_is_shipped_judges(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, {".secscan/policy.yaml": FLOOR.replace("block", "accept")})
    commit(repo)
    pushed(repo, monkeypatch, "change")
    judge = gather(repo, None, Wanted(), scanners=())
    assert judge.terms.policy.name == "default"
    (notice,) = [one for one in judge.notices if one.subject == "refs/remotes/origin/main"]
    assert "fetch-depth: 0" in notice.text
    monkeypatch.setenv("GITHUB_EVENT_PATH", "/nowhere")
    (notice,) = [one for one in gather(repo, None, Wanted(), scanners=()).notices if one.subject == "CI"]
    assert "does not tell" in notice.text


def test_the_merge_queue_is_judged_by_what_it_is_merged_into(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed(repo, monkeypatch, "main")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "merge_group")
    (repo.parent / "event.json").write_text(json.dumps({"merge_group": {"base_sha": git(repo, "rev-parse", "base")}}))
    check_honest(judge_of(repo, repo, policy_ref=""))
    (repo.parent / "event.json").write_text(json.dumps({"merge_group": {"base_sha": "0" * 40}}))
    with pytest.raises(TargetError, match="does not name a commit"):
        judge_of(repo, repo, policy_ref="")


def test_what_the_caller_fails_on_holds_for_both_judges(repo: Path) -> None:
    judge = judge_of(repo, repo, fail_on="low")
    assert judge.brought is not None
    assert [terms.policy.rules[0].id for terms in (judge.terms, judge.brought)] == ["fail-on-low", "fail-on-low"]


def test_without_a_commit_what_is_named_counts(repo: Path) -> None:
    judge = judge_of(repo, repo, policy_ref="")
    assert [one.id for one in judge.terms.waivers] == ["brought"]
    assert judge.brought is None


def vex(name: str) -> str:
    statement = {
        "vulnerability": {"name": name},
        "products": [{"@id": "pkg:pypi/flask"}],
        "status": "not_affected",
        "justification": "component_not_present",
    }
    head = {"@context": "https://openvex.dev/ns/v0.2.0", "author": "ana", "timestamp": "2026-01-01T00:00:00Z"}
    return json.dumps({**head, "statements": [statement]})


def test_vex_of_a_change_comes_from_its_base(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)
    write(repo, {"judge/vex.json": vex("CVE-2026-1")})
    git(repo, "add", ".")
    commit(repo, "agreed")
    git(repo, "tag", "agreed")
    write(repo, {"judge/vex.json": vex("CVE-2026-2")})
    wanted = Wanted(policy="judge/policy.yaml", policy_ref="agreed", vex=(Path("judge/vex.json"),))
    judge = gather(repo, None, wanted, scanners=("bandit",))
    assert [one.match.identifier for one in judge.terms.waivers if one.vex] == [("CVE-2026-1",)]
    assert [one.match.identifier for one in judge.pending if one.vex] == [("CVE-2026-2",)]
    assert "judge/vex.json" in judge.changed
