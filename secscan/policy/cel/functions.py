"""The functions of the language."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from secscan.findings.globs import any_glob, problem_with
from secscan.findings.model import Finding
from secscan.policy.cel.fields import microseconds
from secscan.policy.cel.syntax import Call, Constant, ExpressionError, Part
from secscan.policy.cel.types import BOOL, DURATION, INT, STRING, TIMESTAMP, Type
from secscan.policy.facts import Facts
from secscan.yamlfile import suggestion

Value = Callable[[Finding, Facts], Any]

_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}
_METHODS = (*_TEXT_TESTS, "matches", "glob", "size", "exists", "all")
_GLOBAL = ("size", "matches", "glob", "duration", "timestamp", "date", "has")
_DURATION = re.compile(r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:h|ms|m|us|s))+", re.ASCII)
_DURATION_PART = re.compile(r"([0-9.]+)(h|ms|m|us|s)")
_UNITS = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def call(part: Call, types: Sequence[Type], values: Sequence[Value]) -> tuple[Type, Value]:
    """Return type and closure of a call; its target, where there is one, is the first argument."""
    if part.name not in (_METHODS if part.method else _GLOBAL):
        raise _no_function(part)
    match part.name:
        case "size":
            _arity(part, 1)
            if types[0].name not in ("list", "string"):
                raise ExpressionError(f"a {types[0]} has no size", part.parts[0].start)
            return INT, _size(values[0])
        case "duration" | "timestamp" | "date":
            _arity(part, 1)
            return _time(part.name, part.parts[0])
    _arity(part, 2)
    for one, kind in zip(part.parts, types, strict=True):
        if not kind.same(STRING):
            raise ExpressionError(f"{part.name}() is about texts, not about a {kind}", one.start)
    match part.name:
        case "matches":
            return BOOL, _test(values[0], _pattern(part.parts[1]))
        case "glob":
            return BOOL, _test(values[0], _glob(part.parts[1]))
    return BOOL, _two(_TEXT_TESTS[part.name], *values)


def _no_function(part: Call) -> ExpressionError:
    known = _METHODS if part.method else _GLOBAL
    other = _GLOBAL if part.method else _METHODS
    if part.name in other:
        hint = f"write {part.name}(...)" if part.method else f"write it after a value: finding.path.{part.name}(...)"
    else:
        hint = suggestion(part.name, known) or f"there are {', '.join(known)}"
    return ExpressionError(f"there is no function {part.name!r}", part.name_at, hint=hint)


def _arity(part: Call, wanted: int) -> None:
    extra = 1 if part.method else 0
    if len(part.parts) != wanted:
        raise ExpressionError(
            f"{part.name}() takes {wanted - extra} argument{'' if wanted - extra == 1 else 's'}, "
            f"and gets {len(part.parts) - extra}",
            part.name_at,
        )


def _size(of: Value) -> Value:
    def value(finding: Finding, facts: Facts) -> int | None:
        found = of(finding, facts)
        return None if found is None else len(found)

    return value


def _test(of: Value, test: Callable[[str], bool]) -> Value:
    def value(finding: Finding, facts: Facts) -> bool | None:
        found = of(finding, facts)
        return None if found is None else test(found)

    return value


def _two(test: Callable[[str, str], bool], left: Value, right: Value) -> Value:
    def value(finding: Finding, facts: Facts) -> bool | None:
        one, two = left(finding, facts), right(finding, facts)
        return None if one is None or two is None else test(one, two)

    return value


def _literal(part: Part, what: str) -> str:
    """The text of an argument that must be known when the policy is read, so that a mistake in it is seen then."""
    if not isinstance(part, Constant) or not isinstance(part.value, str):
        raise ExpressionError(f"{what} must be written out, in quotes", part.start)
    return part.value


def _pattern(part: Part) -> Callable[[str], bool]:
    """A regular expression of RE2, which takes linear time whatever the text. Python's own would not."""
    text = _literal(part, "a regular expression")
    try:
        import re2
    except ImportError as error:
        raise ExpressionError(
            "matches() needs google-re2, which is not installed",
            part.start,
            hint="pip install 'secscan[re2]', or use glob(), startsWith(), endsWith() or contains()",
        ) from error
    options = re2.Options()
    options.log_errors = False
    try:
        search = re2.compile(text, options).search
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace") if error.args else "it cannot be read"
        hint = "RE2 knows no look-around and no references back"
        raise ExpressionError(f"not a regular expression of RE2: {why}", part.start, hint=hint) from error
    return lambda found: search(found) is not None


def _glob(part: Part) -> Callable[[str], bool]:
    text = _literal(part, "a glob")
    problem = problem_with(text)
    if problem is not None:
        raise ExpressionError(problem[0], part.start, hint=problem[1])
    return any_glob((text,))


def _time(name: str, part: Part) -> tuple[Type, Value]:
    text = _literal(part, f"the argument of {name}()")
    kind = DURATION if name == "duration" else TIMESTAMP
    number = {"duration": _duration, "timestamp": _timestamp, "date": _date}[name](text)
    if number is None:
        hints = {"duration": "write it like '168h' or '1h30m'", "date": "write it like '2026-01-31'"}
        raise ExpressionError(
            f"{text[:40]!r} is no {name}", part.start, hint=hints.get(name, "write it like '2026-01-31T12:00:00Z'")
        )
    return kind, lambda _finding, _facts: number


def _duration(text: str) -> int | None:
    if not _DURATION.fullmatch(text):
        return None
    try:
        total = sum(round(float(number) * _UNITS[unit]) for number, unit in _DURATION_PART.findall(text))
    except ValueError:
        return None
    # As in CEL: a duration's nanoseconds fit 64 bits.
    return (-total if text.startswith("-") else total) if total < 2**63 // 1000 else None


def _timestamp(text: str) -> int | None:
    if not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return microseconds(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        return None


def _date(text: str) -> int | None:
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-01-31") else None
    except ValueError:
        day = None
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC)) if day else None
