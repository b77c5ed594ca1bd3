"""Without a cache our own work is done each time."""

from __future__ import annotations

from secscan.memo import NoMemo


def test_nothing_is_remembered() -> None:
    memo = NoMemo()
    memo.remember("work", {"a.py": b""}, {"a.py": b"said"})

    assert memo.recall("work", {"a.py": b""}) == {}
