"""Every machine makes the same cut, and it is one of the whole."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.errors import UsageError
from secscan.shards.cut import MOST, Shard, _work, cut, parse_shard
from secscan.targets.contract import SourceFile

FILES = st.lists(
    st.builds(
        SourceFile,
        path=st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable()),
        size=st.integers(0, 10**7),
        digest=st.just(""),
        language=st.sampled_from(["", "python", "go"]),
    ),
    max_size=60,
    unique_by=lambda file: file.path,
)


@given(FILES, st.integers(1, 20), st.randoms(use_true_random=False))
def test_the_parts_are_the_whole_without_overlap_whatever_the_order_and_balanced(
    files: list[SourceFile], count: int, rng: random.Random
) -> None:
    parts = cut(files, count)
    assert len(parts) == count
    assert sorted(path for part in parts for path in part) == sorted(file.path for file in files)
    shuffled = list(files)
    rng.shuffle(shuffled)
    assert cut(shuffled, count) == parts
    work = {file.path: _work(file) for file in files}
    share, largest = sum(work.values()) / count, max(work.values(), default=0)
    assert all(abs(sum(work[path] for path in part) - share) <= largest for part in parts)


def test_a_change_moves_only_files_beside_the_cuts() -> None:
    files = [SourceFile(path=f"src/{n}.py", size=1000, digest="", language="python") for n in range(1000)]
    before = cut(files, 4)
    after = cut([*files[:500], SourceFile(path="new.py", size=5000, digest="", language="python"), *files[501:]], 4)
    moved = sum(len(one ^ other) for one, other in zip(before, after, strict=True))
    assert moved <= 20


def test_how_a_shard_is_written() -> None:
    assert parse_shard("2/4") == Shard(2, 4)
    assert parse_shard(f"1/{MOST}").count == MOST
    for text in ("", "2", "0/4", "5/4", "2/4/", " 2/4", "-1/4", f"1/{MOST + 1}", "٢/٤", "1/0", "2 of 4"):
        with pytest.raises(UsageError, match="is no shard"):
            parse_shard(text)
