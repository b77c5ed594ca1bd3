"""Hooks of git: written and removed, and never in the place of somebody else's."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from secscan.cli.app import run
from secscan.hooks.managers import managers_of
from secscan.hooks.scripts import script_at, text_of
from tests.support.repositories import git, repository, write


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    # Whether an isolated Python finds secscan is for the tests of the installed program.
    monkeypatch.setattr("secscan.cli.hook_scripts._python", lambda: "/opt/my python/bin/python")
    folder = repository(tmp_path / "repo", {"app.py": "x = 1\n"})
    monkeypatch.chdir(folder)
    return folder


def hook(*arguments: str) -> int:
    return run(["hook", *arguments])


def test_install_status_uninstall(repo: Path, capsys) -> None:
    assert hook("install", "--policy", "my policy.yaml", "--waivers", "w.yaml") == 0
    for name, kind in (("pre-commit", "staged"), ("pre-push", "push")):
        script = repo / ".git/hooks" / name
        assert stat.S_IMODE(script.stat().st_mode) & 0o111 == 0o111
        assert script.read_text().splitlines()[-1] == (
            f"exec '/opt/my python/bin/python' -I -m secscan hook run {kind} --policy 'my policy.yaml' "
            '--waivers w.yaml -- "$@"'
        )
    capsys.readouterr()
    assert hook("status") == 0
    told = capsys.readouterr().out
    assert "hook run staged" in told
    assert "it cannot run: install it again" in told  # there is no such Python
    assert hook("install", "--secrets") == 0  # ours is replaced
    assert "hook run secrets" in (repo / ".git/hooks/pre-commit").read_text()
    assert hook("uninstall") == 0
    assert not (repo / ".git/hooks/pre-commit").exists()
    assert hook("uninstall") == 2


def test_one_hook_only(repo: Path) -> None:
    assert hook("install", "--only", "pre-push") == 0
    assert script_at(repo / ".git/hooks", "pre-commit").state == "none"
    assert script_at(repo / ".git/hooks", "pre-push").state == "ours"
    assert hook("install", "--only", "post-merge") == 2
    assert hook("install", "--secrets", "--policy", "strict") == 2


@pytest.mark.parametrize("name", ["pre-commit", "pre-push"])
@pytest.mark.parametrize("link", [False, True])
def test_a_foreign_hook_is_never_touched_and_nothing_is_half_installed(
    repo: Path, capsys, name: str, link: bool
) -> None:
    place = repo / ".git/hooks" / name
    if link:
        place.symlink_to(repo / "app.py")
    else:
        write(place.parent, {name: "#!/bin/sh\nexit 0\n"})
    before = place.read_bytes()
    assert hook("install") == 2
    told = capsys.readouterr().err
    assert "is a hook already, and not one of ours; nothing was changed" in told
    assert "secscan hook run" in told
    assert place.read_bytes() == before
    other = {"pre-commit": "pre-push", "pre-push": "pre-commit"}[name]
    assert not (place.parent / other).exists()
    assert hook("uninstall") == 2
    assert place.read_bytes() == before
    assert hook("install", "--only", other) == 0


def test_a_folder_of_hooks_that_others_share_is_left_alone(repo: Path, tmp_path: Path, capsys) -> None:
    for place in (tmp_path / "shared", repo / ".husky", "~/hooks"):
        git(repo, "config", "core.hooksPath", str(place))
        assert hook("install") == 2
        assert "which is not this repository's alone" in capsys.readouterr().err
    git(repo, "config", "--unset", "core.hooksPath")
    write(tmp_path / "home", {".gitconfig": f"[core]\nhooksPath = {tmp_path / 'global'}\n"})
    assert hook("install") == 2
    git(repo, "config", "core.hooksPath", ".git/my-hooks")
    assert hook("install") == 0
    assert (repo / ".git/my-hooks/pre-commit").is_file()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (".pre-commit-config.yaml", "pre-commit"),
        ("prek.toml", "prek"),
        (".husky/pre-commit", "husky"),
        ("lefthook.yml", "lefthook"),
        (".lefthook.toml", "lefthook"),
    ],
)
def test_a_manager_of_hooks_is_told_instead(repo: Path, capsys, file: str, name: str) -> None:
    write(repo, {file: ""})
    assert [one.name for one in managers_of(repo)] == [name]
    assert hook("install") == 2
    told = capsys.readouterr().err
    assert f"{name} manages the hooks here" in told
    assert "secscan hook run staged" in told
    assert hook("install", "--anyway") == 0


def test_linked_work_trees_share_hooks_and_submodules_have_their_own(repo: Path, tmp_path: Path, monkeypatch) -> None:
    git(repo, "worktree", "add", "-q", str(tmp_path / "linked"))
    monkeypatch.chdir(tmp_path / "linked")
    assert hook("install") == 0
    assert script_at(repo / ".git/hooks", "pre-commit").state == "ours"
    library = repository(tmp_path / "library", {"l.py": ""})
    git(repo, "submodule", "--quiet", "add", str(library), "lib")
    monkeypatch.chdir(repo / "lib")
    assert hook("install") == 0
    assert script_at(repo / ".git/modules/lib/hooks", "pre-commit").state == "ours"


@pytest.mark.parametrize("outside", [True, False])
def test_a_folder_that_is_called_worktrees_is_none_of_git(repo: Path, monkeypatch, *, outside: bool) -> None:
    if outside:
        git_dir = repository(repo.parent / "worktrees", {"app.py": ""}) / ".git"
        monkeypatch.chdir(git_dir.parent)
    else:
        library = repository(repo.parent / "library", {"l.py": ""})
        git(repo, "submodule", "--quiet", "add", str(library), "worktrees/lib")
        git_dir = repo / ".git/modules/worktrees/lib"
        monkeypatch.chdir(repo / "worktrees/lib")
    assert hook("install") == 0
    assert script_at(git_dir / "hooks", "pre-commit").state == "ours"


def test_a_hook_whose_python_is_gone_says_so_and_stops(tmp_path: Path) -> None:
    script = tmp_path / "pre-commit"
    script.write_text(text_of(str(tmp_path / "it's gone"), ["hook", "run", "staged"]))
    script.chmod(0o755)
    ended = subprocess.run([str(script)], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"secscan: {tmp_path / 'it'}'s gone, which this hook runs, is gone" in ended.stderr


def test_nothing_of_this_outside_a_repository(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("install", "uninstall", "status"):
        assert hook(command) == 2
