"""What our own work on a file came to is known again for the same content and the same parts only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from secscan.cache.facts import FileFacts
from secscan.cache.results import Cache, Scope, open_cache
from secscan.errors import ExitCode, MisledError

SCOPE = Scope(
    scanner="",
    version="1",
    rules="",
    options="",
    programs=(),
    secscan="1",
    source="0" * 64,
    python="3",
    kept_by="content",
)
DIGESTS = {"a.py": "1" * 64, "b.py": "2" * 64, "copy of a.py": "1" * 64}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cache]:
    monkeypatch.setenv("SECSCAN_CACHE_KEY", "k" * 40)
    cache = open_cache(tmp_path)
    yield cache
    cache.store.close()


def test_what_was_remembered_is_recalled_by_content(cache: Cache) -> None:
    FileFacts(cache, SCOPE, DIGESTS).remember("work", {"a.py": b"", "b.py": b""}, {"a.py": b"said", "b.py": b""})

    known = FileFacts(cache, SCOPE, DIGESTS).recall("work", dict.fromkeys([*DIGESTS, "other.py"], b""))

    assert known == {"a.py": b"said", "copy of a.py": b"said", "b.py": b""}


@pytest.mark.parametrize(
    ("scope", "work", "digest", "part"),
    [
        (msgspec.structs.replace(SCOPE, source="1" * 64), "work", "1" * 64, b"part"),
        (msgspec.structs.replace(SCOPE, python="4"), "work", "1" * 64, b"part"),
        (SCOPE, "wor", "1" * 64, b"part"),
        (SCOPE, "work", "2" * 64, b"part"),
        (SCOPE, "work", "1" * 64, b"par"),
    ],
)
def test_another_key_is_not_known(cache: Cache, scope: Scope, work: str, digest: str, part: bytes) -> None:
    FileFacts(cache, SCOPE, DIGESTS).remember("work", {"a.py": b"part"}, {"a.py": b"said"})

    assert FileFacts(cache, scope, {"a.py": digest}).recall(work, {"a.py": part}) == {}


def test_a_file_that_is_not_in_scope_is_not_kept(cache: Cache) -> None:
    facts = FileFacts(cache, SCOPE, {})
    facts.remember("work", {"a.py": b""}, {"a.py": b"said"})

    assert facts.recall("work", {"a.py": b""}) == {}
    assert cache.store.told().entries == 0


def test_verifying_works_everything_out_again_and_compares(cache: Cache) -> None:
    parts = {"a.py": b""}
    FileFacts(cache, SCOPE, DIGESTS).remember("work", parts, {"a.py": b"said"})
    cache.verify = True
    facts = FileFacts(cache, SCOPE, DIGESTS)

    assert facts.recall("work", parts) == {}
    facts.remember("work", parts, {"a.py": b"said"})
    with pytest.raises(MisledError, match="of 1 file is not") as caught:
        facts.remember("work", parts, {"a.py": b"something else"})

    assert caught.value.exit_code is ExitCode.INCOMPLETE
    assert cache.store.told().entries == 0
