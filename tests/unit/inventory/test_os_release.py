"""What a system says of itself is read by the manual's rules, and nothing in it is expanded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.inventory.distribution import distribution_of
from secscan.inventory.os_release import MAX_BYTES, read_os_release


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=a", "a"),
        ("X=", ""),
        ('X=""', ""),
        ('X="a b"', "a b"),
        ("X='a $b \"c\"'", 'a $b "c"'),
        (r'X="a\"b\\c\$d\`e"', 'a"b\\c$d`e'),
        (r'X="a\nb"', r"a\nb"),
        (r"X=a\ b", "a b"),
        ("  X=a  ", "a"),
        ('X="a" # why', "a"),
        ("X=$(id)", "$(id)"),
        ('X="${HOME}"', "${HOME}"),
        ("X='\x1b[2Ja\x7f\u202e'", "[2Ja"),
        ("X=1\nX=2", "2"),
        ("# X=1", None),
        ("X", None),
        ("X Y=1", None),
        ('X="a', None),
        ("X=a b", None),
        ("X=a;b", None),
        ("=a", None),
        ("1X=a", None),
    ],
)
def test_values(line: str, value: str | None) -> None:
    assert read_os_release(line.encode()).get("X") == value


def test_what_is_no_text_and_what_is_without_end() -> None:
    assert read_os_release(b"A=\xff\nB=b\r\nC=c\n") == {"A": "\N{REPLACEMENT CHARACTER}", "B": "b", "C": "c"}
    assert read_os_release(b"A=a\n" * MAX_BYTES) == {"A": "a"}
    assert len(read_os_release(b"A=" + b"a" * MAX_BYTES)["A"]) == 300
    assert read_os_release(b'A="' + b"\\" * (MAX_BYTES - 3)) == {}


@given(st.binary() | st.text().map(lambda text: f"ID={text}\nVERSION_ID={text}\nNAME={text}".encode()))
def test_any_bytes_are_some_members_and_some_distribution_or_none(data: bytes) -> None:
    members = read_os_release(data)
    assert all(value.isprintable() for value in members.values())
    found = distribution_of(members)
    assert found is None or found.ecosystem
