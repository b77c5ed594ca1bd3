"""JSON in parts is the JSON of the whole, whatever stands in it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from secscan.reports.escape import plain_values
from secscan.reports.json_parts import _AT_ONCE, json_document, plain_json, plain_rows

TEXTS = st.text(max_size=8) | st.sampled_from(["\\u0007", "\x07", "a\nb", "\t", "\x7f", "\u202e", "\\", "é"])
VALUES = st.recursive(TEXTS | st.integers(-9, 9) | st.booleans() | st.none(), lambda inner: st.lists(inner, max_size=3))
ITEMS = st.lists(VALUES | st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=5)


@given(ITEMS)
def test_lines_are_the_values_and_nothing_in_them_is_invisible(values: list[Any]) -> None:
    lines = b"".join(plain_rows(iter(values))).splitlines()
    assert [json.loads(line) for line in lines] == plain_values(values)
    assert lines == [plain_json(value) for value in values]


@given(ITEMS, VALUES)
def test_a_list_made_item_by_item_is_written_like_one_that_is_there(items: list[Any], other: Any) -> None:
    whole = {"before": other, "items": items, "after": other}
    assert b"".join(json_document(whole | {"items": iter(items)})) == b"".join(json_document(whole))
    assert b"".join(json_document(iter(items))) == b"".join(json_document(items))
    assert json.loads(b"".join(json_document(whole))) == plain_values(whole)


def test_a_list_is_never_held_as_a_whole() -> None:
    made: list[int] = []

    def items() -> Any:
        for at in range(3 * _AT_ONCE):
            made.append(at)
            yield {"at": at}

    parts = json_document({"items": items()})
    head = next(parts) + next(parts)
    assert len(made) == _AT_ONCE
    assert json.loads(head + b"".join(parts)) == {"items": [{"at": at} for at in made]}
    assert len(made) == 3 * _AT_ONCE
