"""Which versions a record affects."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories import match
from secscan.advisories.match import Hit, Rule, hit, rule_of
from secscan.advisories.osv import parse_record
from secscan.versions.order import PEP440, order_of
from tests.support.osv_records import osv


def rule(entry: dict[str, Any], ecosystem: str = "PyPI") -> Rule:
    record = osv(affected=[{"package": {"ecosystem": ecosystem, "name": "x"}, **entry}])
    return rule_of(parse_record(json.dumps(record).encode(), origin="test").affected[0], order_of(ecosystem))


def affected(*events: dict[str, str], versions: tuple[str, ...] = (), kind: str = "ECOSYSTEM") -> Rule:
    return rule({"ranges": [{"type": kind, "events": list(events)}] if events else [], "versions": versions})


def is_affected(one: Rule, version: str) -> bool:
    return match.is_affected(one, version, PEP440)


def found(ecosystem: str, version: str, *events: dict[str, str], **fields: Any) -> Hit | None:
    entry = {"ranges": [{"type": "SEMVER", "events": list(events)}], **fields}
    return hit([rule(entry, ecosystem)], version, order_of(ecosystem))


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


@pytest.mark.parametrize(
    ("ecosystem", "fixed", "inside", "outside"),
    [
        ("npm", "4.17.21", "4.17.20", "4.17.21"),
        ("npm", "2.0.0", "2.0.0-rc.1", "v2.0.0"),
        ("Go", "1.2.3", "v1.2.3-0.20230101000000-abcdefabcdef", "v1.2.3"),
        ("Go", "0.0.0-20230101000000-abcdefabcdef", "v0.0.0-20220101000000-abcdefabcdef", "v0.1.0"),
        ("Go", "1.21.0-rc.3", "go1.21rc2", "go1.21.0"),
        ("Go", "2.0.0", "v1.9.0+incompatible", "v2.0.0+incompatible"),
        ("crates.io", "1.0.0", "1.0.0-alpha.1", "1.0.0+build"),
        ("Maven", "2.9.10.8", "2.9.10.7", "2.9.10.8"),
        ("Maven", "2.0", "2.0-rc1", "2.0.0.Final"),
        ("RubyGems", "6.0.4", "6.0.4.rc1", "6.0.4.1"),
        ("NuGet", "13.0.1", "13.0.1-BETA2", "13.0.1.0"),
        ("Packagist", "4.4.13", "v4.4.13-RC1", "4.4.13.0"),
        ("Pub", "1.0.0", "1.0.0-dev.1", "1.0.0+1"),
        ("Hex", "1.10.0", "1.9.9", "1.10.0"),
        ("Debian:12", "3.0.11-1~deb12u2", "3.0.11-1~deb12u1", "3.0.11-1"),
        ("Alpine:v3.18", "3.1.4-r1", "3.1.4_rc1-r3", "3.1.4-r10"),
        ("Red Hat:enterprise_linux:9", "1:3.0.7-25.el9_3", "1:3.0.7-24.el9", "2:1.0-1.el9"),
    ],
)
def test_each_ecosystem_by_its_own_rules(ecosystem: str, fixed: str, inside: str, outside: str) -> None:
    events = ({"introduced": "0"}, {"fixed": fixed})
    assert found(ecosystem, inside, *events) is not None
    assert found(ecosystem, outside, *events) is None


def test_go_names_every_version_where_it_cannot_tell_them_and_we_say_how_sure_that_is() -> None:
    own = {"custom_ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5.0.4"}]}]}
    inside, outside = (
        found("Go", version, {"introduced": "0"}, ecosystem_specific=own) for version in ("v5.0.3", "v5.0.4")
    )
    assert inside is not None
    assert outside is not None
    assert (inside.sure, outside.sure) == (True, False)
    assert match.fixed_versions(outside.rule, "v5.0.3", order_of("Go")) == ("5.0.4",)


def test_an_ecosystem_whose_rule_we_do_not_know_has_only_listed_versions() -> None:
    assert found("OSS-Fuzz", "1.0", {"introduced": "0"}) is None
    assert found("OSS-Fuzz", "1.0", {"introduced": "0"}, versions=["1.0"]) is not None


def test_fixes_above_the_version_smallest_first() -> None:
    entry = affected({"introduced": "0"}, {"fixed": "10.0"}, {"introduced": "3"}, {"fixed": "9.0"}, {"fixed": "1.0"})
    assert match.fixed_versions(entry, "2.0", PEP440) == ("9.0", "10.0")


@given(st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), st.text(max_size=5))), st.text())
def test_no_range_and_no_version_is_too_strange(events: list[tuple[str, str]], version: str) -> None:
    is_affected(affected(*({kind: text} for kind, text in events)), version)
