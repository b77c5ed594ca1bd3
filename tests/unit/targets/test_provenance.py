"""Unit tests for where a target comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.targets.open import TargetRequest, open_target
from secscan.targets.provenance import public_address
from tests.support.repositories import git, repository


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://github.example/shop/web.git", "https://github.example/shop/web.git"),
        ("https://me:s3cret@github.example/shop/web.git?token=x#y", "https://github.example/shop/web.git"),
        ("https://a:b@c@github.example/shop", "https://github.example/shop"),
        ("git@github.example:shop/web.git", "ssh://github.example/shop/web.git"),
        ("ssh://git@github.example:22/shop", "ssh://github.example:22/shop"),
        ("/srv/git/web.git", ""),
        ("../web.git", ""),
        ("C:/git/web", ""),
        ("ext::sh -c id", ""),
        ("file:///srv/git/web", ""),
        ("https://github.example/\x1b[2J", ""),
        ("https://github.example/" + "a" * 3_000, ""),
    ],
)
def test_an_address_tells_no_credentials_and_no_place_on_this_machine(url: str, address: str) -> None:
    assert public_address(url) == address


@pytest.mark.parametrize("how", [{}, {"staged": True}, {"diff": "HEAD"}, {"history": True}, {"commit": "HEAD"}])
def test_a_target_says_where_it_comes_from(tmp_path: Path, how: dict[str, str | bool]) -> None:
    top = repository(tmp_path / "web", {"api dir/a.py": "pass\n"})
    git(top, "remote", "add", "origin", "https://me:s3cret@github.example/shop/web.git")
    with open_target(TargetRequest(path=top / "api dir", **how)) as target:  # type: ignore[arg-type]
        info = target.info
    assert (info.repository, info.branch, info.prefix) == ("https://github.example/shop/web.git", "main", "api dir/")
    git(top, "checkout", "-q", "--detach")
    with open_target(TargetRequest(path=top, **how)) as target:  # type: ignore[arg-type]
        assert (target.info.branch, target.info.prefix) == ("", "")


def test_a_folder_without_repository_comes_from_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("pass\n")
    with open_target(TargetRequest(path=tmp_path)) as target:
        assert (target.info.repository, target.info.branch, target.info.prefix) == ("", "", "")
