"""What the places of a value say of it."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import SecretState
from secscan.stores.contract import Place
from secscan.stores.state import standing

LIVE = Place(path="secret/a", field="password", version="3", created="2026-03-01T00:00:00Z")
OLD = Place(
    path="secret/b",
    field="password",
    version="9",
    current=False,
    created="2026-01-01T00:00:00Z",
    replaced="2026-02-01T00:00:00Z",
)
OLDER = Place(path="secret/c", field="key", version="1", current=False, replaced="2025-06-01T00:00:00Z")
OPEN = Place(path="secret/e", field="password", version="1", current=False, settled=False)
GONE = Place(path="secret/d", field="password", version="1", deleted=True, created="2024-01-01T00:00:00Z")


def test_a_value_nobody_holds_is_unknown() -> None:
    assert (standing([]).state, standing([]).places) == (SecretState.UNKNOWN, ())


def test_one_current_version_is_enough_and_all_of_them_are_named() -> None:
    second = Place(path="secret/0", field="password")
    word = standing([OLD, LIVE, GONE, second])
    assert (word.state, word.places) == (SecretState.LIVE, (second, LIVE))


def test_a_new_version_with_the_same_value_is_no_rotation() -> None:
    before = Place(path="secret/a", field="password", version="2", current=False, replaced="2026-03-01T00:00:00Z")
    assert standing([before, LIVE]).state is SecretState.LIVE


def test_what_was_replaced_last_comes_first() -> None:
    assert standing([OLDER, OLD]).places == (OLD, OLDER)


def test_of_one_field_the_newest_version_is_named() -> None:
    before = Place(path="secret/b", field="password", version="10", current=False, created="2025-01-01T00:00:00Z")
    assert standing([OLD, before]).places == (OLD,)


def test_deleted_is_said_only_where_every_entry_is_deleted() -> None:
    assert standing([GONE]).state is SecretState.DELETED
    assert standing([GONE, OLD]).state is SecretState.ROTATED


def test_an_old_version_says_nothing_where_the_current_one_was_not_read() -> None:
    assert standing([OPEN]).state is SecretState.UNKNOWN
    word = standing([OLD, OPEN, GONE])
    assert (word.state, word.places) == (SecretState.UNKNOWN, (OPEN,))
    assert standing([OPEN, LIVE]).state is SecretState.LIVE


@given(st.lists(st.sampled_from([LIVE, OLD, OLDER, OPEN, GONE]), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_places_does_not_matter(places: list[Place], rng: random.Random) -> None:
    shuffled = places[:]
    rng.shuffle(shuffled)
    assert standing(places) == standing(shuffled)
