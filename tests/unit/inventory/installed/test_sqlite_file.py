"""Our reader of SQLite's files gives what SQLite itself gives, and breaks on nothing."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.inventory.installed.sqlite_file import rows

VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=3000) | st.text(max_size=20)


def make(content: list[tuple[object, object]], size: int) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"PRAGMA page_size = {size}")
    connection.execute("CREATE TABLE before (a)")
    connection.execute("CREATE INDEX by_a ON before (a)")
    connection.execute("CREATE TABLE wanted (a, b)")
    connection.executemany("INSERT INTO wanted VALUES (?, ?)", content)
    connection.commit()
    return bytes(connection.serialize())


def read(data: bytes) -> tuple[list[list[object]], list[str]]:
    told: list[str] = []
    found = [
        [one.tobytes() if isinstance(one, memoryview) else one for one in row]
        for row in rows(data, "wanted", told.append)
    ]
    return found, told


@given(st.lists(st.tuples(VALUES, VALUES), max_size=30), st.sampled_from([512, 1024, 4096, 65536]))
def test_sqlite_says_the_same(content: list[tuple[object, object]], size: int) -> None:
    found, told = read(make(content, size))
    assert found == [[one.encode() if isinstance(one, str) else one for one in row] for row in content]
    assert not told


def test_a_tree_of_many_levels_and_rows_of_many_pages() -> None:
    content = [(number, bytes([number % 256]) * (number % 5000)) for number in range(3000)]
    found, told = read(make([*content], 512))
    assert [tuple(row) for row in found] == content
    assert not told


def test_a_damaged_page_costs_only_its_rows() -> None:
    data = bytearray(make([(number, b"x" * 300) for number in range(100)], 512))
    leaves = [at for at in range(512, len(data), 512) if data[at] == 13]
    data[leaves[20]] = 99
    found, told = read(bytes(data))
    assert 95 <= len(found) < 100
    assert len(told) == 1


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for one in (data, b"SQLite format 3\0" + data):
        with pytest.raises(ValueError, match=r"."):
            read(one)


@given(st.data())
def test_a_file_with_other_bytes_here_and_there(data: st.DataObject) -> None:
    made = bytearray(make([(number, b"x" * 400) for number in range(20)], 512))
    for _ in range(data.draw(st.integers(1, 8))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    try:
        found, _ = read(bytes(made))
    except ValueError:
        return
    assert len(found) <= 2000


def test_rows_that_lie_in_each_other_do_not_multiply_the_work() -> None:
    data = bytearray(make([(1, b"x" * 60_000)] * 2, 65536))
    leaf = next(at for at in range(65536, len(data), 65536) if data[at] == 13 and data[at + 4])
    count = 16_000
    data[leaf + 3 : leaf + 5] = count.to_bytes(2, "big")
    cell = data[leaf + 8 : leaf + 10]
    data[leaf + 8 : leaf + 8 + 2 * count] = cell * count
    with pytest.raises(ValueError, match=r"larger than the file|too"):
        read(bytes(data))
