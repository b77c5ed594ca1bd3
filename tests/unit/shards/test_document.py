"""What a shard writes is read as it was written, or not at all; and never as a saved scan."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.cache.results import Scope
from secscan.errors import SavedScanError, ShardError
from secscan.findings import scan
from secscan.shards.cut import Shard
from secscan.shards.document import Look, Part, ShardResult, Trouble, dumps, file_name, loads

SCOPE = Scope(
    scanner="bandit",
    version="1",
    rules="",
    options="",
    programs=("x",),
    secscan="1",
    source="s",
    python="3",
    kept_by="content",
)
PART = Part(
    scanner="bandit",
    scope=SCOPE,
    clean=("a.py",),
    told={"b.py": b"j{}\xff"},
    again=("c.py",),
    trouble=(Trouble(message="it took longer than 1 s"),),
    seconds=1.5,
)
RESULT = ShardResult(
    secscan="1", number=2, count=4, looks=(Look(digest="0" * 64, kind="tree", revision="1" * 40, parts=(PART,)),)
)
KEY, OTHER = b"k" * 32, b"o" * 32


def test_it_is_read_as_it_was_written() -> None:
    assert loads(dumps(RESULT)) == RESULT
    assert loads(dumps(RESULT, KEY), KEY) == RESULT
    assert loads(dumps(RESULT, KEY)) == RESULT, "who has no key cannot check the seal"
    assert file_name(Shard(2, 4)) == "secscan-shard-2-of-4.json"


@pytest.mark.parametrize("sealed", [b"", OTHER])
def test_with_a_key_nothing_counts_that_is_not_sealed_with_it(sealed: bytes) -> None:
    with pytest.raises(ShardError, match="not sealed with the key"):
        loads(dumps(RESULT, sealed), KEY)


@given(st.integers(0, len(dumps(RESULT)) - 1), st.binary(max_size=3))
def test_what_was_damaged_on_the_way_is_refused(at: int, other: bytes) -> None:
    data = dumps(RESULT)
    damaged = data[:at] + other + data[at + 1 :]
    with contextlib.suppress(ShardError):
        assert loads(damaged) == RESULT


@given(st.binary(max_size=200) | st.builds(lambda text: text.encode("utf-8", "surrogatepass"), st.text(max_size=200)))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ShardError):
        loads(data)


def test_a_number_that_cannot_be_is_refused() -> None:
    for number, count in ((0, 4), (5, 4), (1, 0), (1, 257)):
        with pytest.raises(ShardError, match="there is no shard"):
            loads(dumps(msgspec.structs.replace(RESULT, number=number, count=count)))


def test_no_saved_scan_is_a_shard_and_no_shard_a_saved_scan() -> None:
    with pytest.raises(SavedScanError, match="has no verdict") as told:
        scan.loads(dumps(RESULT))
    assert "secscan merge" in told.value.hint
    with pytest.raises(ShardError, match="no result of a shard"):
        loads(b'{"format": "secscan.scan/1"}')
