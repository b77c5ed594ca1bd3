"""Variables of a Dockerfile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.dockerfiles.expand import Expanded, Variable, expand, pairs

KNOWN = {"A": Variable("1"), "B": Variable("two", given=True), "E": Variable(""), "N": Variable(None, given=True)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a$A-${A}b", "a1-1b"),
        ("'$A'\"$A\"\\$A", "$A1$A"),
        ("${E:-d}${E-d}${E:+s}${E+s}", "ds"),
        ("${A:+x${B}}", "xtwo"),
        ("${N:-${A}}", "1"),
        ("${U-d}", "d"),
        ("$", "$"),
        ("$$1", "$$1"),
        ("a b", "a b"),
    ],
)
def test_what_is_known_is_replaced(text: str, expected: str) -> None:
    assert expand(text, KNOWN).text == expected
    assert expand(text, KNOWN).known


@pytest.mark.parametrize("text", ["$N", "${N}", "${U}x", "${A", "${A%%x}", "${N:?why}", "x" * 5000])
def test_what_is_not_known_is_said(text: str) -> None:
    found = expand(text, KNOWN)
    assert not found.known
    assert text.startswith(found.text)


def test_whether_who_builds_can_choose_is_said() -> None:
    assert expand("$B", KNOWN) == Expanded("two", known=True, given=True)
    assert not expand("$A", KNOWN).given


def test_variables_within_variables_do_not_grow_without_measure() -> None:
    known = {"V0": Variable("x" * 4000)}
    for number in range(1, 30):
        found = expand(f"$V{number - 1}" * 2, known)
        assert len(found.text) <= 4096
        known[f"V{number}"] = Variable(found.text if found.known else None)
    assert known["V29"].value is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A=1 B='x y' C=", [("A", "1"), ("B", "'x y'"), ("C", "")]),
        ("A one two", [("A", "one two")]),
        ('"a b"=c', [("a b", "c")]),
        ("A", []),
        ("", []),
    ],
)
def test_names_and_values(line: str, expected: list[tuple[str, str]]) -> None:
    assert [(name, line[start:end]) for name, start, end in pairs(line)] == expected


@given(st.text(alphabet="ABEN${}:-+?%'\"\\ x", max_size=60))
def test_expanding_never_raises(text: str) -> None:
    expand(text, KNOWN)
    for _, start, end in pairs(text):
        assert 0 <= start <= end <= len(text)
