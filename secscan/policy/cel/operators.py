"""What operators compute; see `build` for what None means."""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Mapping
from typing import Any

from secscan.findings.model import Finding
from secscan.policy.cel.types import DOUBLE, DURATION, INT, STRING, TIMESTAMP, Type
from secscan.policy.facts import Facts

Value = Callable[[Finding, Facts], Any]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": python.eq,
    "!=": python.ne,
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}
_INT_RANGE = (-(2**63), 2**63 - 1)
_TIME_RANGE = (-62_135_596_800_000_000, 253_402_300_799_999_999)
"""Years 1 to 9999, in microseconds since 1970."""
_DURATION_RANGE = (-(2**63) // 1000, (2**63 - 1) // 1000)
"""A duration's nanoseconds fit 64 bits."""
_RANGES = {"int": _INT_RANGE, "timestamp": _TIME_RANGE, "duration": _DURATION_RANGE}


def logic(name: str, values: tuple[Value, ...]) -> Value:
    """`&&`, `||` and `!`."""
    if name == "!":
        (only,) = values

        def negation(finding: Finding, facts: Facts) -> bool | None:
            answer = only(finding, facts)
            return None if answer is None else not answer

        return negation
    settles = name == "||"

    def joined(finding: Finding, facts: Facts) -> bool | None:
        answer: bool | None = not settles
        for one in values:
            said: bool | None = one(finding, facts)
            if said is settles:
                return settles
            if said is None:
                answer = None
        return answer

    return joined


def choice(condition: Value, yes: Value, no: Value) -> Value:
    """`condition ? yes : no`."""

    def value(finding: Finding, facts: Facts) -> Any:
        way = condition(finding, facts)
        return None if way is None else (yes if way else no)(finding, facts)

    return value


def relation(name: str, left: Value, right: Value) -> Value:
    """Comparisons of values that are compared as they are."""
    compare = _COMPARE[name]

    def value(finding: Finding, facts: Facts) -> bool | None:
        one, two = left(finding, facts), right(finding, facts)
        if one is None or two is None:
            return None
        if type(one) is tuple:
            return _same_list(one, two) is (name == "==")
        return bool(compare(one, two))

    return value


def level_relation(name: str, left: Value, right: Value, levels: Mapping[str, int], *, asks_unknown: bool) -> Value:
    """Comparisons of levels, by their positions. `unknown` has none: only whether it is `unknown` can be told."""
    compare = _COMPARE[name]

    def value(finding: Finding, facts: Facts) -> bool | None:
        one, two = left(finding, facts), right(finding, facts)
        first, second = levels.get(one), levels.get(two)
        if first is not None and second is not None:
            return bool(compare(first, second))
        return bool(compare(one, two)) if asks_unknown and name in ("==", "!=") else None

    return value


def member(item: Value, items: Value, unknown: str | None) -> Value:
    """`item in items`; a severity that is `unknown` is undecided unless the list names it."""

    def value(finding: Finding, facts: Facts) -> bool | None:
        one, many = item(finding, facts), items(finding, facts)
        if one is None or many is None:
            return None
        # Not Python's `in`, for which a thing is always equal to itself: a NaN is not.
        found = any(one == other for other in many)
        return None if unknown is not None and one == unknown and not found else found

    return value


def has(field: Value) -> Value:
    """Whether a field is there: known, not empty, and possible for this finding."""

    def value(finding: Finding, facts: Facts) -> bool:
        found = field(finding, facts)
        return found is not None and found not in ("", ()) and bool(found == found)

    return value


def quantifier(name: str, items: Value, body: Value, cell: list[Any]) -> Value:
    """`items.exists(x, body)` and `items.all(x, body)`, where `cell` is the variable."""
    settles = name == "exists"

    def value(finding: Finding, facts: Facts) -> bool | None:
        many = items(finding, facts)
        if many is None:
            return None
        answer: bool | None = not settles
        for one in many:
            cell[0] = one
            said: bool | None = body(finding, facts)
            if said is settles:
                return settles
            if said is None:
                answer = None
        return answer

    return value


def negative(operand: Value, kind: Type) -> Value:
    """A sign."""
    return _within(lambda finding, facts: _minus(operand(finding, facts)), kind)


def _minus(number: Any) -> Any:
    return None if number is None else -number


_SUMS: dict[tuple[str, str, str], Type] = {
    **{(sign, "int", "int"): INT for sign in "+-"},
    **{(sign, "double", "double"): DOUBLE for sign in "+-"},
    ("+", "string", "string"): STRING,
    **{(sign, "timestamp", "duration"): TIMESTAMP for sign in "+-"},
    ("+", "duration", "timestamp"): TIMESTAMP,
    ("-", "timestamp", "timestamp"): DURATION,
    **{(sign, "duration", "duration"): DURATION for sign in "+-"},
}


def sum_type(sign: str, left: Type, right: Type) -> Type | None:
    """The type of a sum or difference; None where there is none."""
    if sign == "+" and left.name == "list" and left.same(right):
        return left if left.item else right
    return _SUMS.get((sign, left.name, right.name))


def sum_of(sign: str, kind: Type, left: Value, right: Value) -> Value:
    """`+` and `-`."""
    compute = python.add if sign == "+" else python.sub

    def value(finding: Finding, facts: Facts) -> Any:
        one, two = left(finding, facts), right(finding, facts)
        return None if one is None or two is None else compute(one, two)

    return _within(value, kind)


def _within(value: Value, kind: Type) -> Value:
    """What leaves the range of its type has no value."""
    if kind.name not in _RANGES:
        return value
    least, most = _RANGES[kind.name]

    def limited(finding: Finding, facts: Facts) -> Any:
        number = value(finding, facts)
        return None if number is None or number < least or number > most else number

    return limited


def _same_list(one: tuple[Any, ...], two: tuple[Any, ...]) -> bool:
    return len(one) == len(two) and all(first == second for first, second in zip(one, two, strict=True))
