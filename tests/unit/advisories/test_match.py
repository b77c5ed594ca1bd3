"""Which versions a record affects."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.match import affected_entry, fixed_versions, is_affected, sort_versions
from secscan.advisories.osv import Affected, parse_record
from tests.support.osv_records import osv


def affected(*events: dict[str, str], versions: tuple[str, ...] = (), kind: str = "ECOSYSTEM") -> Affected:
    ranges = [{"type": kind, "events": list(events)}] if events else []
    record = osv(affected=[{"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": ranges, "versions": versions}])
    return parse_record(json.dumps(record).encode(), origin="test").affected[0]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.0", True),
        ("1.9.9", True),
        ("2.0", False),
        ("2.0rc1", True),
        ("2.0.post1", False),
        ("0.0.1.dev0", True),
        ("3.0", True),
        ("3.5", True),
        ("3.5.1", False),
        ("1!0", False),
    ],
)
def test_ranges(version: str, expected: bool) -> None:
    entry = affected({"introduced": "0"}, {"fixed": "2.0"}, {"introduced": "3.0"}, {"last_affected": "3.5"})
    assert is_affected(entry, version) is expected


@pytest.mark.parametrize(
    ("version", "expected"), [("1.0", True), ("1.0+cu117", True), ("1.0.1", False), ("1.1", False)]
)
def test_a_local_build_of_the_last_affected_version_is_affected(version: str, expected: bool) -> None:
    assert is_affected(affected({"introduced": "0"}, {"last_affected": "1.0"}), version) is expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (["2.0"], [True, False]),
        (["2.0", "4.0"], [True, True]),
        (["2.0", "*"], [True, True]),
        (["rubbish"], [True, True]),
    ],
)
def test_a_limit_ends_what_a_range_says(limits: list[str], expected: list[bool]) -> None:
    entry = affected({"introduced": "0"}, *({"limit": one} for one in limits))
    assert [is_affected(entry, one) for one in ("1.0", "3.0")] == expected


def test_a_range_that_begins_or_ends_at_no_version_affects_too_much_and_never_nothing() -> None:
    assert is_affected(affected({"introduced": "rubbish"}, {"fixed": "2.0"}), "1.0")
    assert not is_affected(affected({"introduced": "rubbish"}, {"fixed": "2.0"}), "2.0")
    assert is_affected(affected({"introduced": "0"}, {"fixed": "rubbish"}), "1.0")
    assert is_affected(affected({"introduced": "0"}, {"last_affected": "rubbish"}), "1.0")


def test_events_count_in_the_order_of_their_versions() -> None:
    entry = affected({"fixed": "2.0"}, {"introduced": "1.0"})
    assert [is_affected(entry, one) for one in ("0.9", "1.0", "1.5", "2.0")] == [False, True, True, False]


@pytest.mark.parametrize(
    ("version", "expected"), [("1.0", True), ("1.0.0", True), ("1.0+cu117", True), ("1.1", False), ("2004d", True)]
)
def test_listed_versions(version: str, expected: bool) -> None:
    assert is_affected(affected(versions=("1.0", "2004d")), version) is expected


def test_a_range_of_commits_says_nothing_of_versions() -> None:
    assert not is_affected(affected({"introduced": "0"}, kind="GIT"), "1.0")


@pytest.mark.parametrize("version", ["9" * 5_000, "", "not a version", "1" * 4_400 + ".0"])
def test_odd_versions_are_only_looked_up_in_the_list(version: str) -> None:
    assert not is_affected(affected({"introduced": "0"}), version)
    assert is_affected(affected(versions=(version,)), version)


def test_a_withdrawn_record_affects_nothing() -> None:
    def entry(**fields: Any) -> Affected | None:
        return affected_entry(parse_record(json.dumps(osv(**fields)).encode(), origin="test"), "Flask", "1.0")

    assert entry() is not None
    assert entry(withdrawn="2026-01-01T00:00:00Z") is None


def test_names_are_compared_in_their_normal_form() -> None:
    record = parse_record(json.dumps(osv(package="ruamel.yaml")).encode(), origin="test")
    assert affected_entry(record, "Ruamel__YAML", "1.0")
    assert not affected_entry(record, "ruamelyaml", "1.0")


def test_fixes_above_the_version_smallest_first() -> None:
    entry = affected({"introduced": "0"}, {"fixed": "10.0"}, {"introduced": "3"}, {"fixed": "9.0"}, {"fixed": "1.0"})
    assert fixed_versions(entry, "2.0") == ("9.0", "10.0")


@given(st.lists(st.text(max_size=8) | st.from_regex(r"\d{1,2}\.\d{1,2}", fullmatch=True)))
def test_sorting_takes_any_text(versions: list[str]) -> None:
    assert set(sort_versions(versions)) == set(versions)


@given(st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), st.text(max_size=5))), st.text())
def test_no_range_and_no_version_is_too_strange(events: list[tuple[str, str]], version: str) -> None:
    is_affected(affected(*({kind: text} for kind, text in events)), version)
