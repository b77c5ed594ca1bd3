"""From the text of an expression to a tree, which knows where each of its parts stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_LENGTH = 4_000
MAX_DEPTH = 40
"""Parsing and evaluating recurse this deep at most."""

Literal = bool | int | float | str

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<int>0[xX][0-9a-fA-F]+|[0-9]+)
  | (?P<raw>[rR](?:'[^'\n]*'|"[^"\n]*"))
  | (?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<mark>&&|\|\||==|!=|<=|>=|[-+<>!?:.,()\[\]])
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {
    **{char: char for char in "\\?\"'`"},
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_RESERVED = frozenset(
    {
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import"),
        *("let", "loop", "package", "namespace", "return", "var", "void", "while"),
    }
)


class ExpressionError(Exception):
    """What is wrong with an expression, and where: `at` counts characters from the start of its text."""

    def __init__(self, problem: str, at: int, *, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.at = at
        self.hint = hint


@dataclass(frozen=True)
class Part:
    """A part of an expression: what it is, its own parts, and the stretch of text it was written in."""

    start: int
    end: int
    parts: tuple[Part, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Constant(Part):
    """A literal."""

    value: Literal


@dataclass(frozen=True)
class Name(Part):
    """A name that stands alone: `now`, or the variable of `exists` and `all`."""

    name: str


@dataclass(frozen=True)
class Select(Part):
    """`operand.name`; the operand is the only part."""

    name: str
    name_at: int


@dataclass(frozen=True)
class Items(Part):
    """A list, whose items are the parts."""


@dataclass(frozen=True)
class Operation(Part):
    """An operator (`&&`, `==`, `?:` ...; `neg` for a sign) and its operands."""

    operator: str
    operator_at: int


@dataclass(frozen=True)
class Call(Part):
    """`name(arguments)` or `target.name(arguments)`: the target, where there is one, is the first part."""

    name: str
    name_at: int
    method: bool


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        return self.at + len(self.text)


_END = "end"


def parse(text: str) -> Part:
    """Return the tree of an expression. Raises `ExpressionError`."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression of more than {MAX_LENGTH} characters", 0, hint="split the rule")
    return _Parser(list(_tokens(text))).whole()


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _odd_character(text, at)
        if found.lastgroup != "space":
            yield _Token(str(found.lastgroup), found.group(), at)
        at = found.end()
    yield _Token(_END, "", len(text))


def _odd_character(text: str, at: int) -> ExpressionError:
    char = text[at]
    if char in "'\"":
        return ExpressionError("a text that does not end", at, hint=f"close it with {char}")
    hints = {"=": "compare with ==", "&": "write &&", "|": "write ||", "{": "there are no maps and messages here"}
    return ExpressionError(f"{char!r} has no meaning here", at, hint=hints.get(char, ""))


class _Parser:
    """Recursive descent, by the grammar of the CEL specification."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Part:
        part = self._expression()
        if self._now.kind != _END:
            hints = {"=": "compare with =="}
            raise ExpressionError(
                f"unexpected {self._now.text!r}",
                self._now.at,
                hint=hints.get(self._now.text, "join parts with && or ||"),
            )
        return part

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._now
        if token.kind != _END:
            self._at += 1
        return token

    def _accept(self, *marks: str) -> _Token | None:
        return self._take() if self._now.kind == "mark" and self._now.text in marks else None

    def _expect(self, mark: str) -> _Token:
        token = self._accept(mark)
        if token is None:
            got = repr(self._now.text) if self._now.kind != _END else "the end"
            raise ExpressionError(f"expected {mark!r}, got {got}", self._now.at)
        return token

    def _expression(self) -> Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"nested more than {MAX_DEPTH} deep", self._now.at, hint="split the rule")
        condition = self._chain("||")
        if mark := self._accept("?"):
            yes = self._chain("||")
            self._expect(":")
            no = self._expression()
            condition = _operation("?:", mark, condition, yes, no)
        self._depth -= 1
        return condition

    def _chain(self, operator: str) -> Part:
        """`a && b && c` is one operation with three operands: a long chain is not a deep tree."""
        operand = self._relation if operator == "&&" else lambda: self._chain("&&")
        parts = [operand()]
        first = self._now
        while self._accept(operator):
            parts.append(operand())
        return _operation(operator, first, *parts) if len(parts) > 1 else parts[0]

    def _relation(self) -> Part:
        left = self._sum()
        while mark := self._relation_mark():
            left = self._deeper(_operation(mark.text, mark, left, self._sum()))
        return left

    def _relation_mark(self) -> _Token | None:
        if self._now.kind == "name" and self._now.text == "in":
            return self._take()
        return self._accept("==", "!=", "<", "<=", ">", ">=")

    def _sum(self) -> Part:
        left = self._unary()
        while mark := self._accept("+", "-"):
            left = self._deeper(_operation(mark.text, mark, left, self._unary()))
        return left

    def _deeper(self, part: Part) -> Part:
        """`1+1+1...` is a tree as deep as it is long."""
        if _depth(part) > MAX_DEPTH:
            raise ExpressionError(f"a chain of more than {MAX_DEPTH} operators", part.start, hint="split the rule")
        return part

    def _unary(self) -> Part:
        marks: list[_Token] = []
        while mark := self._accept("!", "-"):
            if marks and marks[-1].text != mark.text:
                raise ExpressionError("`!` and `-` together mean nothing", mark.at, hint="use parentheses")
            marks.append(mark)
            if len(marks) > MAX_DEPTH:
                raise ExpressionError(f"more than {MAX_DEPTH} signs", mark.at)
        number = self._now
        if len(marks) == 1 and marks[0].text == "-" and number.kind in ("int", "float"):
            # The least 64-bit number is written with its sign; its absolute value would be out of range. Of several
            # signs, none belongs to the number (CEL's grammar: `"-" {"-"} Member`).
            self._take()
            part = self._members(_number(number, sign=marks.pop()))
        else:
            part = self._members(self._primary())
        for mark in reversed(marks):
            name = "neg" if mark.text == "-" else "!"
            part = Operation(mark.at, part.end, name, mark.at, parts=(part,))
        return part

    def _members(self, part: Part) -> Part:
        while self._accept("."):
            name = self._take()
            if name.kind != "name":
                raise ExpressionError("expected a name after the dot", name.at)
            if self._accept("("):
                arguments, end = self._arguments(")")
                part = Call(part.start, end, name.text, name.at, method=True, parts=(part, *arguments))
            else:
                part = Select(part.start, name.end, name.text, name.at, parts=(part,))
            self._deeper(part)
        if self._now.kind == "mark" and self._now.text == "[":
            raise ExpressionError(
                "items of a list cannot be taken by number", self._now.at, hint="use `in`, exists() or all()"
            )
        return part

    def _primary(self) -> Part:
        token = self._take()
        match token.kind:
            case "int" | "float":
                return _number(token)
            case "text" | "raw":
                return _text(token)
            case "name":
                return self._named(token)
        if token.text == "(":
            part = self._expression()
            self._expect(")")
            return part
        if token.text == "[":
            items, end = self._arguments("]")
            return Items(token.at, end, parts=items)
        got = f"{token.text!r}" if token.kind != _END else "the end of the expression"
        raise ExpressionError(f"expected a value, got {got}", token.at)

    def _named(self, token: _Token) -> Part:
        if token.text in ("true", "false"):
            return Constant(token.at, token.end, token.text == "true")
        if token.text in ("in", "null") or token.text in _RESERVED:
            hint = "a value that is missing is asked for with has()" if token.text == "null" else ""
            raise ExpressionError(f"{token.text!r} cannot stand here", token.at, hint=hint)
        if self._accept("("):
            arguments, end = self._arguments(")")
            return Call(token.at, end, token.text, token.at, method=False, parts=arguments)
        return Name(token.at, token.end, token.text)

    def _arguments(self, closing: str) -> tuple[tuple[Part, ...], int]:
        found: list[Part] = []
        if end := self._accept(closing):
            return (), end.end
        while True:
            found.append(self._expression())
            if end := self._accept(closing):
                return tuple(found), end.end
            self._expect(",")
            if closing == "]" and (end := self._accept(closing)):
                return tuple(found), end.end


def _operation(name: str, mark: _Token, *parts: Part) -> Operation:
    return Operation(parts[0].start, parts[-1].end, name, mark.at, parts=parts)


def _depth(part: Part) -> int:
    return 1 + max((_depth(one) for one in part.parts), default=0)


def _number(token: _Token, sign: _Token | None = None) -> Constant:
    start = sign.at if sign else token.at
    factor = -1 if sign else 1
    if token.kind == "float":
        value = float(token.text)
        if value == float("inf"):
            raise ExpressionError("a number that is too large", token.at)
        return Constant(start, token.end, factor * value)
    whole = factor * int(token.text, 16 if token.text[:2].lower() == "0x" else 10)
    if not -(2**63) <= whole < 2**63:
        raise ExpressionError("a whole number that does not fit 64 bits", token.at)
    return Constant(start, token.end, whole)


def _text(token: _Token) -> Constant:
    if token.kind == "raw":
        return Constant(token.at, token.end, token.text[2:-1])

    def plain(found: re.Match[str]) -> str:
        *codes, octal, simple = found.groups()
        digits = next((code for code in codes if code), None)
        if simple is not None:
            if simple not in _SIMPLE_ESCAPES:
                raise ExpressionError(
                    f"\\{simple} is no escape",
                    token.at + 1 + found.start(),
                    hint="write r'...' for a regular expression",
                )
            return _SIMPLE_ESCAPES[simple]
        code = int(digits, 16) if digits else int(octal, 8)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise ExpressionError("an escape that names no character", token.at + 1 + found.start())
        return chr(code)

    return Constant(token.at, token.end, _ESCAPE.sub(plain, token.text[1:-1]))
