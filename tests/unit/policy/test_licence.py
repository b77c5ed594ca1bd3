"""Which licences a package can be had under, and what the conditions of a policy make of that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.policy.licence import choice_of
from secscan.policy.match import all_of, conditions
from secscan.policy.model import Match
from tests.unit.policy.samples import FLASK, SQL, changed
from tests.unit.policy.test_match import FACTS


def holds(match: Match, licence: str) -> bool | None:
    finding = changed(FLASK, package=changed(FLASK.package, licence=licence))
    return all_of(conditions(match))(finding, FACTS)


@pytest.mark.parametrize(
    ("licence", "denied", "outside"),
    [
        ("MIT", False, False),
        ("GPL-3.0-only", True, True),
        ("MIT OR GPL-3.0-only", False, False),
        ("MIT AND GPL-3.0-only", True, True),
        ("(MIT AND ISC) OR (GPL-3.0-only AND MIT)", False, True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True, True),
        ("Apache-2.0 WITH LLVM-exception", False, False),
        ("(Apache-2.0 OR MIT) AND (MIT OR GPL-3.0-only)", False, False),
        ("", None, None),
        ("BSD", False, True),
        ("SEE LICENSE IN LICENSE", None, None),
        ("MIT OR", None, None),
        ("(" * 100 + "MIT" + ")" * 100, None, None),
    ],
)
def test_conditions_on_licences(licence: str, denied: bool | None, outside: bool | None) -> None:
    assert holds(Match(licence=("GPL-*",)), licence) is denied
    assert holds(Match(licence_not=("MIT", "Apache-2.0")), licence) is outside


def test_a_text_that_is_no_expression_can_be_listed_as_it_stands() -> None:
    said = "SEE LICENSE IN LICENSE"
    assert holds(Match(licence=(said,)), said) is True
    assert holds(Match(licence_not=(said,)), said) is False


def test_what_is_no_package_has_no_licence_to_miss() -> None:
    assert all_of(conditions(Match(licence=("GPL-*",))))(SQL, FACTS) is False
    assert all_of(conditions(Match(licence_not=("MIT",))))(SQL, FACTS) is False


names = st.sampled_from(["MIT", "ISC", "GPL-3.0-only"])
expressions = st.recursive(
    names,
    lambda inner: st.tuples(inner, st.sampled_from([" AND ", " OR "]), inner).map(lambda one: f"({''.join(one)})"),
)


@given(expressions, st.sets(names), st.sets(names))
def test_allowing_more_never_forbids(expression: str, few: set[str], more: set[str]) -> None:
    choice = choice_of(expression)
    assert choice is not None
    if choice(few.__contains__):
        assert choice((few | more).__contains__)


@given(st.text(alphabet="()MITANDORWITH ", max_size=60))
def test_any_text(text: str) -> None:
    choice = choice_of(text)
    assert choice is None or choice(lambda _: True)
