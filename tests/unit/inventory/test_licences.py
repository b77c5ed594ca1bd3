"""Licences: an SPDX expression where the text means one, the text itself where it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.inventory.licences import is_expression, licence_of, normal_licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("mit", "MIT"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("(mit or cc0-1.0)", "(MIT OR CC0-1.0)"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ("GPLv3", "GPLv3"),
        ("BSD", "BSD"),
        ("SEE LICENSE IN LICENSE.md", "SEE LICENSE IN LICENSE.md"),
        ("UNLICENSED", "UNLICENSED"),
        ("NOASSERTION", ""),
        (" \n", ""),
        ("x" * 201, ""),
    ],
)
def test_one_licence(text: str, licence: str) -> None:
    assert normal_licence(text) == licence


@pytest.mark.parametrize(
    ("value", "licence"),
    [
        ({"type": "MIT", "url": "https://example.com"}, "MIT"),
        ([{"type": "MIT"}, {"type": "Apache-2.0"}], "MIT OR Apache-2.0"),
        (["MIT"], "MIT"),
        ([], ""),
        (None, ""),
        (7, ""),
        ({"type": ["MIT"]}, "MIT"),
        ({"type": {"name": "MIT"}}, ""),
    ],
)
def test_what_a_member_may_hold(value: object, licence: str) -> None:
    assert licence_of(value) == licence


@given(st.text(max_size=300) | st.text(alphabet="()mitandorMIT 20.-+/", max_size=60))
def test_any_text(text: str) -> None:
    found = normal_licence(text)
    assert "\n" not in found
    assert len(found) <= 400
    if is_expression(found):
        assert normal_licence(found) == found
