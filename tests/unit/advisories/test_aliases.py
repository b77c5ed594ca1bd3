"""Alias groups."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.aliases import alias_groups


def test_records_that_share_an_id_are_one_group() -> None:
    names = {"GHSA-1": ["GHSA-1", "CVE-1"], "PYSEC-1": ["PYSEC-1", "CVE-1"], "PYSEC-2": ["PYSEC-2"]}
    assert alias_groups(names) == [("GHSA-1", "PYSEC-1"), ("PYSEC-2",)]


def test_through_others() -> None:
    names = {"A": ["A", "x"], "B": ["B", "y"], "C": ["C", "x", "y"]}
    assert alias_groups(names) == [("A", "B", "C")]


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.lists(st.sampled_from("uvwxyz"), max_size=3)), st.randoms())
def test_the_order_does_not_matter_and_nobody_is_lost(names: dict[str, list[str]], chance: random.Random) -> None:
    items = list(names.items())
    chance.shuffle(items)
    groups = alias_groups(names)
    assert alias_groups(dict(items)) == groups
    assert sorted(one for group in groups for one in group) == sorted(names)
    of = {one: group for group in groups for one in group}
    for one, known in names.items():
        for other, others in names.items():
            if set(known) & set(others):
                assert of[one] == of[other]
