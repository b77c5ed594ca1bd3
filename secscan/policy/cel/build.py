"""Gives every part of a tree its type, and makes closures of it that compute its value.

None stands for "undecided": a value that is not known, or an operation that has no result (a sum beyond 64 bits).
`false && undecided` is false, `true || undecided` is true, whichever stands first; everything else that meets
undecided is undecided. That is how CEL treats errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from secscan.findings.model import Finding
from secscan.policy.cel import functions, operators
from secscan.policy.cel.fields import FIELDS, microseconds
from secscan.policy.cel.syntax import Call, Constant, ExpressionError, Items, Name, Operation, Part, Select
from secscan.policy.cel.types import BOOL, DOUBLE, INT, LEVELS, ORDERED, STRING, TIMESTAMP, Type, list_of
from secscan.policy.facts import Facts
from secscan.yamlfile import suggestion

Value = Callable[[Finding, Facts], Any]

_LITERALS = {bool: BOOL, int: INT, float: DOUBLE, str: STRING}
_LOGIC = ("&&", "||", "!", "?:")


@dataclass(frozen=True)
class Built:
    """A part of an expression with its type and the closure that computes it."""

    part: Part
    type: Type
    value: Value
    parts: tuple[Built, ...] = ()
    fields: frozenset[str] = frozenset()
    """Names of the finding's fields that it asks for."""

    @property
    def is_logic(self) -> bool:
        """Whether it only joins conditions."""
        return isinstance(self.part, Operation) and self.part.operator in _LOGIC


def build(tree: Part) -> Built:
    """Return the condition with types and closures. Raises `ExpressionError`, also for one that is not a yes or no."""
    whole = _Builder().build(tree)
    if whole.type != BOOL:
        raise ExpressionError(
            f"a condition must be true or false; this is a {whole.type}", tree.start, hint="compare it with something"
        )
    return whole


class _Builder:
    def __init__(self) -> None:
        self._variables: dict[str, tuple[Type, list[Any]]] = {}

    def build(self, part: Part) -> Built:
        match part:
            case Constant():
                value = part.value
                return Built(part, _LITERALS[type(value)], lambda _finding, _facts: value)
            case Name():
                return self._name(part)
            case Select():
                return self._select(part)
            case Items():
                return self._items(part)
            case Operation():
                return self._operation(part)
            case Call():
                return self._call(part)
        raise TypeError(f"a part that nobody knows: {type(part).__name__}")

    def _name(self, part: Name) -> Built:
        if part.name in self._variables:
            kind, cell = self._variables[part.name]
            return Built(part, kind, lambda _finding, _facts: cell[0])
        if part.name == "now":
            return Built(part, TIMESTAMP, lambda _finding, facts: microseconds(facts.at))
        if part.name == "finding":
            raise ExpressionError("`finding` alone is no value", part.start, hint="ask for a field, as in finding.path")
        known = {*self._variables, "now", "finding"}
        words = {word for field in FIELDS.values() for word in field.type.words}
        if part.name in FIELDS:
            hint = f"did you mean finding.{part.name}?"
        elif part.name in words:
            hint = f"put it in quotes: {part.name!r}"
        else:
            hint = suggestion(part.name, known) or "fields begin with `finding.`; texts stand in quotes"
        raise ExpressionError(f"there is no name {part.name!r}", part.start, hint=hint)

    def _select(self, part: Select) -> Built:
        operand = part.parts[0]
        if not isinstance(operand, Name) or operand.name != "finding" or "finding" in self._variables:
            raise ExpressionError("only `finding` has fields", part.name_at, hint="write finding.NAME")
        field = FIELDS.get(part.name)
        if field is None:
            raise ExpressionError(
                f"finding has no field {part.name!r}",
                part.name_at,
                hint=suggestion(part.name, FIELDS) or f"the fields are {', '.join(FIELDS)}",
            )
        return Built(part, field.type, field.get, fields=frozenset({part.name}))

    def _items(self, part: Items) -> Built:
        items = tuple(self.build(one) for one in part.parts)
        item = items[0].type if items else None
        for one in items[1:]:
            if item is not None and not one.type.same(item):
                raise ExpressionError(
                    f"the items of a list are of one type; this is a {one.type}, the first a {item}", one.part.start
                )
        values = tuple(one.value for one in items)
        if all(isinstance(one.part, Constant) for one in items):
            fixed = tuple(one.part.value for one in items if isinstance(one.part, Constant))
            return Built(part, list_of(item), lambda _finding, _facts: fixed, items)

        def value(finding: Finding, facts: Facts) -> tuple[Any, ...] | None:
            found = tuple(one(finding, facts) for one in values)
            return None if None in found else found

        return _joined(part, list_of(item), value, items)

    def _operation(self, part: Operation) -> Built:
        operands = tuple(self.build(one) for one in part.parts)
        values = tuple(one.value for one in operands)
        match part.operator:
            case "&&" | "||" | "!":
                for one in operands:
                    _demand(one, BOOL, f"`{part.operator}`")
                return _joined(part, BOOL, operators.logic(part.operator, values), operands)
            case "?:":
                return self._choice(part, operands)
            case "==" | "!=" | "<" | "<=" | ">" | ">=" | "in":
                return self._relation(part, operands)
            case "neg":
                if operands[0].type not in (INT, DOUBLE):
                    raise ExpressionError(f"a {operands[0].type} has no sign", part.operator_at)
                return _joined(part, operands[0].type, operators.negative(values[0], operands[0].type), operands)
        left, right = operands
        kind = operators.sum_type(part.operator, left.type, right.type)
        if kind is None:
            raise _mismatch(part, left, right)
        return _joined(part, kind, operators.sum_of(part.operator, kind, *values), operands)

    def _choice(self, part: Operation, operands: tuple[Built, ...]) -> Built:
        condition, yes, no = operands
        _demand(condition, BOOL, "the condition before `?`")
        if not yes.type.same(no.type):
            raise ExpressionError(f"one way is a {yes.type}, the other a {no.type}", part.operator_at)
        kind = no.type if yes.type.item is None and no.type.item else yes.type
        return _joined(part, kind, operators.choice(condition.value, yes.value, no.value), operands)

    def _relation(self, part: Operation, operands: tuple[Built, ...]) -> Built:
        left, right = operands
        if part.operator == "in":
            return self._member(part, left, right)
        left, right = _as_level(left, right), _as_level(right, left)
        _check_words(left, right)
        _check_words(right, left)
        if not left.type.same(right.type):
            raise _mismatch(part, left, right)
        if part.operator not in ("==", "!=") and left.type.name not in ORDERED:
            raise ExpressionError(f"a {left.type} has no order", part.operator_at)
        if part.operator not in ("==", "!=") and left.type.words and left.type.name not in LEVELS:
            raise ExpressionError(
                f"a {left.type} has no order", part.operator_at, hint="name the ones you mean with `in`"
            )
        levels = LEVELS.get(left.type.name)
        if levels is None:
            return _joined(part, BOOL, operators.relation(part.operator, left.value, right.value), (left, right))
        asks_unknown = any(isinstance(one.part, Constant) and one.part.value == "unknown" for one in (left, right))
        value = operators.level_relation(part.operator, left.value, right.value, levels, asks_unknown=asks_unknown)
        return _joined(part, BOOL, value, (left, right))

    def _member(self, part: Operation, left: Built, right: Built) -> Built:
        if right.type.name != "list":
            hint = "for a part of a text, use contains()" if right.type.same(STRING) else "write a list: [one, two]"
            raise ExpressionError(f"`in` asks for a list, not for a {right.type}", right.part.start, hint=hint)
        for item in right.parts if isinstance(right.part, Items) else ():
            _check_words(left, item)
        if left.type.name in LEVELS:
            for item in right.parts:
                _as_level(item, left)
        elif right.type.item is not None and not left.type.same(right.type.item):
            raise _mismatch(part, left, right)
        unknown = "unknown" if left.type.name == "severity" else None
        return _joined(part, BOOL, operators.member(left.value, right.value, unknown), (left, right))

    def _call(self, part: Call) -> Built:
        if part.method and part.name in ("exists", "all"):
            return self._comprehension(part)
        if not part.method and part.name == "has":
            return self._has(part)
        arguments = tuple(self.build(one) for one in part.parts)
        kind, value = functions.call(part, [one.type for one in arguments], [one.value for one in arguments])
        return _joined(part, kind, value, arguments)

    def _has(self, part: Call) -> Built:
        if len(part.parts) != 1 or not isinstance(part.parts[0], Select):
            raise ExpressionError("has() asks for one field", part.name_at, hint="write it like has(finding.epss)")
        field = self.build(part.parts[0])
        return Built(part, BOOL, operators.has(field.value), (field,), field.fields)

    def _comprehension(self, part: Call) -> Built:
        if len(part.parts) != 3 or not isinstance(part.parts[1], Name):
            raise ExpressionError(
                f"{part.name}() takes a name and a condition", part.name_at, hint=f"write it like {_EXAMPLE}"
            )
        items = self.build(part.parts[0])
        if items.type.name != "list":
            raise ExpressionError(f"{part.name}() asks a list, not a {items.type}", part.parts[0].start)
        name, cell = part.parts[1].name, [None]
        if name in FIELDS or name in ("finding", "now") or name in self._variables:
            raise ExpressionError(
                f"{name!r} means something else already", part.parts[1].start, hint="use another name"
            )
        self._variables[name] = (items.type.item or STRING, cell)
        try:
            body = self.build(part.parts[2])
        finally:
            del self._variables[name]
        _demand(body, BOOL, f"the condition of {part.name}()")
        value = operators.quantifier(part.name, items.value, body.value, cell)
        return _joined(part, BOOL, value, (items,), also=body.fields)


_EXAMPLE = "finding.identifiers.exists(one, one.startsWith('CVE-2026'))"


def _joined(
    part: Part, kind: Type, value: Value, parts: tuple[Built, ...], also: frozenset[str] = frozenset()
) -> Built:
    return Built(part, kind, value, parts, also.union(*(one.fields for one in parts)))


def _demand(one: Built, kind: Type, where: str) -> None:
    if one.type != kind:
        raise ExpressionError(f"{where} asks for a {kind}, not for a {one.type}", one.part.start)


def _as_level(one: Built, other: Built) -> Built:
    """A text literal beside a severity or a confidence is one, too."""
    if other.type.name not in LEVELS or one.type != STRING or not isinstance(one.part, Constant):
        return one
    _check_words(other, one)
    return Built(one.part, other.type, one.value)


def _check_words(one: Built, literal: Built) -> None:
    """Refuse a literal that the value beside it can never be."""
    words = one.type.words
    if not words or not isinstance(literal.part, Constant) or not isinstance(literal.part.value, str):
        return
    if literal.part.value not in words:
        named = [word for word in words if word]
        raise ExpressionError(
            f"there is no {one.type} {literal.part.value[:60]!r}",
            literal.part.start,
            hint=suggestion(literal.part.value, named) or f"it is one of {', '.join(named)}",
        )


def _mismatch(part: Operation, left: Built, right: Built) -> ExpressionError:
    hint = ""
    if {left.type.name, right.type.name} == {"int", "double"}:
        whole = left if left.type == INT else right
        number = whole.part.value if isinstance(whole.part, Constant) else None
        hint = f"write {number}.0" if number is not None else "write the number with a point, as in 1.0"
    elif part.operator in ("<", "<=", ">", ">=", "==", "!=") and {left.type.name, right.type.name} & {
        "timestamp",
        "duration",
    }:
        hint = "write timestamp('2026-01-31T00:00:00Z'), date('2026-01-31') or duration('48h')"
    return ExpressionError(
        f"`{part.operator}` cannot join a {left.type} and a {right.type}", part.operator_at, hint=hint
    )


def conditions(whole: Built) -> Iterator[Built]:
    """Yield what a whole condition joins with `&&`: each of them must hold."""
    if isinstance(whole.part, Operation) and whole.part.operator == "&&":
        for one in whole.parts:
            yield from conditions(one)
    else:
        yield whole
