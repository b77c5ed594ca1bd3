"""Commits that a shallow checkout does not have, fetched from a real git server."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from secscan.errors import TargetError
from secscan.targets.fetch import fetch_commit
from secscan.targets.find_git import find_repository
from secscan.targets.git import Repository
from tests.support.git_server import serving
from tests.support.repositories import commit, git, repository, write


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "srv" / "shop", {"a.py": "one\n"})
    write(folder, {"a.py": "two\n", "b.py": "b\n"})
    commit(folder)
    git(folder, "checkout", "-q", "-b", "change")
    write(folder, {"a.py": "three\n"})
    commit(folder)
    return folder


def checkout(origin: Path, folder: Path, *options: str) -> Repository:
    git(origin, "clone", "-q", "--branch=change", "--single-branch", *options, f"file://{origin}", str(folder))
    found, _ = find_repository(folder)
    assert found is not None
    return found


def test_the_base_comes_into_a_shallow_checkout(origin: Path, tmp_path: Path) -> None:
    here = checkout(origin, tmp_path / "work", "--depth=1")
    tip = git(origin, "rev-parse", "main")
    with pytest.raises(TargetError):
        here.commit(tip)
    before = git(here.root, "status", "--porcelain"), git(here.root, "for-each-ref")
    with serving(origin.parent) as address:
        assert fetch_commit(here, f"{address}/shop", "main") == tip
    assert {one.path for one in here.tree(tip)} == {b"a.py", b"b.py"}
    assert (git(here.root, "status", "--porcelain"), git(here.root, "for-each-ref")) == before
    assert git(here.root, "rev-list", tip) == tip  # its history is known to end here
    git(here.root, "fsck", "--full", "--strict")


def test_a_commit_comes_by_its_id(origin: Path, tmp_path: Path) -> None:
    here = checkout(origin, tmp_path / "work", "--depth=1")
    first = git(origin, "rev-parse", "main~1")
    with serving(origin.parent) as address:
        assert fetch_commit(here, f"{address}/shop", first) == first
    assert git(here.root, "show", f"{first}:a.py") == "one"


def test_a_whole_history_stays_whole(origin: Path, tmp_path: Path) -> None:
    here = checkout(origin, tmp_path / "work")
    with serving(origin.parent) as address:
        tip = fetch_commit(here, f"{address}/shop", "main")
    assert git(here.root, "rev-list", "--count", tip) == "2"
    assert not (here.git_dir / "shallow").exists()


def test_the_settings_of_the_checkout_lead_nowhere(origin: Path, tmp_path: Path) -> None:
    """Also not the token, which an address that is led elsewhere would take along."""
    here = checkout(origin, tmp_path / "work", "--depth=1")
    login = f"Basic {base64.b64encode(b'x-access-token:t0k').decode()}"
    with serving(origin.parent, login=login) as address:
        git(here.root, "config", "url.http://127.0.0.1:9/.insteadOf", f"{address}/")
        git(here.root, "config", "core.sshCommand", f"touch {tmp_path}/run")
        git(here.root, "config", "http.proxy", "http://127.0.0.1:9")
        assert fetch_commit(here, f"{address}/shop", "main", token="t0k")
        with pytest.raises(TargetError, match="no commit to judge by") as caught:
            fetch_commit(here, f"{address}/shop", "main", token="wrong")
    assert "wrong" not in f"{caught.value.message}{caught.value.hint}"
    assert "fetch-depth: 0" in caught.value.hint


@pytest.mark.parametrize("name", ["nowhere", "$(touch run)", "main:refs/heads/evil", "-x", "", "*"])
def test_what_is_no_branch_there_is_an_error(origin: Path, tmp_path: Path, name: str) -> None:
    here = checkout(origin, tmp_path / "work", "--depth=1")
    with serving(origin.parent) as address, pytest.raises(TargetError):
        fetch_commit(here, f"{address}/shop", name)
    assert not list(tmp_path.rglob("run"))
    assert "evil" not in git(here.root, "for-each-ref")


@pytest.mark.parametrize(
    "address", ["file:///srv/shop", "ext::sh -c id", "ssh://git.example/shop", "http://git.example/"]
)
def test_only_safe_addresses_are_asked(origin: Path, tmp_path: Path, address: str) -> None:
    here = checkout(origin, tmp_path / "work", "--depth=1")
    with pytest.raises(TargetError, match="nothing is fetched from"):
        fetch_commit(here, address, "main")
