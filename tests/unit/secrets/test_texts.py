"""The text of a file, cut into parts that lose nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.secrets.texts import OVERLAP, PART, parts

_LINES = st.lists(st.tuples(st.sampled_from(["a", "é", "€", "💥", "a b"]), st.integers(0, 90_000)), max_size=8)


def text_of(lines: list[tuple[str, int]]) -> bytes:
    return "\n".join(letters * times for letters, times in lines).encode()


@settings(max_examples=60)
@given(_LINES)
def test_parts_say_where_they_begin_and_cover_the_whole(lines: list[tuple[str, int]]) -> None:
    text = text_of(lines)
    starts = [0]
    starts += [at + 1 for at, byte in enumerate(text) if byte == 10]
    covered = 0
    for part in parts(text):
        at = starts[part.line - 1] + part.column - 1
        assert text[at : at + len(part.data)] == part.data
        assert at <= covered
        assert len(part.data) <= PART + 4
        part.data.decode("utf-8")
        covered = at + len(part.data)
    assert covered == len(text)


@settings(max_examples=60)
@given(_LINES)
def test_what_an_end_would_cut_is_whole_in_the_next_part(lines: list[tuple[str, int]]) -> None:
    for one, other in pairwise(parts(text_of(lines))):
        last_line = one.data.rpartition(b"\n")[2]
        assert last_line[-OVERLAP + 4 :] in other.data


@pytest.mark.parametrize("text", [b"", b"\n", b"a"])
def test_a_short_text_is_one_part(text: bytes) -> None:
    assert list(parts(text)) == [(1, 1, text)]
