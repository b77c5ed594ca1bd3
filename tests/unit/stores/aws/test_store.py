"""What a value of AWS consists of."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.stores.aws.store import _held, _text
from secscan.stores.contract import Place, Unavailable

PLACE = Place(path="secretsmanager:db", field="value")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


def fields(text: str) -> dict[str, str]:
    return {one.place.field: one.secret.reveal() for one in _held(PLACE, text)}


@given(st.text(max_size=300))
def test_any_text_is_held(text: str) -> None:
    held = _held(PLACE, text)
    assert held
    assert all(
        len(one.secret.reveal()) < 6 or one.secret.reveal() not in repr(one)
        for one in held
        if one.place.field == "value"
    )


@given(st.dictionaries(st.text(max_size=9), JSON, min_size=1, max_size=5))
def test_every_member_is_a_field(members: dict[str, object]) -> None:
    found = fields(json.dumps(members))
    assert found.keys() == members.keys()
    for name, value in members.items():
        assert found[name] == value if isinstance(value, str) else json.loads(found[name]) == value


@pytest.mark.parametrize("text", ["{" * 100_000, '{"a":' * 20_000, "{}", '{"a": "\\ud800"}', '{"a": 1} x', ""])
def test_what_is_no_object_is_held_whole(text: str) -> None:
    assert fields(text) == {"value": text}


@given(st.binary(min_size=1))
def test_bytes_are_their_text_or_base64(data: bytes) -> None:
    text = _text({"SecretBinary": data})
    assert text.encode() == data or base64.b64decode(text) == data


@pytest.mark.parametrize("answer", [{}, {"SecretString": None}, {"SecretString": 1}, {"SecretBinary": "text"}])
def test_an_answer_without_a_value_is_none(answer: dict[str, object]) -> None:
    with pytest.raises(Unavailable):
        _text(answer)
