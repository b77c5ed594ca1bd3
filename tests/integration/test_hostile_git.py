"""Repositories made to run something, or to show something else than what they hold. Nothing runs; nothing leaks."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from secscan.errors import SecscanError, TargetError
from secscan.targets.open import TargetRequest, open_target
from tests.support.repositories import commit, git, repository, write

REQUESTS = ({}, {"staged": True}, {"diff": "HEAD~1"}, {"diff": "HEAD~1..HEAD"})


def opened(path: Path, **request):
    with open_target(TargetRequest(path=path, **request)) as target:
        return target, {file.path: target.read(file.path) for file in target.files}


@pytest.fixture
def trap(tmp_path: Path) -> tuple[str, Path]:
    """A program that leaves a line in a marker file, and that file."""
    marker = tmp_path / "marker"
    program = tmp_path / "trap"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {marker}\nexit 1\n')
    program.chmod(0o755)
    return str(program), marker


@pytest.fixture
def hostile(tmp_path: Path, trap) -> Path:
    """A repository in which every key, hook and attribute that can start a program names the trap."""
    program, _ = trap
    project = repository(tmp_path / "project", {"a.py": "a = 1\n", "b.py": "b = 1\n", "c.bin": "c"})
    write(project, {"a.py": "a = 2\n"})
    commit(project)
    commands = (
        "core.fsmonitor core.sshCommand core.editor core.pager core.askPass core.gitProxy core.alternateRefsCommand "
        "sequence.editor credential.helper diff.external diff.evil.command diff.evil.textconv gpg.program "
        "filter.evil.clean filter.evil.smudge filter.evil.process merge.evil.driver interactive.diffFilter "
        "uploadpack.packObjectsHook pager.ls-files pager.rev-parse pager.diff-tree pager.cat-file"
    )
    keys = dict.fromkeys(commands.split(), program)
    keys |= {f"alias.{name}": f"!{program}" for name in ("ls-files", "rev-parse", "cat-file", "diff-tree")}
    keys |= {"core.hooksPath": str(tmp_path / "hooks"), "filter.evil.required": "true", "log.showSignature": "true"}
    keys |= {"core.worktree": "/etc", "core.attributesFile": str(tmp_path / "attributes")}
    keys |= {"core.excludesFile": str(tmp_path / "excludes"), "safe.directory": "*", "protocol.allow": "always"}
    for folder in (tmp_path / "hooks", project / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in ("post-index-change", "reference-transaction", "pre-commit", "fsmonitor-watchman", "post-checkout"):
            shutil.copy(program, folder / hook)
    (tmp_path / "attributes").write_text("* filter=evil diff=evil\n")
    (tmp_path / "excludes").write_text("*.py\n")
    (project / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    write(project, {".gitattributes": "* filter=evil diff=evil merge=evil text working-tree-encoding=UTF-16\n"})
    # Differs from the index in content alone: git would have to read it, through the filter.
    (project / "b.py").write_bytes(b"b = 2\n")
    for key, value in keys.items():
        git(project, "config", key, value)
    return project


def test_the_trap_works(hostile: Path, trap) -> None:
    _, marker = trap
    plain = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    for command in (["status"], ["diff"], ["ls-files"]):
        arguments = ["git", f"--git-dir={hostile}/.git", f"--work-tree={hostile}", *command]
        subprocess.run(arguments, cwd=hostile, env=plain, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        assert marker.exists(), command
        marker.unlink()


@pytest.mark.parametrize("request_", REQUESTS)
def test_no_key_starts_a_program(hostile: Path, trap, request_) -> None:
    git(
        hostile,
        "-c",
        "core.worktree=",
        "--git-dir=.git",
        "--work-tree=.",
        "-c",
        "filter.evil.required=false",
        "version",
    )
    _, contents = opened(hostile, **request_)
    assert not trap[1].exists(), trap[1].read_text()
    assert "passwd" not in contents
    if not request_:
        assert contents["b.py"] == b"b = 2\n"


def test_included_settings_start_no_program(tmp_path: Path, trap) -> None:
    project = repository(tmp_path / "project", {"a.py": ""})
    (tmp_path / "more").write_text(f"[core]\n\tfsmonitor = {trap[0]}\n\tpager = {trap[0]}\n")
    git(project, "config", "include.path", str(tmp_path / "more"))
    git(project, "config", "extensions.worktreeConfig", "true")
    shutil.copy(tmp_path / "more", project / ".git" / "config.worktree")
    opened(project)
    opened(project, staged=True)
    assert not trap[1].exists()


@pytest.mark.parametrize(
    "remote",
    [
        {"url": "ext::{trap}"},
        {"url": "/nonexistent", "uploadpack": "{trap}"},
        {"url": "ssh://127.0.0.1/x"},
        {"url": "x", "vcs": "../../{trap}"},
        {"url": "file:///nonexistent", "proxy": "{trap}"},
    ],
)
def test_a_missing_object_is_never_fetched(tmp_path: Path, trap, remote: dict[str, str]) -> None:
    project = repository(tmp_path / "project", {"a.py": "a = 1\n"})
    write(project, {"a.py": "a = 2\n"})
    commit(project)
    oid = git(project, "rev-parse", "HEAD:a.py")
    (project / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "core.sshCommand": trap[0],
        "protocol.ext.allow": "always",
        "protocol.file.allow": "always",
        **{f"remote.origin.{key}": value.format(trap=trap[0]) for key, value in remote.items()},
    }.items():
        git(project, "config", key, value)
    target = None
    with contextlib.suppress(TargetError):
        target, contents = opened(project, diff="HEAD~1")
        assert contents == {}
    assert target is None or [gap.subject for gap in target.gaps] == ["a.py"]
    assert not trap[1].exists()


def test_a_bare_repository_among_the_files_is_only_files(tmp_path: Path, trap) -> None:
    bare = tmp_path / "outer" / "vendor" / "x"
    repository(tmp_path / "source", {"s.py": ""})
    bare.parent.mkdir(parents=True)
    git(tmp_path, "clone", "-q", "--bare", str(tmp_path / "source"), str(bare))
    (bare / "config").write_text(
        f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ..\n\tfsmonitor = {trap[0]}\n"
    )
    outer = repository(tmp_path / "outer", {"o.py": ""})
    for place in (outer, bare):
        target, contents = opened(place)
        assert target.info.revision == git(outer, "rev-parse", "HEAD")
        assert any(name.endswith("config") for name in contents)
    assert not trap[1].exists()


@pytest.mark.parametrize("kind", ["file", "relative", "link", "fifo", "garbage"])
def test_a_git_entry_that_leads_elsewhere_is_not_used(tmp_path: Path, trap, kind: str) -> None:
    private = repository(tmp_path / "private", {"secret.py": "token = 1\n"})
    write(private, {"secret.py": "token = 2\n"})
    git(private, "add", "--all")
    git(private, "config", "core.fsmonitor", trap[0])
    project = tmp_path / "project"
    write(project, {"a.py": "", "node_modules/x.js": ""})
    entry = project / ".git"
    match kind:
        case "file":
            entry.write_text(f"gitdir: {private}/.git\n")
        case "relative":
            entry.write_text("gitdir: ../private/.git\n")
        case "link":
            entry.symlink_to(private / ".git")
        case "fifo":
            os.mkfifo(entry)
        case "garbage":
            entry.write_bytes(b"\0\xff" * 5000)
    target, contents = opened(project)
    assert "a.py" in contents
    assert "secret.py" not in contents
    assert target.info.revision == ""
    assert "not used" in target.notices[0].text
    with pytest.raises(TargetError, match="not in a git repository"):
        opened(project, staged=True)
    assert not trap[1].exists()


def test_a_common_folder_elsewhere_is_not_used(tmp_path: Path) -> None:
    private = repository(tmp_path / "private", {"secret.py": "token = 1\n"})
    project = repository(tmp_path / "project", {"a.py": ""})
    (project / ".git" / "commondir").write_text(f"{private}/.git\n")
    (project / ".git" / "HEAD").write_text(git(private, "rev-parse", "HEAD") + "\n")
    with contextlib.suppress(TargetError):
        target, contents = opened(project, staged=True)
        assert "secret.py" not in str(target.info)
        assert "secret.py" not in contents


def test_borrowed_objects_are_told(tmp_path: Path) -> None:
    lender = repository(tmp_path / "lender", {"a.py": ""})
    git(tmp_path, "clone", "-q", "--shared", str(lender), "borrower")
    for request in ({}, {"staged": True}, {"diff": "HEAD"}):
        target, _ = opened(tmp_path / "borrower", **request)
        assert "takes objects from another one" in target.notices[0].text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_a_strangers_repository_above_does_not_decide(tmp_path: Path) -> None:
    write(tmp_path, {"mine/a.py": ""})
    git(tmp_path, "init", "-q")
    (tmp_path / ".git" / "info" / "exclude").write_text("*.py\n")
    os.chown(tmp_path / ".git", 12345, 12345)
    target, contents = opened(tmp_path / "mine")
    assert list(contents) == ["a.py"]
    assert "belongs to another user" in target.notices[0].text


NAMES = (
    *(b"a\nb.py", b"a\x1b[31m.py", b"\xff\xfe.py", b"-rf.py", b"--exit-zero", b" .py", b"a%41.py", b"'\"$(x).py"),
    *(b":(glob)**.py", b":!x.py", b"a\tb.py", "\u202e.py".encode(), b"\\.py", b"n" * 255),
)


@pytest.mark.parametrize("request_", [{}, {"staged": True}])
def test_every_name_is_listed_and_read(tmp_path: Path, request_) -> None:
    folder = repository(tmp_path / "project", {"first.txt": ""})
    for number, name in enumerate(NAMES):
        (folder / os.fsdecode(name)).write_bytes(b"n = %d\n" % number)
    git(folder, "add", "--all")
    target, contents = opened(folder, **request_)
    assert target.gaps == ()
    assert sorted(contents.values())[-len(NAMES) :] == sorted(b"n = %d\n" % number for number in range(len(NAMES)))
    assert all(name.isprintable() for name in contents)


def _tree(folder: Path, entries: list[tuple[str, str, str]]) -> str:
    """Write a tree object with names that git itself would refuse."""
    data = b"".join(
        f"{mode} {name}\0".encode("utf-8", "surrogateescape") + bytes.fromhex(oid) for mode, name, oid in entries
    )
    return git(folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=data)


def test_names_in_a_commit_that_no_checkout_makes(tmp_path: Path) -> None:
    folder = repository(tmp_path / "project", {"a.py": ""})
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"x = 1\n")
    inner = _tree(folder, [("100644", "escaped", blob)])
    deep = inner
    for _ in range(300):
        deep = _tree(folder, [("40000", "d", deep)])
    tree = _tree(
        folder,
        [
            *(("40000", "..", inner), ("40000", ".", inner), ("40000", ".GIT", inner), ("100644", "/abs", blob)),
            *(("100644", "../up", blob), ("100644", "a.py", blob), ("100644", "conflict", blob)),
            *(("40000", "conflict", inner), ("40000", "deep", deep), ("100644", "n" * 300, blob)),
        ],
    )
    last = git(folder, "commit-tree", tree, "-p", "HEAD", "-m", "x")
    git(folder, "update-ref", "refs/heads/evil", last)
    before = set(tmp_path.rglob("escaped"))
    target, contents = opened(folder, diff="HEAD...evil")
    assert set(contents) <= {"a.py", "conflict", "conflict/escaped"}
    assert contents["a.py"] == b"x = 1\n"
    assert len(target.gaps) >= 7
    assert set(tmp_path.rglob("escaped")) == before


def test_a_link_and_a_file_of_one_name_in_a_commit(tmp_path: Path) -> None:
    """A tree may name `d` a link and a folder: what is written below must not follow the link."""
    folder = repository(tmp_path / "project", {"a.py": ""})
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"x = 1\n")
    link = git(folder, "hash-object", "-w", "--stdin", stdin=str(tmp_path).encode())
    inner = _tree(folder, [("100644", "escaped", blob)])
    last = git(folder, "commit-tree", _tree(folder, [("120000", "d", link), ("40000", "d", inner)]), "-m", "x")
    git(folder, "update-ref", "refs/heads/evil", last)
    opened(folder, diff="HEAD..evil")
    assert not (tmp_path / "escaped").exists()


def test_git_in_the_scanned_tree_is_not_started(hostile: Path, trap, monkeypatch) -> None:
    shutil.copy(trap[0], hostile / "git")
    monkeypatch.setenv("PATH", f"{hostile}:.:{os.environ['PATH']}")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", trap[0])
    monkeypatch.setenv("GIT_SSH_COMMAND", trap[0])
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.chdir(hostile)
    opened(hostile)
    assert not trap[1].exists()


def test_a_tree_with_git_folders_that_make_git_fail_is_refused_with_words(tmp_path: Path) -> None:
    project = repository(tmp_path / "project", {"a.py": ""})
    (project / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 99\n")
    with pytest.raises(SecscanError) as caught:
        opened(project)
    assert caught.value.hint
    assert "\n" not in caught.value.message
