"""What is staged, in every situation that git knows: what will be committed is what is looked at, and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from secscan.targets.diff import Part
from secscan.targets.open import TargetRequest, index_at, open_target
from secscan.targets.ranges import pushed_span, staged_span
from tests.support.repositories import commit, git, repository, write


def opened(path: Path, **request):
    with open_target(TargetRequest(path=path, **request)) as target:
        return target, {file.path: target.read(file.path) for file in target.files}


def staged(path: Path, **request) -> dict[str, bytes]:
    return opened(path, staged=True, **request)[1]


def left_out(target) -> dict[str, str]:
    return {one.path: one.reason for one in target.info.out_of_scope}


def gaps(target) -> dict[str, str]:
    return {gap.subject: gap.kind.value for gap in target.gaps}


def fails(folder: Path, *arguments: str) -> None:
    """Run a git command that must stop half-way."""
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.editor=true")
    ended = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, check=False)
    assert ended.returncode != 0, ended.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", {"app.py": "x = 1\n", "other.py": "y = 1\n", "sub/b.py": "z = 1\n"})


def test_a_part_of_a_file(project: Path) -> None:
    write(project, {"app.py": "x = 1\nstaged = 1\n"})
    git(project, "add", "app.py")
    write(project, {"app.py": "x = 1\nstaged = 1\nlater = 1\n"})
    assert staged(project) == {"app.py": b"x = 1\nstaged = 1\n"}


def test_intent_to_add_is_not_staged(project: Path) -> None:
    write(project, {"planned.py": "p = 1\n"})
    git(project, "add", "--intent-to-add", "planned.py")
    assert staged(project) == {}
    git(project, "add", "planned.py")
    assert staged(project) == {"planned.py": b"p = 1\n"}


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_flags_of_the_index_hide_nothing(project: Path, flag: str) -> None:
    git(project, "update-index", flag, "app.py")
    blob = git(project, "hash-object", "-w", "--stdin", stdin=b"committed = 1\n")
    git(project, "update-index", "--cacheinfo", f"100644,{blob},app.py")
    git(project, "update-index", flag, "app.py")
    assert staged(project) == {"app.py": b"committed = 1\n"}


@pytest.mark.parametrize("cone", [("--cone", "sub"), ("--no-cone", "/sub/"), ("--cone", "--sparse-index", "sub")])
def test_a_sparse_checkout(project: Path, cone: tuple[str, ...]) -> None:
    write(project, {"big/deep/one.py": "one = 1\n", "big/two.py": "two = 1\n"})
    commit(project)
    git(project, "sparse-checkout", "set", *cone)
    write(project, {"sub/b.py": "z = 2\n"})
    git(project, "add", "sub/b.py")
    assert staged(project) == {"sub/b.py": b"z = 2\n"}
    git(project, "rm", "-q", "--cached", "--sparse", "big/two.py")
    assert left_out(opened(project, staged=True)[0]) == {"big/two.py": "deleted: there is nothing to scan"}
    git(project, "reset", "-q", "--hard")
    names = Part(names=frozenset({b"big/deep/one.py"}))
    assert staged(project, part=names) == {"big/deep/one.py": b"one = 1\n"}


def test_renames_and_copies_are_read_under_their_new_name(project: Path) -> None:
    git(project, "mv", "app.py", "moved.py")
    target, contents = opened(project, staged=True)
    assert contents == {"moved.py": b"x = 1\n"}
    assert left_out(target) == {"app.py": "deleted: there is nothing to scan"}


def test_a_file_takes_the_place_of_a_folder_and_the_other_way_round(project: Path) -> None:
    git(project, "rm", "-q", "-r", "sub", "app.py")
    write(project, {"sub": "now = 'a file'\n", "app.py/inner.py": "i = 1\n"})
    git(project, "add", "--all")
    assert staged(project) == {"sub": b"now = 'a file'\n", "app.py/inner.py": b"i = 1\n"}


def test_modes_and_links(project: Path) -> None:
    git(project, "update-index", "--chmod=+x", "app.py")
    (project / "other.py").unlink()
    (project / "other.py").symlink_to("app.py")
    git(project, "add", "other.py")
    target, contents = opened(project, staged=True)
    assert contents == {"app.py": b"x = 1\n"}
    assert left_out(target)["other.py"].startswith("link to app.py")


def test_names_of_any_bytes(project: Path) -> None:
    names = [
        b"with space.py",
        b"new\nline.py",
        b"caf\xe9.py",
        "\xfcn\xef.py".encode(),
        b"-dash.py",
        b"tab\t.py",
        b"%41.py",
    ]
    for name in names:
        (project / os.fsdecode(name)).write_bytes(b"n = 1\n")
    git(project, "add", "--all")
    assert set(staged(project)) == {
        *("with space.py", "new%0Aline.py", "caf%E9.py", "\xfcn\xef.py", "-dash.py", "tab%09.py", "%2541.py"),
    }
    part = Part(names=frozenset({b"caf\xe9.py", b"new\nline.py"}))
    assert set(staged(project, part=part)) == {"caf%E9.py", "new%0Aline.py"}


def test_line_ends_and_filters_are_those_of_the_commit(project: Path) -> None:
    write(project, {".gitattributes": "*.py text eol=crlf\n*.dat filter=shout\n"})
    git(project, "config", "filter.shout.clean", "tr a-z A-Z")
    write(project, {"app.py": "x = 2\r\n", "words.dat": "quiet\n"})
    git(project, "add", "--all")
    contents = staged(project)
    assert (contents["app.py"], contents["words.dat"]) == (b"x = 2\n", b"QUIET\n")


def test_a_submodule_is_a_gap_and_its_own_index_is_its_own(project: Path, tmp_path: Path) -> None:
    library = repository(tmp_path / "library", {"lib.py": "l = 1\n"})
    git(project, "submodule", "--quiet", "add", str(library), "lib")
    target, contents = opened(project, staged=True)
    assert (gaps(target), list(contents)) == ({"lib": "submodule"}, [".gitmodules"])
    write(project / "lib", {"lib.py": "l = 2\n"})
    git(project / "lib", "add", "lib.py")
    assert staged(project / "lib") == {"lib.py": b"l = 2\n"}


def test_a_git_folder_elsewhere_counts_only_where_git_names_it(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "work").mkdir()
    git(tmp_path, "init", "-q", "--separate-git-dir", str(tmp_path / "elsewhere"), str(tmp_path / "work"))
    write(tmp_path / "work", {"a.py": "a = 1\n"})
    git(tmp_path / "work", "add", "a.py")
    with pytest.raises(Exception, match="does not name it back"):
        staged(tmp_path / "work")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert staged(tmp_path / "work") == {"a.py": b"a = 1\n"}


def test_another_index_that_the_caller_names(project: Path, tmp_path: Path) -> None:
    write(project, {"app.py": "in the other index\n"})
    blob = git(project, "hash-object", "-w", "app.py")
    os.environ.pop("GIT_INDEX_FILE", None)
    subprocess.run(
        f"git read-tree HEAD && git update-index --cacheinfo 100644,{blob},app.py",
        shell=True,
        cwd=project,
        env={**os.environ, "GIT_INDEX_FILE": str(tmp_path / "index")},
        check=True,
    )
    assert staged(project) == {}
    assert staged(project, index=tmp_path / "index") == {"app.py": b"in the other index\n"}


def test_a_split_index_and_a_detached_head(project: Path) -> None:
    git(project, "update-index", "--split-index")
    git(project, "checkout", "-q", "--detach")
    write(project, {"app.py": "x = 3\n"})
    git(project, "add", "app.py")
    assert staged(project) == {"app.py": b"x = 3\n"}


@pytest.fixture
def branches(project: Path) -> Path:
    """`main` and `topic` have both changed `app.py`, and each a file of its own."""
    git(project, "checkout", "-q", "-b", "topic")
    write(project, {"app.py": "topic = 1\n", "of_topic.py": "t = 1\n"})
    commit(project)
    git(project, "checkout", "-q", "main")
    write(project, {"app.py": "main = 1\n", "of_main.py": "m = 1\n"})
    commit(project)
    return project


def test_a_merge_is_what_neither_side_has(branches: Path) -> None:
    fails(branches, "merge", "topic")
    target, contents = opened(branches, staged=True)
    assert (contents, gaps(target)) == ({}, {"app.py": "unreadable"})
    write(branches, {"app.py": "both = 1\n"})
    git(branches, "add", "app.py")
    target, contents = opened(branches, staged=True)
    assert contents == {"app.py": b"both = 1\n"}
    assert left_out(target) == {"of_topic.py": "as one of the merged commits has it"}
    write(branches, {"of_topic.py": "evil = 1\n"})
    git(branches, "add", "of_topic.py")
    assert set(staged(branches)) == {"app.py", "of_topic.py"}


def test_a_merge_head_that_names_no_commit(branches: Path) -> None:
    write(branches, {"app.py": "x = 9\n", ".git/MERGE_HEAD": "--all\nnonsense\n"})
    git(branches, "update-index", "app.py")
    assert staged(branches) == {"app.py": b"x = 9\n"}


@pytest.mark.parametrize(("how", "file"), [("cherry-pick", "of_topic.py"), ("rebase", "of_main.py")])
def test_what_stopped_half_way_is_compared_with_head(branches: Path, how: str, file: str) -> None:
    fails(branches, how, "topic")
    write(branches, {"app.py": "mended = 1\n"})
    git(branches, "add", "app.py")
    contents = staged(branches)
    assert contents["app.py"] == b"mended = 1\n"
    assert set(contents) == {"app.py", file}


def test_a_revert_that_is_not_committed_yet(branches: Path) -> None:
    git(branches, "revert", "--no-commit", "HEAD")
    target, contents = opened(branches, staged=True)
    assert contents == {"app.py": b"x = 1\n"}
    assert left_out(target) == {"of_main.py": "deleted: there is nothing to scan"}


def test_an_amended_commit_is_what_was_added_to_it(project: Path) -> None:
    write(project, {"app.py": "x = 2\n"})
    commit(project)
    write(project, {"other.py": "y = 2\n"})
    git(project, "add", "other.py")
    assert staged(project) == {"other.py": b"y = 2\n"}


def test_an_orphan_branch_is_all_new(project: Path) -> None:
    git(project, "checkout", "-q", "--orphan", "fresh")
    assert set(staged(project)) == {"app.py", "other.py", "sub/b.py"}
    assert staged_span(index_at(project)).bases == ()


def test_a_shallow_clone(branches: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{branches}", str(tmp_path / "shallow"))
    write(tmp_path / "shallow", {"app.py": "x = 4\n"})
    git(tmp_path / "shallow", "add", "app.py")
    assert staged(tmp_path / "shallow") == {"app.py": b"x = 4\n"}


def test_named_files_are_looked_at_whether_they_were_changed_or_not(project: Path) -> None:
    write(project, {"app.py": "x = 2\n", "new.py": "n = 1\n"})
    git(project, "add", "app.py")
    part = Part(names=frozenset({b"other.py", b"app.py", b"new.py"}))
    target, contents = opened(project, staged=True, part=part)
    assert contents == {"app.py": b"x = 2\n", "other.py": b"y = 1\n"}
    assert gaps(target) == {"new.py": "unreadable"}


COMPANIONS = {
    "includes": (
        {
            "requirements.txt": "-r lists/base.txt\n-c pins.txt\n",
            "lists/base.txt": "flask==1\n",
            "pins.txt": "six==1\n",
        },
        "requirements.txt",
        {"lists/base.txt", "pins.txt"},
    ),
    "is included": ({"requirements.txt": "-r deps.txt\n", "deps.txt": "flask==1\n"}, "deps.txt", {"requirements.txt"}),
    "manifest": ({"pyproject.toml": "[project]\n", "uv.lock": "version = 1\n"}, "pyproject.toml", {"uv.lock"}),
    "lock": ({"pyproject.toml": "[project]\n", "uv.lock": "version = 1\n"}, "uv.lock", {"pyproject.toml"}),
    "workspace": ({"package-lock.json": "{}", "a/b/package.json": "{}"}, "a/b/package.json", {"package-lock.json"}),
    "go": ({"go.mod": "module x\n", "go.sum": ""}, "go.sum", {"go.mod"}),
    "compose": (
        {
            "compose.yaml": "services: {a: {extends: {file: ops/base.yml, service: a}}}\n",
            "ops/base.yml": "services: {a: {}}\n",
        },
        "compose.yaml",
        {"ops/base.yml"},
    ),
    "none": ({"README.txt": "x", "requirements.txt": "flask==1\n", "uv.lock": ""}, "README.txt", set()),
    "leads out": ({"requirements.txt": "-r ../../etc/passwd\n"}, "requirements.txt", set()),
}


@pytest.mark.parametrize("case", COMPANIONS)
def test_what_belongs_to_a_changed_file_is_read_from_the_same_index(project: Path, case: str) -> None:
    files, changed, expected = COMPANIONS[case]
    write(project, dict(files))
    commit(project)
    write(project, {changed: files[changed] + "\n"})
    git(project, "add", "--all")
    write(project, dict.fromkeys(files, "not staged\n"))
    contents = staged(project)
    assert set(contents) == {changed, *expected}
    assert all(contents[name] == files[name].encode() for name in expected)
    assert set(staged(project, part=Part(companions=False))) == {changed}
    commit(project)
    git(project, "checkout", "-q", "HEAD~1")


def test_a_push_is_compared_with_what_the_remote_has(branches: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", str(tmp_path / "hub"))
    git(branches, "remote", "add", "origin", str(tmp_path / "hub"))
    repo = index_at(branches)
    head = git(branches, "rev-parse", "HEAD")
    assert pushed_span(repo, head, remote="origin").bases == ()
    git(branches, "push", "-q", "origin", "main")
    assert pushed_span(repo, head, remote="origin").bases == (head,)
    new = pushed_span(repo, git(branches, "rev-parse", "topic"), remote="origin")
    assert set(opened(branches, span=new)[1]) == {"app.py", "of_topic.py"}
    git(branches, "checkout", "-q", "topic")
    git(branches, "push", "-q", "origin", "topic")
    there = git(branches, "rev-parse", "HEAD")
    fails(branches, "merge", "main")
    write(branches, {"app.py": "both = 1\n"})
    commit(branches, "merged")
    last = git(branches, "rev-parse", "HEAD")
    merged = pushed_span(repo, last, remote="origin", there=there)
    assert set(merged.bases) == {there, head}
    target, contents = opened(branches, span=merged)
    assert contents == {"app.py": b"both = 1\n"}
    assert set(left_out(target).values()) == {"as one of the merged commits has it"}
    # Rewritten: what the remote's branch has is not ahead of it any more.
    git(branches, "reset", "-q", "--hard", "HEAD~1")
    write(branches, {"rewritten.py": "r = 1\n"})
    git(branches, "add", "--all")
    git(branches, "commit", "-q", "--amend", "-m", "rewritten")
    forced = pushed_span(repo, git(branches, "rev-parse", "HEAD"), remote="origin", there=there)
    assert set(opened(branches, span=forced)[1]) == {"app.py", "of_topic.py", "rewritten.py"}
    unknown = pushed_span(repo, head, there="0" * 40)
    assert unknown.bases == (head,)
