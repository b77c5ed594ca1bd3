"""The user's list of what is trusted: kept whole, private, and not read where others could have written it."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from secscan.errors import ConfigError
from secscan.trust.listed import FORMAT, TrustedTree, changing, list_path, read_list, tree_of, trusted_file


def trust(place: Path, folder: str, **files: bytes) -> None:
    with changing(place) as trees:
        made = {name: trusted_file(data) for name, data in files.items()}
        trees[folder] = TrustedTree(folder=folder, since="2026-11-30T00:00:00Z", files=made)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "config" / "secscan" / "trusted.json"


def test_what_was_trusted_is_held_by_its_content(place: Path) -> None:
    trust(place, "/srv/a", settings=b"version: 1\n")
    tree = tree_of(read_list(place), Path("/srv/a"))
    assert tree is not None
    assert tree.holds("settings", b"version: 1\n")
    assert not tree.holds("settings", b"version: 1 \n")
    assert not tree.holds("other", b"version: 1\n")
    assert tree.files["settings"].content == b"version: 1\n"
    assert tree_of(read_list(place), Path("/srv/b")) is None


def test_the_list_is_the_user_s_alone(place: Path) -> None:
    old = os.umask(0)
    try:
        trust(place, "/srv/a")
    finally:
        os.umask(old)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_no_list_trusts_nothing(place: Path) -> None:
    assert read_list(place) == ()


@pytest.mark.parametrize(("what", "mode"), [("file", 0o620), ("file", 0o602), ("folder", 0o770), ("above", 0o777)])
def test_a_list_that_others_could_have_written_is_not_read(place: Path, what: str, mode: int) -> None:
    trust(place, "/srv/a")
    {"file": place, "folder": place.parent, "above": place.parent.parent}[what].chmod(mode)
    with pytest.raises(ConfigError, match="another user"):
        read_list(place)


def test_a_sticky_folder_above_is_no_danger(place: Path) -> None:
    trust(place, "/srv/a")
    place.parent.parent.chmod(0o1777)
    assert read_list(place)


def test_a_list_of_another_user_is_not_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trust(place, "/srv/a")
    monkeypatch.setattr(os, "geteuid", lambda: place.stat().st_uid + 1)
    with pytest.raises(ConfigError, match="another user"):
        read_list(place)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"{",
        json.dumps({"format": "secscan.trusted/2", "trees": []}).encode(),
        json.dumps({"format": FORMAT, "trees": [], "more": 1}).encode(),
        json.dumps({"format": FORMAT, "trees": [{"folder": "/", "since": "", "files": {"a": {"digest": 1}}}]}).encode(),
    ],
)
def test_a_broken_list_is_an_error_and_trusts_nothing(place: Path, data: bytes) -> None:
    trust(place, "/srv/a")
    place.write_bytes(data)
    with pytest.raises(ConfigError, match="list of what is trusted"):
        read_list(place)


def test_a_link_in_the_place_of_the_list_is_not_followed(place: Path, tmp_path: Path) -> None:
    trust(place, "/srv/a")
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_list(place)


def test_those_who_change_the_list_wait_for_each_other(place: Path) -> None:
    folders = [f"/srv/{number}" for number in range(12)]
    threads = [threading.Thread(target=trust, args=(place, folder)) for folder in folders]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(tree.folder for tree in read_list(place)) == sorted(folders)


def clear_and_fail(place: Path) -> None:
    with changing(place) as trees:
        trees.clear()
        raise ZeroDivisionError


def test_an_error_leaves_the_list_as_it_was(place: Path) -> None:
    trust(place, "/srv/a")
    before = place.read_bytes()
    with pytest.raises(ZeroDivisionError):
        clear_and_fail(place)
    assert place.read_bytes() == before


def test_a_content_that_was_tampered_with_is_not_shown_as_trusted(place: Path) -> None:
    known = trusted_file(b"good\n")
    forged = trusted_file(b"evil\n")
    assert type(known)(digest=known.digest, size=5, kept=forged.kept).content is None
    assert type(known)(digest=known.digest, size=5, kept=b"no zlib").content is None


def test_a_large_content_is_known_by_its_digest(place: Path) -> None:
    data = os.urandom(1_000_001)
    trust(place, "/srv/a", baseline=data)
    (tree,) = read_list(place)
    assert tree.holds("baseline", data)
    assert tree.files["baseline"].content is None


def test_the_place_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    assert list_path({}) == Path("/home/ana/.config/secscan/trusted.json")
    assert list_path({"XDG_CONFIG_HOME": "/etc/ana"}) == Path("/etc/ana/secscan/trusted.json")
    assert list_path({"XDG_CONFIG_HOME": "relative"}) == Path("/home/ana/.config/secscan/trusted.json")
