"""The same secret in several places is one finding; what was said of each place stays with it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.correlate.merge import merge
from secscan.correlate.values import one_per_secret
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Introduced, Marker, at_each_place
from tests.unit.correlate.conftest import Build

BUILD = Build()


def secret(place: tuple[int, int] = (1, 10), **about: Any) -> Finding:
    given_fields = {"scanner": "secrets", "rule": "secscan.secret.generic-password", "same": "x", **about}
    return BUILD.at(place, kind=Kind.SECRET, defect="hardcoded-credential", **given_fields)


def grouped(*findings: Finding) -> tuple[Finding, ...]:
    return one_per_secret(merge(findings))


def test_the_same_value_in_three_files_is_one_finding_and_each_place_keeps_what_it_had() -> None:
    mark = Marker(tool="bandit", text="nosec", line=1)
    here = secret(path="tests/a.py", confidence=Confidence.LOW, markers=(mark,))
    there = secret(path="b.py", severity=Severity.HIGH)
    more = secret(path="c.py", scanner="betterleaks", rule="generic")
    (one,) = grouped(here, there, more)
    assert [place.place for place in one.each] == ["b.py:1", "c.py:1", "tests/a.py:1"]
    alone = {finding.fingerprint: finding for finding in merge([here, there, more])}
    assert {place.fingerprint: msgspec.structs.replace(place, same="x") for place in one.each} == alone
    assert [place.markers for place in one.each] == [(), (), (mark,)]
    assert [{source.scanner for source in place.sources} for place in one.each] == [
        {"secrets"},
        {"betterleaks"},
        {"secrets"},
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"path": "z.py", "severity": Severity.CRITICAL, "confidence": Confidence.LOW}, {"severity": Severity.HIGH}),
        ({"path": "z.py", "confidence": Confidence.HIGH}, {"confidence": Confidence.MEDIUM}),
        ({"path": "z.py"}, {"path": "tests/a.py"}),
        (
            {"path": "z.py", "introduced": Introduced(commit="c", author="a", in_head=True)},
            {"path": "a.py", "introduced": Introduced(commit="c", author="a")},
        ),
        ({"path": "a.py"}, {"path": "b.py"}),
        ({"place": (2, 10)}, {"place": (10, 10)}),
    ],
)
def test_which_place_comes_first(first: dict[str, Any], second: dict[str, Any]) -> None:
    ((one,),) = {
        grouped(*order) for order in ((secret(**first), secret(**second)), (secret(**second), secret(**first)))
    }
    leading = secret(**first)
    assert (one.location.path, one.location.region) == (leading.location.path, leading.location.region)
    assert len(one.places) == 1


def test_what_is_not_known_to_be_the_same_stays_apart() -> None:
    other_class = BUILD.at(
        (1, 10), kind=Kind.SECRET, defect="jwt-misuse", scanner="secrets", rule="r", same="x", path="d.py"
    )
    findings = (
        secret(),
        secret(path="b.py", same="y"),
        secret(path="c.py", same=""),
        secret(path="e.py", same=""),
        other_class,
    )
    assert all(not one.places for one in grouped(*findings))
    assert len(grouped(*findings)) == 5


def test_two_values_in_one_statement_are_two_findings_and_each_meets_its_copies() -> None:
    token = {"rule": "secscan.secret.github-token", "same": "y"}
    one_line = (secret((1, 10)), secret((1, 40), **token))
    assert len(grouped(*one_line)) == 2
    found = grouped(*one_line, secret(path="b.py"), secret(path="c.py", **token))
    assert sorted([place.place for place in one.each] for one in found) == [["a.py:1", "b.py:1"], ["a.py:1", "c.py:1"]]


def test_a_value_that_tools_cut_differently_is_one_secret_and_the_tool_that_points_to_the_character_names_it() -> None:
    wider = secret((1, 8), scanner="betterleaks", rule="generic", same="quoted")
    guess = BUILD.at((1, 12), scanner="bandit", rule="B105", defect="hardcoded-credential")
    (one,) = grouped(wider, secret((1, 10)), guess, secret(path="b.py"))
    assert len(one.each) == 2
    assert {source.scanner for source in one.sources} == {"secrets", "betterleaks", "bandit"}


@st.composite
def secrets(draw: st.DrawFn) -> Finding:
    line = draw(st.integers(1, 4))
    return secret(
        (line, draw(st.sampled_from([1, 5, 30]))),
        statement=((line - 1) // 2 * 2 + 1, 1),
        path=draw(st.sampled_from(["a.py", "b.py", "tests/c.py"])),
        same=draw(st.sampled_from(["", "x", "y", "z"])),
        scanner=draw(st.sampled_from(["secrets", "betterleaks"])),
        rule=draw(st.sampled_from(["secscan.secret.one", "two"])),
        severity=draw(st.sampled_from([Severity.HIGH, Severity.LOW])),
        confidence=draw(st.sampled_from(list(Confidence))),
    )


@settings(max_examples=300)
@given(st.lists(secrets(), max_size=10), st.randoms(use_true_random=False))
def test_nothing_is_lost_or_changed_and_order_makes_no_difference(findings: list[Finding], random: Any) -> None:
    merged = merge(findings)
    whole = one_per_secret(merged)
    bare = sorted(msgspec.json.encode(msgspec.structs.replace(one, same="")) for one in merged)
    assert sorted(map(msgspec.json.encode, at_each_place(whole))) == bare
    shuffled = list(merged)
    random.shuffle(shuffled)
    assert one_per_secret(shuffled) == whole
    assert one_per_secret(whole) == whole
    assert b'"same"' not in msgspec.json.encode(whole)


@settings(max_examples=300)
@given(st.lists(secrets(), max_size=10, unique_by=lambda one: (one.location, one.sources[0].rule)), st.randoms())
def test_the_key_of_the_scan_changes_nothing(findings: list[Finding], random: Any) -> None:
    """The saved scan has the same bytes each time, though what names a value is another one."""
    names = ["p", "q", "r"]
    random.shuffle(names)
    named = {"": "", **dict(zip("xyz", names, strict=True))}
    again = [msgspec.structs.replace(one, same=named[one.same]) for one in findings]
    assert grouped(*again) == grouped(*findings)
