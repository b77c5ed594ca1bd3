"""A hit needs everything to be the same that the scanner's word depends on."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from secscan.cache.entry import Said
from secscan.cache.key import KEY_VARIABLE
from secscan.cache.results import Scope, open_cache, usual_folder
from secscan.errors import CacheError, TargetError
from secscan.targets.contract import SourceFile
from tests.support.caching import cache_in

SCOPE = Scope(
    scanner="bandit",
    version="1",
    rules="r",
    options="",
    programs=("p",),
    secscan="1",
    source="s",
    python="3",
    kept_by="content",
)
FILE = SourceFile(path="a/b.py", size=1, digest="d" * 64, language="python")
SAID = Said(scanner="bandit", proven=True, looked_at=True)


def read(_path: str) -> bytes:
    return b""


def is_known(folder: Path, scope: Scope = SCOPE, file: SourceFile = FILE) -> bool:
    with cache_in(folder) as cache:
        return bool(cache.known(scope, [file], read))


def keep(folder: Path, scope: Scope = SCOPE, changed: frozenset[str] = frozenset()) -> None:
    with cache_in(folder) as cache:
        cache.remember(scope, {FILE: SAID})
        cache.keep(read, changed=changed)


@pytest.mark.parametrize("name", [name for name in Scope.__struct_fields__ if name != "programs"])
def test_another_scope_is_a_miss(tmp_path: Path, name: str) -> None:
    keep(tmp_path)
    assert is_known(tmp_path)
    value = "path" if name == "kept_by" else f"another {name}"
    assert not is_known(tmp_path, msgspec.structs.replace(SCOPE, **{name: value}))


@pytest.mark.parametrize("programs", [(), ("q",), ("p", "p")])
def test_other_programs_are_a_miss(tmp_path: Path, programs: tuple[str, ...]) -> None:
    keep(tmp_path)
    assert not is_known(tmp_path, msgspec.structs.replace(SCOPE, programs=programs))


@pytest.mark.parametrize(
    ("kept_by", "path", "hit"),
    [
        ("content", "a/b.py", True),
        ("content", "c/d.py", True),
        ("content", "a/b.pyi", False),
        ("content", "a/b", False),
        ("path", "a/b.py", True),
        ("path", "a/c.py", False),
    ],
)
def test_a_moved_file_is_known_where_its_path_says_nothing(tmp_path: Path, kept_by: str, path: str, hit: bool) -> None:
    scope = msgspec.structs.replace(SCOPE, kept_by=kept_by)
    keep(tmp_path, scope)
    file = SourceFile(path=path, size=1, digest=FILE.digest, language="python")
    assert is_known(tmp_path, scope, file) == hit


@pytest.mark.parametrize(
    "file",
    [
        SourceFile(path="a/b.py", size=1, digest="e" * 64, language="python"),
        SourceFile(path="a/b.py", size=1, digest="d" * 64, language=""),
    ],
)
def test_another_content_or_language_is_a_miss(tmp_path: Path, file: SourceFile) -> None:
    keep(tmp_path)
    assert not is_known(tmp_path, file=file)


def test_what_was_changed_while_it_was_looked_at_is_not_kept(tmp_path: Path) -> None:
    keep(tmp_path, changed=frozenset({FILE.path}))
    assert not is_known(tmp_path)


def test_what_cannot_be_read_any_more_is_neither_kept_nor_known(tmp_path: Path) -> None:
    def gone(_path: str) -> bytes:
        raise TargetError("it was changed")

    with cache_in(tmp_path) as cache:
        cache.remember(SCOPE, {FILE: SAID})
        cache.keep(gone, changed=frozenset())
        assert cache.known(SCOPE, [FILE], gone) == {FILE.path: SAID}


def test_an_entry_of_another_scanner_is_not_believed(tmp_path: Path) -> None:
    with cache_in(tmp_path) as cache:
        cache.remember(SCOPE, {FILE: msgspec.structs.replace(SAID, scanner="semgrep")})
        cache.keep(read, changed=frozenset())
        assert cache.known(SCOPE, [FILE], read) == {}


def test_what_was_dropped_is_not_kept_later(tmp_path: Path) -> None:
    with cache_in(tmp_path) as cache:
        cache.remember(SCOPE, {FILE: SAID})
        cache.drop(SCOPE)
        cache.keep(read, changed=frozenset())
        assert cache.known(SCOPE, [FILE], read) == {}


def test_another_key_is_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, "k" * 32)
    assert not is_known(tmp_path)
    keep(tmp_path)
    assert is_known(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, "l" * 32)
    assert not is_known(tmp_path)


def test_the_usual_folder_is_below_that_of_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert usual_folder() == tmp_path / "secscan" / "results"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert usual_folder() == tmp_path / ".cache" / "secscan" / "results"


def test_who_has_no_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/nonexistent/home")
    assert usual_folder() is None
    with pytest.raises(CacheError, match="no home"):
        open_cache()
