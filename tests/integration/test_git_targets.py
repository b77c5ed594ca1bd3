"""Targets in real git repositories: what is in scope, and whose content is judged."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from secscan.errors import TargetError, UsageError
from secscan.findings.levels import GapKind
from secscan.targets.open import TargetRequest, open_target
from tests.support.repositories import commit, git, repository, write


def opened(path: Path, **request):
    """Open a target, read every file of it, and return it with the contents."""
    with open_target(TargetRequest(path=path, **request)) as target:
        return target, {file.path: target.read(file.path) for file in target.files}


def left_out(target) -> dict[str, str]:
    return {one.path: one.reason for one in target.info.out_of_scope}


def gaps(target) -> dict[str, str]:
    return {gap.subject: gap.kind.value for gap in target.gaps}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(
        tmp_path / "project",
        {".gitignore": "build/\n*.log\n", "app.py": "x = 1\n", "sub/b.py": "y = 1\n", "sub/deep/c.py": "z = 1\n"},
    )


def test_a_tree_is_what_git_tracks_and_does_not_ignore(project: Path) -> None:
    write(project, {"new.py": "n = 1\n", "build/out.py": "", "a.log": "", "sub/b.log": "", "__pycache__/x.pyc": ""})
    target, contents = opened(project)
    assert list(contents) == [".gitignore", "app.py", "new.py", "sub/b.py", "sub/deep/c.py"]
    assert left_out(target) == {
        ".git/": "data of the version control system",
        "__pycache__/": "a cache",
        "a.log": "ignored by git",
        "build/": "ignored by git",
        "sub/b.log": "ignored by git",
    }
    assert target.info.revision == git(project, "rev-parse", "HEAD")
    assert target.info.name == "project"
    assert target.gaps == ()


def test_gitignore_cannot_hide_what_is_tracked(project: Path) -> None:
    write(project, {"build/tracked.py": "t = 1\n", "build/not.py": "", "node_modules/kept.js": ""})
    git(project, "add", "-f", "build/tracked.py", "node_modules/kept.js")
    commit(project)
    write(project, {".gitignore": "*\n"})
    target, contents = opened(project)
    assert list(contents) == [
        *(".gitignore", "app.py", "build/tracked.py", "node_modules/kept.js", "sub/b.py", "sub/deep/c.py"),
    ]
    assert left_out(target)["build/not.py"] == "ignored by git"


def test_the_settings_bring_in_and_leave_out(project: Path) -> None:
    write(project, {"build/a/x.py": "", "build/b/y.py": "", "node_modules/p/i.js": ""})
    target, contents = opened(project, include=("build/a/**", "node_modules/**"), exclude=("sub/**",))
    assert list(contents) == [".gitignore", "app.py", "build/a/x.py", "node_modules/p/i.js"]
    assert left_out(target)["build/"] == "ignored by git"
    assert left_out(target)["sub/**"] == "left out by the settings (scan.exclude)"
    assert {one.path: one.files for one in target.info.out_of_scope} == {".git/": 0, "build/": 1, "sub/**": 2}


def test_many_alike_are_listed_as_one(project: Path) -> None:
    write(project, {f"p{number}/__pycache__/m.pyc": "" for number in range(5)} | {f"{n}.log": "" for n in range(7)})
    write(project, {f"p{number}/m.py": "" for number in range(5)})
    target, _ = opened(project)
    assert left_out(target) == {
        "**/*.log": "ignored by git",
        "**/__pycache__/": "a cache",
        ".git/": "data of the version control system",
    }
    assert {one.path: one.files for one in target.info.out_of_scope}["**/*.log"] == 7


def test_a_folder_of_a_repository(project: Path) -> None:
    write(project, {"sub/x.log": "", "build/sub/k.py": ""})
    target, contents = opened(project / "sub")
    assert list(contents) == ["b.py", "deep/c.py"]
    assert left_out(target) == {"x.log": "ignored by git"}
    assert target.info.name == "sub"
    assert target.info.dirty is False


@pytest.mark.parametrize("folder", ["build", "build/sub"])
def test_an_ignored_folder_that_is_named_is_scanned(project: Path, folder: str) -> None:
    write(project, {"build/sub/k.py": ""})
    target, contents = opened(project / folder)
    assert [name.rpartition("/")[2] for name in contents] == ["k.py"]
    assert target.info.revision == ""
    assert "git ignores this folder" in target.notices[0].text


def test_dirty_says_whether_the_files_are_those_of_the_commit(project: Path) -> None:
    def dirty() -> bool | None:
        return opened(project)[0].info.dirty

    assert dirty() is False
    os.utime(project / "app.py")
    assert dirty() is False
    (project / "app.py").write_bytes(b"x = 1\r\n")
    assert dirty() is False
    (project / "app.py").write_bytes(b"x = 2\n")
    assert dirty() is True
    git(project, "add", "app.py")
    assert dirty() is True
    commit(project)
    assert dirty() is False
    (project / "app.py").unlink()
    assert dirty() is True
    git(project, "checkout", "-q", "app.py")
    write(project, {"new.py": ""})
    assert dirty() is True


def test_before_the_first_commit(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "a = 1\n", "b.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "a.py")
    target, contents = opened(tmp_path)
    assert list(contents) == ["a.py", "b.py"]
    assert (target.info.revision, target.info.dirty) == ("", True)
    target, contents = opened(tmp_path, staged=True)
    assert contents == {"a.py": b"a = 1\n"}
    assert target.info.revision == ""
    with pytest.raises(TargetError, match="does not name a commit"):
        opened(tmp_path, diff="main")


def test_staged_content_is_that_of_the_index(project: Path) -> None:
    write(project, {"app.py": "staged = 1\n", "added.py": "a = 1\n", "untracked.py": ""})
    git(project, "add", "app.py", "added.py")
    git(project, "rm", "-q", "--cached", "sub/b.py")
    write(project, {"app.py": "not staged\n"})
    target, contents = opened(project, staged=True)
    assert contents == {"added.py": b"a = 1\n", "app.py": b"staged = 1\n"}
    assert left_out(target) == {"sub/b.py": "deleted: there is nothing to scan"}
    assert (target.info.kind, target.info.revision) == ("staged", git(project, "rev-parse", "HEAD"))
    assert target.origin == project
    assert not target.root.exists()


def test_staged_below_a_folder(project: Path) -> None:
    write(project, {"app.py": "staged = 1\n", "sub/deep/c.py": "staged = 2\n"})
    git(project, "add", "--all")
    _, contents = opened(project / "sub", staged=True)
    assert contents == {"deep/c.py": b"staged = 2\n"}


@pytest.mark.parametrize("how", [("-a",), ("app.py",)])
def test_a_hook_sees_what_is_about_to_be_committed(project: Path, how, tmp_path: Path, monkeypatch) -> None:
    hook = project / ".git" / "hooks" / "pre-commit"
    hook.write_text(
        f'#!/bin/sh\ncp "$GIT_INDEX_FILE" "{project}/.git/kept"\nprintf %s "$GIT_INDEX_FILE" > "{tmp_path}/n"\n'
    )
    hook.chmod(0o755)
    write(project, {"app.py": "committed = 1\n"})
    before = git(project, "rev-parse", "HEAD")
    git(project, "commit", "-q", "-m", "x", *how)
    git(project, "update-ref", "HEAD", before)
    git(project, "read-tree", before)
    assert (tmp_path / "n").read_text() != ".git/index"
    monkeypatch.chdir(project)
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/kept")
    assert opened(project, staged=True)[1] == {"app.py": b"committed = 1\n"}
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "another"))
    assert opened(project, staged=True)[1] == {}


def test_a_conflict_is_a_gap(project: Path) -> None:
    first = git(project, "rev-parse", "HEAD")
    write(project, {"app.py": "one = 1\n"})
    one = commit(project)
    git(project, "checkout", "-q", "-b", "other", first)
    write(project, {"app.py": "two = 2\n"})
    commit(project)
    merge = ["git", "-c", "user.name=x", "-c", "user.email=x", "merge", "-q", one]
    assert subprocess.run(merge, cwd=project, capture_output=True, check=False).returncode == 1
    target, contents = opened(project, staged=True)
    assert contents == {}
    assert gaps(target) == {"app.py": "unreadable"}


@pytest.fixture
def branch(project: Path) -> Path:
    """`main` went on after `topic` left it."""
    git(project, "checkout", "-q", "-b", "topic")
    write(project, {"app.py": "topic = 1\n", "added.py": "a = 1\n"})
    (project / "sub/b.py").unlink()
    commit(project)
    git(project, "checkout", "-q", "main")
    write(project, {"main.py": "m = 1\n"})
    commit(project)
    git(project, "checkout", "-q", "topic")
    write(project, {"app.py": "work tree = 1\n", "untracked.py": ""})
    return project


@pytest.mark.parametrize("span", ["main", "main...", "main...HEAD", "main...topic"])
def test_a_diff_is_what_the_branch_changed_since_it_left(branch: Path, span: str) -> None:
    target, contents = opened(branch, diff=span)
    assert contents == {"added.py": b"a = 1\n", "app.py": b"topic = 1\n"}
    assert left_out(target) == {"sub/b.py": "deleted: there is nothing to scan"}
    assert (target.info.kind, target.info.revision) == ("diff", git(branch, "rev-parse", "topic"))
    assert target.info.base == git(branch, "merge-base", "main", "topic")


def test_two_dots_compare_the_two(branch: Path) -> None:
    target, contents = opened(branch, diff="topic..main")
    assert list(contents) == ["app.py", "main.py", "sub/b.py"]
    assert target.info.base == git(branch, "rev-parse", "topic")


@pytest.mark.parametrize("span", ["nosuch", "nosuch...HEAD", "main...nosuch", "--all", "-x", "a\nb", "HEAD:app.py"])
def test_a_commit_that_is_not_there(branch: Path, span: str) -> None:
    with pytest.raises(TargetError) as caught:
        opened(branch, diff=span)
    assert "does not name a commit" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("span", ["...", "..", "a...b...c", "a..b..c"])
def test_a_range_that_is_none(branch: Path, span: str) -> None:
    with pytest.raises(UsageError):
        opened(branch, diff=span)


def test_a_shallow_clone_says_what_to_do(branch: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{branch}", str(shallow))
    with pytest.raises(TargetError) as caught:
        opened(shallow, diff="origin/main...HEAD")
    assert "fetch-depth: 0" in caught.value.hint


def test_replaced_objects_do_not_replace_what_is_judged(branch: Path) -> None:
    bad = git(branch, "rev-parse", "topic:app.py")
    good = git(branch, "hash-object", "-w", "--stdin", stdin=b"harmless = 1\n")
    git(branch, "replace", bad, good)
    assert opened(branch, diff="main")[1]["app.py"] == b"topic = 1\n"


def test_links_in_a_change(project: Path) -> None:
    for name, leads in (
        *(("ok", "sub/b.py"), ("folder", "sub"), ("sub/up", "../app.py"), ("out", "../../etc/passwd")),
        *(("absolute", "/etc/passwd"), ("gone", "nothing"), ("self", "self")),
    ):
        (project / name).symlink_to(leads)
    git(project, "add", "--all")
    target, contents = opened(project, staged=True)
    assert contents == {}
    assert gaps(target) == {"absolute": "link", "gone": "link", "out": "link", "self": "link"}
    assert left_out(target) == {
        "folder": "link to sub, which is scanned itself where it is part of the change",
        "ok": "link to sub/b.py, which is scanned itself where it is part of the change",
        "sub/up": "link to app.py, which is scanned itself where it is part of the change",
    }
    commit(project)
    target, _ = opened(project / "sub", diff="HEAD~1")
    assert gaps(target) == {"up": "link"}


def test_submodules_and_repositories_inside(project: Path, tmp_path: Path) -> None:
    library = repository(tmp_path / "library", {"lib.py": "", ".gitignore": ""})
    git(project, "submodule", "--quiet", "add", str(library), "libs/here")
    git(project, "submodule", "--quiet", "add", str(library), "libs/absent")
    commit(project)
    shutil.rmtree(project / "libs/absent")
    repository(project / "nested", {"n.py": ""})
    target, contents = opened(project)
    assert "libs/here/lib.py" not in contents
    assert left_out(target)["libs/here/"] == "a submodule: a repository of its own"
    assert left_out(target)["nested/"] == "a repository of its own, not part of this one"
    assert gaps(target) == {"libs/absent": "submodule"}
    _, contents = opened(project, include=("nested/**", "libs/**"))
    assert {"nested/n.py", "libs/here/lib.py"} < set(contents)
    target, contents = opened(project / "libs" / "here")
    assert list(contents) == [".gitignore", "lib.py"]
    assert target.info.revision == git(library, "rev-parse", "HEAD")
    target, _ = opened(project, diff="HEAD~1")
    assert gaps(target) == {"libs/absent": "submodule", "libs/here": "submodule"}


def test_a_linked_work_tree(project: Path, tmp_path: Path) -> None:
    git(project, "worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    write(tmp_path / "linked", {"app.py": "linked = 1\n", "x.log": ""})
    git(tmp_path / "linked", "add", "--all")
    target, contents = opened(tmp_path / "linked")
    assert contents["app.py"] == b"linked = 1\n"
    assert left_out(target)["x.log"] == "ignored by git"
    assert opened(tmp_path / "linked", staged=True)[1] == {"app.py": b"linked = 1\n"}


def test_lfs_pointers_are_gaps(project: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    write(project, {"model.py": pointer, "not.sh": pointer + "echo a script\n"})
    git(project, "add", "--all")
    for request in ({}, {"staged": True}):
        target, contents = opened(project, **request)
        assert gaps(target) == {"model.py": GapKind.LFS_POINTER.value}
        assert "not.sh" in contents


def test_a_sparse_checkout_is_shown(project: Path) -> None:
    git(project, "sparse-checkout", "set", "--no-cone", "/app.py")
    target, contents = opened(project)
    assert list(contents) == ["app.py"]
    assert left_out(target)["sub/b.py"] == "not checked out (sparse checkout)"
    assert target.info.dirty is False


def test_a_repository_of_sha_256(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    write(tmp_path, {"a.py": "a = 1\n"})
    commit(tmp_path)
    assert opened(tmp_path)[0].info.dirty is False
    write(tmp_path, {"a.py": "a = 2\n"})
    git(tmp_path, "add", "a.py")
    assert opened(tmp_path, staged=True)[1] == {"a.py": b"a = 2\n"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_a_repository_of_another_user_is_read(project: Path) -> None:
    for place in [project, *project.rglob("*")]:
        os.chown(place, 12345, 12345, follow_symlinks=False)
    assert opened(project)[0].info.dirty is False
    assert opened(project / "sub")[0].info.revision


def test_many_large_blobs_come_in_several_batches(project: Path, monkeypatch) -> None:
    monkeypatch.setattr("secscan.targets.git._BATCH", 1000)
    monkeypatch.setattr("secscan.targets.git.MAX_BLOB", 5000)
    write(
        project, {f"f{n}.py": f"x = {n}\n" * 100 for n in range(9)} | {"same.py": "x = 1\n" * 100, "big.py": "#" * 6000}
    )
    git(project, "add", "--all")
    target, contents = opened(project, staged=True)
    assert len(contents) == 10
    assert contents["f1.py"] == contents["same.py"] == b"x = 1\n" * 100
    assert gaps(target) == {"big.py": "unreadable"}


def test_without_a_repository_or_with_a_broken_one(tmp_path: Path, project: Path) -> None:
    (tmp_path / "plain").mkdir()
    for request in ({"staged": True}, {"diff": "main"}):
        with pytest.raises(TargetError, match="not in a git repository"):
            opened(tmp_path / "plain", **request)
    (project / ".git" / "index").write_bytes(b"broken")
    for request in ({}, {"staged": True}, {"diff": "HEAD"}):
        if not request.get("diff"):
            with pytest.raises(TargetError, match="failed in"):
                opened(project, **request)
    shutil.rmtree(project / ".git" / "objects")
    (project / ".git" / "objects").mkdir()
    with pytest.raises(TargetError):
        opened(project, diff="HEAD")
