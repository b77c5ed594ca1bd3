"""Numbers that are secrets keep their digits; what is no JSON object is no answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.stores.vault.entries import held_unversioned
from secscan.stores.vault.transport import _object


@pytest.mark.parametrize("text", ["1.10", "4929123456781234567890", "0.12345678901234567890123", "-7", "[1.10,2.0]"])
def test_numbers_keep_their_digits(text: str) -> None:
    answer = _object(f'{{"data": {{"pin": {text}}}}}'.encode())
    assert answer is not None
    (held,) = held_unversioned("a", answer)
    assert held.secret.reveal() == text


@given(
    st.binary(max_size=40) | st.sampled_from([b"[]", b"null", b"1", b'"a"', b"{", b"{}x", b"", b'{"a":1e999999999999}'])
)
def test_an_answer_is_an_object_or_none(body: bytes) -> None:
    assert isinstance(_object(body), dict | None)
