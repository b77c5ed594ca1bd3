"""`secscan hook run` on real repositories: what blocks, what was there before, what is said, what is left."""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from pathlib import Path

import pytest

from secscan.cli.app import run
from tests.support.repositories import commit, git, repository, write

PASSWORD = "c0pper-Lantern.42"
OTHER = "br4ss-Kettle.77"
SECRET = f'PASSWORD = "{PASSWORD}"\n'
SHELL = "import subprocess\n\n\ndef {name}(command):\n    return subprocess.call(command, shell=True)\n"
WAIVERS = ".git/secscan/waivers.yaml"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("GIT_", "PRE_COMMIT", "GITHUB_", "CI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # no advisory index
    monkeypatch.delenv("SECSCAN_ADVISORIES", raising=False)
    folder = repository(tmp_path / "repo", {"app.py": "x = 1\n"})
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def hook(repo: Path, capsys: pytest.CaptureFixture[str]):
    """Runs a hook; gives its exit code and what it said."""

    def ran(*arguments: str) -> tuple[int, str]:
        before = sorted(path for path in repo.rglob("*") if ".git" not in path.parts)
        code = run(["hook", "run", *arguments])
        captured = capsys.readouterr()
        assert captured.out == ""
        assert PASSWORD not in captured.err
        assert sorted(path for path in repo.rglob("*") if ".git" not in path.parts) == before
        return code, captured.err

    return ran


def stage(repo: Path, files: dict[str, str]) -> None:
    write(repo, files)
    git(repo, "add", "--all")


def ids(said: str) -> list[str]:
    return re.findall(r"id:  ([0-9a-f]{12})", said)


def test_nothing_staged_and_nothing_found_say_nothing(repo: Path, hook) -> None:
    assert hook("secrets") == (0, "")
    stage(repo, {"b.py": "y = 1\n"})
    assert hook("secrets") == (0, "")
    assert not (repo / ".git/secscan").exists()


def test_a_secret_is_told_with_its_place_and_what_to_do(repo: Path, hook) -> None:
    stage(repo, {"settings.py": SECRET})
    write(repo, {"settings.py": "PASSWORD = None\n"})  # what is staged counts
    code, said = hook("secrets")
    assert code == 1
    assert said.startswith("secscan: 1 finding blocks this commit\n")
    assert "settings.py:1" in said
    assert "--scan .git/secscan/secrets.json --file .git/secscan/waivers.yaml" in said
    kept = repo / ".git/secscan/secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert PASSWORD not in kept.read_text()
    git(repo, "add", "settings.py")
    assert hook("secrets") == (0, "")
    assert not kept.exists()


def test_the_waiver_that_is_named_lets_it_pass(repo: Path, hook, capsys) -> None:
    stage(repo, {"settings.py": SECRET})
    _, said = hook("secrets")
    (one,) = ids(said)
    scan = ("--scan", ".git/secscan/secrets.json")
    assert run(["explain", one, *scan]) == 0
    assert run(["waiver", "add", one, *scan, "--file", WAIVERS, "--reason", "demo", "--owner", "ana"]) == 2
    assert "--reason: a reason of less than 10 characters" in capsys.readouterr().err
    assert (
        run(["waiver", "add", one, *scan, "--file", WAIVERS, "--reason", "made up for a demo", "--owner", "ana"]) == 0
    )
    assert "in your own hooks" in capsys.readouterr().err
    assert hook("secrets") == (0, "")
    assert git(repo, "status", "--short") == "A  settings.py"


@pytest.mark.slow
def test_waivers_and_policy_of_the_tree_count_as_the_commit_before_has_them(repo: Path, hook, capsys) -> None:
    stage(repo, {"settings.py": SECRET})
    (one,) = ids(hook("secrets")[1])
    named = ("secrets", "--waivers", "judge/waivers.yaml")
    add = ["waiver", "add", one, "--scan", ".git/secscan/secrets.json", "--file", "judge/waivers.yaml"]
    assert run([*add, "--reason", "made up for a demo", "--owner", "ana"]) == 0
    capsys.readouterr()
    git(repo, "add", "judge/waivers.yaml")
    assert hook(*named)[0] == 1
    git(repo, "reset", "-q", "settings.py")
    git(repo, "commit", "-q", "-m", "waiver")
    git(repo, "add", "settings.py")
    assert hook(*named) == (0, "")
    # The change is read by the judge of the commit before it, whatever it brings.
    stage(repo, {"judge/waivers.yaml": "format: secscan.waivers/1\nwaivers: []\n"})
    assert hook(*named)[0] == 0
    soft = "format: secscan.policy/1\nname: soft\nextends: secrets-only\nmode: log\n"
    stage(repo, {"judge/policy.yaml": soft})
    assert hook("secrets", "--policy", "judge/policy.yaml")[0] == 2


def test_in_ci_the_policy_that_is_named_is_of_the_base_not_of_the_change(repo: Path, hook, monkeypatch) -> None:
    house = "format: secscan.policy/1\nname: house\nrequired: [secrets]\n"
    rule = "rules:\n  - {{id: all, action: {0}, reason: because}}\n"
    stage(repo, {"judge/policy.yaml": house + rule.format("block")})
    git(repo, "commit", "-q", "-m", "judge")
    git(repo, "update-ref", "refs/remotes/origin/main", "HEAD")
    stage(repo, {"judge/policy.yaml": house + rule.format("accept"), "settings.py": SECRET})
    git(repo, "commit", "-q", "-m", "the change")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert hook("secrets", "--policy", "judge/policy.yaml", "settings.py")[0] == 1


def test_the_environment_in_the_settings_is_of_their_policy(
    repo: Path, hook, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    policy = "format: secscan.policy/1\nname: house\nextends: secrets-only\nenvironments: {production: {mode: log}}\n"
    settings = "version: 1\npolicy: .secscan/policy.yaml\nenvironment: production\n"
    stage(repo, {".secscan/policy.yaml": policy, "secscan.yaml": settings, "settings.py": SECRET})
    assert run(["config", "trust"]) == 0
    capsys.readouterr()
    assert hook("secrets")[0] == 1


@pytest.mark.slow
def test_what_stood_there_before_does_not_block_and_a_new_value_does(repo: Path, hook) -> None:
    stage(repo, {"settings.py": f"first = 1\n{SECRET}"})
    commit(repo)
    stage(repo, {"settings.py": f"first = 2\n{SECRET}"})
    assert hook("secrets") == (0, "")
    git(repo, "mv", "settings.py", "config.py")
    assert hook("secrets") == (0, "")
    stage(repo, {"config.py": f"first = 2\n{SECRET.replace(PASSWORD, OTHER)}"})
    assert hook("secrets")[0] == 1
    stage(repo, {"config.py": f"first = 2\n{SECRET}", "copy.py": SECRET})
    code, said = hook("secrets")
    assert (code, "copy.py:1" in said) == (1, True)


@pytest.mark.slow
def test_code_and_packages_that_were_there_before(repo: Path, hook) -> None:
    stage(repo, {"old.py": SHELL.format(name="run"), "requirements.txt": "flask==0.5\n"})
    commit(repo)
    stage(repo, {"old.py": "# a note\n" + SHELL.format(name="run"), "requirements.txt": "flask==0.5\npyyaml==6.0.2\n"})
    assert hook("staged", "--advisories", "demo") == (0, "")
    stage(repo, {"requirements.txt": "flask==0.5\njinja2==2.10\n", "new.py": SHELL.format(name="go")})
    code, said = hook("staged", "--advisories", "demo")
    assert code == 1
    assert "new.py:5" in said
    assert "jinja2 2.10" in said
    assert "flask" not in said
    assert "old.py" not in said
    strict = hook("staged", "--advisories", "demo", "--policy", "default")[1]
    assert "flask 0.5" in strict


@pytest.mark.slow
def test_without_an_advisory_index_one_line_says_what_was_not_judged(repo: Path, hook) -> None:
    stage(repo, {"requirements.txt": "flask==0.5\n"})
    code, said = hook("staged")
    assert code == 0
    assert said.count("\n") == 1
    assert "1 no-index" in said
    assert "secscan advisories status" in said


@pytest.mark.slow
def test_what_cannot_be_looked_at_makes_it_incomplete(repo: Path, hook) -> None:
    stage(repo, {"broken.py": "def (:\n"})
    code, said = hook("staged")
    assert code == 3
    assert said.startswith("secscan: nothing blocks, but this had to be looked at, and was not:\n")
    assert "broken.py" in said
    assert "to do:" in said
    assert (repo / ".git/secscan/staged.json").is_file()


@pytest.mark.slow
def test_files_are_looked_at_as_the_index_has_them(repo: Path, hook) -> None:
    stage(repo, {"settings.py": SECRET, "other.py": SECRET})
    assert hook("secrets", "--", "app.py") == (0, "")
    code, said = hook("secrets", "--", "other.py")
    assert (code, "settings.py" in said) == (1, False)
    commit(repo)
    assert hook("secrets") == (0, "")
    code, said = hook("secrets", "--", "app.py", "other.py")
    assert (code, "blocks these files" in said) == (1, True)
    code, said = hook("secrets", "--", "untracked.py")
    assert (code, "untracked.py" in said) == (3, True)
    assert hook("secrets", "--", "../elsewhere.py")[0] == 2


def test_a_file_that_is_called_like_an_option_chooses_nothing(repo: Path, hook) -> None:
    stage(
        repo, {"settings.py": SECRET, "--policy=advisory": "x\n", "-padvisory": "x\n", "--policy": "", "advisory": ""}
    )
    for names in (["--policy=advisory"], ["-padvisory"], ["--policy", "advisory"]):
        code, said = hook("secrets", *names, "settings.py")
        assert (code, "a file is called so" in said) == (2, True)
        assert hook("secrets", "--", *names, "settings.py")[0] == 1


@pytest.mark.slow
def test_a_file_that_is_called_like_a_command_of_a_platform_is_none(repo: Path, hook) -> None:
    code, said = hook("secrets", "--x##vso[task.complete result=Succeeded]")
    assert code == 2
    assert "##vso" not in said


def test_the_range_that_pre_commit_names(repo: Path, hook, monkeypatch) -> None:
    first = git(repo, "rev-parse", "HEAD")
    stage(repo, {"settings.py": SECRET})
    last = commit(repo)
    git(repo, "rm", "-q", "settings.py")
    commit(repo)
    assert hook("secrets") == (0, "")
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", first)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", last)
    code, said = hook("secrets")
    assert (code, "blocks this change" in said) == (1, True)
    assert hook("secrets", "--", "app.py") == (0, "")


@pytest.mark.slow
def test_merges_bring_only_what_neither_side_had(repo: Path, hook) -> None:
    git(repo, "checkout", "-q", "-b", "topic")
    stage(repo, {"theirs.py": SECRET})
    commit(repo)
    git(repo, "checkout", "-q", "main")
    git(repo, "merge", "-q", "--no-commit", "--no-ff", "topic")
    assert hook("secrets") == (0, "")
    stage(repo, {"theirs.py": f"# edited\n{SECRET}"})
    assert hook("secrets") == (0, "")
    stage(repo, {"mine.py": SECRET.replace(PASSWORD, OTHER)})
    assert hook("secrets")[0] == 1


class Push:
    """A repository with a remote, and the hook before a push as git runs it."""

    def __init__(self, repo: Path, hub: Path, hook, monkeypatch) -> None:
        self.repo, self.hook, self.monkeypatch = repo, hook, monkeypatch
        git(repo, "init", "-q", "--bare", str(hub))
        git(repo, "remote", "add", "origin", str(hub))
        git(repo, "push", "-q", "origin", "main")

    def lines(self, *lines: str) -> tuple[int, str]:
        data = io.TextIOWrapper(io.BytesIO("".join(f"{line}\n" for line in lines).encode()))
        self.monkeypatch.setattr(sys, "stdin", data)
        return self.hook("push", "--", "origin", "/some/where")

    def of(self, *branches: str, there: str = "0" * 40) -> tuple[int, str]:
        return self.lines(
            *(f"refs/heads/{name} {git(self.repo, 'rev-parse', name)} refs/heads/{name} {there}" for name in branches)
        )


@pytest.fixture
def push(repo: Path, tmp_path: Path, hook, monkeypatch: pytest.MonkeyPatch) -> Push:
    return Push(repo, tmp_path / "hub", hook, monkeypatch)


def test_a_push_of_nothing_and_of_a_deleted_branch(push: Push) -> None:
    assert push.lines() == (0, "")
    assert push.lines(f"(delete) {'0' * 40} refs/heads/topic {git(push.repo, 'rev-parse', 'main')}") == (0, "")
    assert push.of("main") == (0, "")
    assert push.lines("nonsense")[0] == 2
    assert push.hook("push", "--", "only-a-name")[0] == 2


@pytest.mark.slow
def test_a_push_of_what_stands_and_of_what_stood_in_between(push: Push) -> None:
    repo = push.repo
    git(repo, "checkout", "-q", "-b", "topic")
    stage(repo, {"new.py": SHELL.format(name="run")})
    commit(repo)
    code, said = push.of("topic")
    assert (code, "new.py:5" in said, "blocks this push\n" in said) == (1, True, True)
    git(repo, "rm", "-q", "new.py")
    commit(repo)
    assert push.of("topic") == (0, "")
    for name in ("a.py", "b.py"):
        stage(repo, {name: "x = 1\n"})
        commit(repo)
    there = git(repo, "rev-parse", "HEAD~2")
    assert push.of("topic", there=there) == (0, "")  # nothing stood in between
    stage(repo, {"settings.py": SECRET})
    commit(repo)
    stage(repo, {"settings.py": "PASSWORD = None\n"})
    commit(repo)
    code, said = push.of("topic")
    assert code == 1
    assert "blocks this push, in commits before its last one" in said
    assert "not in HEAD any more" in said
    assert [path.name for path in (repo / ".git/secscan").iterdir()] == ["push-commits.json"]


@pytest.mark.slow
def test_a_push_of_several_refs_looks_at_each(push: Push) -> None:
    repo = push.repo
    for name, content in (("one", "x = 1\n"), ("two", SECRET)):
        git(repo, "checkout", "-q", "-b", name, "main")
        stage(repo, {f"{name}.py": content})
        commit(repo)
    git(repo, "tag", "-a", "-m", "t", "same", "two")
    tag = f"refs/tags/same {git(repo, 'rev-parse', 'same')} refs/tags/same {'0' * 40}"
    branches = [
        f"refs/heads/{name} {git(repo, 'rev-parse', name)} refs/heads/{name} {'0' * 40}" for name in ("one", "two")
    ]
    code, said = push.lines(*branches, tag)
    assert code == 1
    assert said.count("blocks this push") == 1
    assert [path.name for path in (repo / ".git/secscan").iterdir()] == ["push-2.json"]


@pytest.mark.slow
def test_a_push_by_hand_and_by_pre_commit(push: Push) -> None:
    repo = push.repo
    before = git(repo, "rev-parse", "HEAD")
    stage(repo, {"settings.py": SECRET})
    last = commit(repo)
    assert push.hook("push")[0] == 1
    for variable, value in (("FROM_REF", before), ("TO_REF", last), ("REMOTE_NAME", "origin")):
        push.monkeypatch.setenv(f"PRE_COMMIT_{variable}", value)
    assert push.hook("push")[0] == 1
    push.monkeypatch.delenv("PRE_COMMIT_REMOTE_NAME")
    assert push.hook("push")[0] == 1


@pytest.mark.slow
def test_the_whole_tree(repo: Path, hook) -> None:
    stage(repo, {"settings.py": SECRET})
    commit(repo)
    code, said = hook("full")
    assert (code, "blocks this tree" in said) == (1, True)


def test_no_hook_no_repository_and_a_link_for_a_folder(repo: Path, hook, tmp_path: Path, monkeypatch) -> None:
    assert hook("nonsense")[0] == 2
    stage(repo, {"settings.py": SECRET})
    (repo / ".git/secscan").symlink_to(tmp_path)
    code, said = hook("secrets")
    assert (code, "is a symbolic link" in said, "settings.py:1" in said) == (1, True, True)
    assert not (tmp_path / "secrets.json").exists()
    monkeypatch.chdir(tmp_path)
    assert run(["hook", "run", "secrets"]) == 2
