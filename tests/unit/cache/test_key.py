"""The key of the cache: made once, read only where nobody else can, and never short."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from secscan.cache.key import KEY_VARIABLE, derived, given_key, own_key
from secscan.errors import CacheError


def test_it_is_made_once_and_only_the_user_can_read_it(tmp_path: Path) -> None:
    place = tmp_path / "config" / "secscan" / "cache.key"
    key = own_key(place)
    assert key == own_key(place)
    assert len(key) == 64
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in place.parent.iterdir()] == ["cache.key"]


def test_many_that_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    place = tmp_path / "cache.key"
    code = f"from secscan.cache.key import own_key; from pathlib import Path; print(own_key(Path({str(place)!r})))"
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(4)]
    assert len({one.communicate()[0] for one in started}) == 1
    assert all(one.returncode == 0 for one in started)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    place = tmp_path / "cache.key"
    own_key(place)
    place.chmod(mode)
    with pytest.raises(CacheError, match="only you can read"):
        own_key(place)


@pytest.mark.parametrize("content", ["", "short\n", "g" * 64, "0" * 65])
def test_what_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    place = tmp_path / "cache.key"
    place.write_text(content)
    place.chmod(0o600)
    with pytest.raises(CacheError):
        own_key(place)


def test_a_link_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    own_key(tmp_path / "real.key")
    (tmp_path / "link.key").symlink_to(tmp_path / "real.key")
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    for name in ("link.key", "pipe.key"):
        with pytest.raises(CacheError):
            own_key(tmp_path / name)


def test_the_environment_gives_one_that_is_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given_key() == b""
    monkeypatch.setenv(KEY_VARIABLE, "k" * 32)
    assert given_key() == b"k" * 32
    monkeypatch.setenv(KEY_VARIABLE, "k" * 31)
    with pytest.raises(CacheError, match="fewer than 32"):
        given_key()


def test_a_key_for_one_purpose_is_none_for_another() -> None:
    assert derived(b"key", "entries") != derived(b"key", "keys") != derived(b"yek", "keys")
