"""Alias groups."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.advice import Advice
from secscan.advisories.aliases import alias_groups, by_vulnerability


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


def test_an_update_that_fixes_many_joins_none_of_them() -> None:
    advice = {
        one.id: one
        for one in (
            Advice(id="DSA-1", vulnerabilities=("CVE-1", "CVE-2", "CVE-3")),
            Advice(id="DSA-2", vulnerabilities=("CVE-1", "CVE-4")),
            Advice(id="DEBIAN-CVE-2", vulnerabilities=("CVE-2",)),
            Advice(id="GHSA 3", aliases=("CVE-3",)),
            Advice(id="OTHER"),
        )
    }
    found = {names: tuple(one.id for one in members) for names, members in by_vulnerability(advice)}
    assert found == {
        ("CVE-1", "DSA-1", "DSA-2"): ("DSA-1", "DSA-2"),
        ("CVE-2", "DEBIAN-CVE-2", "DSA-1"): ("DEBIAN-CVE-2", "DSA-1"),
        ("CVE-3", "DSA-1", "GHSA 3"): ("DSA-1", "GHSA 3"),
        ("CVE-4", "DSA-2"): ("DSA-2",),
        ("OTHER",): ("OTHER",),
    }
    assert by_vulnerability({}) == []
