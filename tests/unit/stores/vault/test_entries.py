"""What Vault says of one entry; what it never would say is an error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from secscan.findings.levels import SecretState
from secscan.stores.contract import Held, Missed, MissedKind, Unavailable
from secscan.stores.state import standing
from secscan.stores.vault.entries import Read, Version, held_unversioned, held_versions, read_version, versions_of

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {}},
        {"data": {"metadata": None, "data": {}}},
        {"data": {"metadata": {"version": "2"}, "data": {}}},
    ],
)
def test_no_answer_to_a_reading(answer: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        read_version(answer)


@pytest.mark.parametrize(
    "answer",
    [{}, {"data": None}, {"data": {}}, {"data": {"versions": []}}, {"data": {"versions": {"1": 7}}},
     {"data": {"versions": {"one": {}}}}],
)  # fmt: skip
def test_no_metadata(answer: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        versions_of(answer)


def test_no_answer_of_kv_1() -> None:
    with pytest.raises(Unavailable):
        held_unversioned("a", {"data": None})


def test_a_deleted_version_has_no_values() -> None:
    told = {"version": 2, "created_time": "t", "deletion_time": "u"}
    assert read_version({"data": {"data": None, "metadata": told}}) is None
    assert read_version({"errors": []}) is None


def test_versions_are_sorted_as_numbers() -> None:
    told = {str(number): {"created_time": f"t{number}", "destroyed": number == 2} for number in (10, 9, 2)}
    found = versions_of({"data": {"versions": told}})
    assert [(one.number, one.destroyed) for one in found] == [(2, True), (9, False), (10, False)]


def test_what_was_read_stays_even_if_the_metadata_forgot_it_meanwhile() -> None:
    reads = {1: Read(1, "t1", {"a": "old"}), 3: Read(3, "t3", {"a": "new"})}
    denied = Missed("e", MissedKind.DENIED, "no", "2")
    versions = tuple(Version(number, f"t{number}", False, "") for number in (2, 3))
    items = held_versions("e", versions, reads, {2: denied}, NOW)
    new, middle, old = items
    assert isinstance(new, Held)
    assert isinstance(old, Held)
    assert (new.place.version, new.place.current, new.place.replaced) == ("3", True, "")
    assert middle == denied
    assert (old.place.version, old.place.current, old.place.replaced) == ("1", False, "t2")
    assert not new.place.deleted


@pytest.mark.parametrize(
    ("destroyed", "deletion", "deleted"),
    [
        (False, "", False),
        (False, "2026-01-03T00:00:00.5Z", False),
        (False, "2026-01-01T00:00:00.5Z", True),
        (True, "", True),
    ],
)
def test_only_what_the_metadata_calls_so_is_deleted(destroyed: bool, deletion: str, deleted: bool) -> None:
    versions = (Version(1, "t1", False, ""), Version(2, "t2", destroyed, deletion))
    newest, old = held_versions("e", versions, {1: Read(1, "t1", {"a": "old"})}, {}, NOW)
    assert isinstance(newest, Missed)
    assert newest.kind is (MissedKind.DELETED if deleted else MissedKind.UNAVAILABLE)
    assert isinstance(old, Held)
    assert old.place.deleted is deleted
    assert old.place.settled is deleted
    assert bool(old.place.replaced) is deleted


def test_a_version_that_was_not_read_may_hold_what_an_older_one_does() -> None:
    versions = tuple(Version(number, f"t{number}", False, "") for number in (1, 2, 3))
    reads = {1: Read(1, "t1", {"a": "old"}), 2: Read(2, "t2", {"a": "older"})}
    denied = Missed("e", MissedKind.DENIED, "no", "3")
    held = [one for one in held_versions("e", versions, reads, {3: denied}, NOW) if isinstance(one, Held)]
    assert [(one.place.version, one.place.current, one.place.settled) for one in held] == [
        ("2", False, False),
        ("1", False, False),
    ]
    assert standing([held[0].place]).state is SecretState.UNKNOWN


def test_what_was_read_before_the_metadata_forgot_it_was_current() -> None:
    reads = {5: Read(5, "t5", {"a": "new"}), 1: Read(1, "t1", {"a": "anew"})}
    held = [one for one in held_versions("e", (Version(1, "t1", False, ""),), reads, {}, NOW) if isinstance(one, Held)]
    assert [(one.place.version, one.place.current) for one in held] == [("5", True), ("1", True)]
