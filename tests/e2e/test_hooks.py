"""The hooks as git, pre-commit and prek run them: the installed program, on real commits and pushes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Installed
from tests.support.repositories import commit, git, repository, write

PASSWORD = "c0pper-Lantern.42"
SECRET = f'PASSWORD = "{PASSWORD}"\n'
HARMLESS = 'GREETING = "hello"\n'


class Developer:
    """Somebody who works in a repository, in whose PATH nothing of secscan is but where it is put."""

    def __init__(self, folder: Path, installed: Installed, home: Path) -> None:
        self.folder, self.installed = folder, installed
        home.mkdir(exist_ok=True)
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            **{f"GIT_{who}_{what}": "dev@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }

    def run(self, *command: object, code: int | None = 0, cwd: Path | None = None, **extra: str) -> str:
        """Run a program, which must end with a code (any but 0: None), and return what it said."""
        ended = subprocess.run(
            [os.fspath(one) if isinstance(one, Path) else str(one) for one in command],
            cwd=cwd or self.folder,
            env={**self.environment, **extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=1200,
            check=False,
        )
        said = ended.stdout.decode("utf-8", "replace")
        assert ended.returncode == code if code is not None else ended.returncode != 0, said
        assert PASSWORD not in said
        return said

    def secscan(self, *arguments: object, code: int = 0, cwd: Path | None = None) -> str:
        return self.run(self.installed.bin / "secscan", *arguments, code=code, cwd=cwd)

    def git(self, *arguments: object, code: int | None = 0, cwd: Path | None = None) -> str:
        return self.run("git", *arguments, code=code, cwd=cwd)


@pytest.fixture
def developer(tmp_path: Path, installed: Installed) -> Developer:
    return Developer(repository(tmp_path / "repo", {"app.py": HARMLESS}), installed, tmp_path / "home")


@pytest.mark.slow
def test_the_installed_hooks_stop_commits_and_pushes(developer: Developer, tmp_path: Path) -> None:
    repo = developer.folder
    git(tmp_path, "init", "-q", "--bare", "hub.git")
    git(repo, "remote", "add", "origin", str(tmp_path / "hub.git"))
    git(repo, "push", "-q", "origin", "main")
    developer.secscan("hook", "install", "--secrets")
    # Nothing of the tree is imported or run in its place.
    write(repo, {"secscan.py": "raise SystemExit(0)\n", "sitecustomize.py": "raise SystemExit(0)\n", "typer.py": "0\n"})
    write(repo, {"app.py": SECRET})
    said = developer.git("commit", "-am", "all", code=1)
    assert "app.py:1" in said
    assert f"{developer.installed.bin}/python" in said  # secscan is not in PATH
    developer.git("commit", "-m", "one file", "app.py", code=1)
    developer.git("add", "app.py")
    write(repo, {"app.py": HARMLESS})
    developer.git("commit", "-m", "staged", code=1)
    developer.git("commit", "--no-verify", "-m", "not looked at")
    write(repo, {"app.py": HARMLESS + "more = 1\n"})
    developer.git("commit", "-am", "taken out again")
    write(repo, {"more.py": HARMLESS})
    developer.git("add", "more.py")
    developer.git("commit", "--amend", "--no-edit")
    assert "in commits before its last one" in developer.git("push", "origin", "main", code=1)
    assert "in commits before its last one" in developer.git("push", "origin", "main:fresh", code=1)
    developer.git("push", "origin", "HEAD~2:refs/heads/old")
    developer.git("push", "origin", ":old")
    assert developer.git("status", "--porcelain").split() == [
        "??",
        "secscan.py",
        "??",
        "sitecustomize.py",
        "??",
        "typer.py",
    ]
    status = developer.secscan("hook", "status")
    assert f"pre-commit: {developer.installed.bin}/python -I -m secscan hook run secrets" in status
    developer.secscan("hook", "uninstall")
    developer.git("push", "origin", "main")
    assert "pre-push: not installed" in developer.secscan("hook", "status")


@pytest.mark.slow
def test_hooks_of_a_linked_work_tree_and_of_a_folder_elsewhere(developer: Developer, tmp_path: Path) -> None:
    developer.secscan("hook", "install", "--secrets", "--only", "pre-commit")
    developer.git("worktree", "add", "-q", tmp_path / "linked")
    write(tmp_path / "linked", {"a.py": SECRET})
    developer.git("add", "a.py", cwd=tmp_path / "linked")
    said = developer.git("commit", "-m", "x", code=1, cwd=tmp_path / "linked")
    assert str(developer.folder / ".git/worktrees/linked/secscan/secrets.json") in said
    assert str(developer.folder / ".git/secscan/waivers.yaml") in said
    separate = tmp_path / "separate"
    developer.git("init", "-q", "--separate-git-dir", tmp_path / "elsewhere", separate)
    write(separate, {"a.py": SECRET})
    write(tmp_path, {"elsewhere/hooks/pre-commit": (developer.folder / ".git/hooks/pre-commit").read_bytes()})
    (tmp_path / "elsewhere/hooks/pre-commit").chmod(0o755)
    developer.git("add", "a.py", cwd=separate)
    assert "a.py:1" in developer.git("commit", "-m", "x", code=1, cwd=separate)


CONFIG = """
repos:
  - repo: local
    hooks:
      - id: secscan-secrets
        name: secscan
        language: system
        entry: {entry}
        args: [--]
        require_serial: true
        exclude: ^left/
"""


def _managed(developer: Developer) -> None:
    entry = f"{developer.installed.bin}/secscan hook run secrets"
    write(developer.folder, {".pre-commit-config.yaml": CONFIG.format(entry=entry)})
    developer.git("add", ".pre-commit-config.yaml")
    developer.git("commit", "-q", "-m", "config")


@pytest.mark.slow
@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_a_manager_of_hooks_runs_it_on_what_is_staged(developer: Developer, manager: str) -> None:
    repo = developer.folder
    _managed(developer)
    program = Path(sys.executable).parent / manager
    developer.run(program, "install")
    write(repo, {"left/out.py": SECRET, "-dash.py": HARMLESS, "with space.py": HARMLESS, "new\nline.py": HARMLESS})
    developer.git("add", "--all")
    developer.git("commit", "-m", "nothing but what is excluded")
    write(repo, {"with space.py": SECRET, "-dash.py": SECRET, "app.py": HARMLESS + "x = 1\n"})
    said = developer.git("commit", "-am", "all", code=1)
    assert "-dash.py:1" in said
    assert "with space.py:1" in said
    developer.git("add", "--all")
    write(repo, {"with space.py": HARMLESS, "-dash.py": HARMLESS})
    assert "-dash.py:1" in developer.git("commit", "-m", "part", code=1)
    developer.git("commit", "--no-verify", "-m", "all the same")
    assert "-dash.py:1" in developer.run(program, "run", "--all-files", code=1)
    assert "-dash.py:1" in developer.run(program, "run", "--from-ref", "HEAD~1", "--to-ref", "HEAD", code=1)
    assert "incomplete" not in developer.run(program, "run", "--files", "app.py")


@pytest.mark.slow
def test_names_that_are_no_text(developer: Developer) -> None:
    """pre-commit 4 stops with an error of its own, so nothing passes; prek and git itself go on."""
    _managed(developer)
    (developer.folder / os.fsdecode(b"caf\xe9.py")).write_text(SECRET)
    developer.git("add", "--all")
    folder = Path(sys.executable).parent
    assert "UnicodeDecodeError" in developer.run(folder / "pre-commit", "run", code=None)
    assert "caf%E9.py:1" in developer.run(folder / "prek", "run", code=1)


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_the_manifest_is_one(manager: str, project: Path, developer: Developer) -> None:
    developer.run(Path(sys.executable).parent / manager, "validate-manifest", project / ".pre-commit-hooks.yaml")


@pytest.mark.slow
def test_pre_commit_installs_and_runs_the_hooks_of_the_manifest(
    developer: Developer, project: Path, tmp_path: Path
) -> None:
    """From a clone of the project, as everybody does it; packages come from wherever pip takes them here."""
    source = tmp_path / "source"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=project, capture_output=True, check=True).stdout
    write(source, {name: (project / name).read_bytes() for name in os.fsdecode(listed).split("\0") if name})
    git(source, "init", "-q")
    revision = commit(source)
    hooks = "[{id: secscan-secrets}, {id: secscan-full}]"
    config = f"repos: [{{repo: {source}, rev: {revision}, hooks: {hooks}}}]\n"
    write(developer.folder, {".pre-commit-config.yaml": config, "app.py": SECRET, "new.py": HARMLESS})
    developer.git("add", "--all")
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    pip.setdefault("PIP_CONFIG_FILE", str(Path("~/.config/pip/pip.conf").expanduser()))
    program = Path(sys.executable).parent / "pre-commit"
    said = developer.run(program, "run", "secscan-secrets", code=1, **pip)
    assert "app.py:1" in said
    assert "-I -m secscan" in said  # its environment is in nobody's PATH
    said = developer.run(program, "run", "secscan-full", "--hook-stage", "manual", code=1, **pip)
    assert "app.py:1" in said
