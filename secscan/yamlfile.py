"""The one strict YAML reader: settings, policies and waivers all come through here.

YAML 1.2 with the core schema, and only the part of it that means one thing to every reader. Refused with file,
line and column: duplicate keys (which one holds?), anchors and aliases (they can be bombs), tags, directives,
several documents, other encodings than UTF-8, and sizes or depths that no settings file has. `yes`, `on`, `1:30`
and dates are plain text, as YAML 1.2 has it.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, AnyStr

from secscan.errors import SecscanError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_DIGITS = 40

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a YAML document, which knows where it stands."""

    value: str | int | float | bool | dict[str, Node] | list[Node] | None
    raw: str
    """A scalar as it is written, without quotes; empty for a mapping or a sequence."""
    origin: str
    """The file, as errors name it."""
    line: int
    column: int
    field: str
    """Where it stands in the document, such as `scan.include[2]`; empty for the document itself."""
    error: type[SecscanError]

    def fail(self, problem: str, *, hint: str = "") -> SecscanError:
        """Return the error to raise when this value is wrong: `file:line:column: field: problem`."""
        field = f"{self.field}: " if self.field else ""
        return self.error(f"{self.origin}:{self.line}:{self.column}: {field}{problem}", hint=hint or _GENERAL_HINT)

    def mapping(self) -> dict[str, Node]:
        """The members of a mapping, in the order of the file."""
        if not isinstance(self.value, dict):
            raise self._expected("a mapping (`name: value` lines)")
        return self.value

    def items(self) -> list[Node]:
        """The items of a sequence."""
        if not isinstance(self.value, list):
            raise self._expected("a list", hint="write it as [one, two], or one `- item` per line")
        return self.value

    def text(self) -> str:
        """A text that is not empty."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        hint = "" if self.raw == "" else f'if a text is meant, put it in quotes: "{_shown(self.raw)}"'
        raise self._expected("a text", hint=hint)

    def texts(self) -> tuple[str, ...]:
        """A sequence of texts."""
        return tuple(item.text() for item in self.items())

    def integer(self, *, least: int = 0, most: int = 1_000_000_000) -> int:
        """A whole number from `least` to `most`."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self._expected("a whole number")
        self._within(self.value, least, most)
        return self.value

    def number(self, *, least: float = 0.0, most: float = 1e9) -> float:
        """A number from `least` to `most`, with or without a decimal point."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self._expected("a number")
        self._within(self.value, least, most)
        return float(self.value)

    def boolean(self) -> bool:
        """`true` or `false`."""
        if not isinstance(self.value, bool):
            raise self._expected("true or false", hint="write true or false, without quotes")
        return self.value

    def one_of(self, values: Iterable[str]) -> str:
        """A text that is one of `values`."""
        known = list(values)
        if not isinstance(self.value, str) or self.value not in known:
            raise self.fail(
                f"{self._what()} is not one of {', '.join(known)}",
                hint=suggestion(self.raw, known) or "use one of them",
            )
        return self.value

    def _within(self, number: float, least: float, most: float) -> None:
        if not least <= number <= most:
            raise self.fail(f"{self.raw} is not from {least} to {most}")

    def _expected(self, what: str, *, hint: str = "") -> SecscanError:
        return self.fail(f"expected {what}, got {self._what()}", hint=hint)

    def _what(self) -> str:
        match self.value:
            case dict():
                return "a mapping"
            case list():
                return "a list"
            case None:
                return "nothing"
            case bool():
                return self.raw
            case str():
                return repr(_shown(self.value))
        return f"the number {_shown(self.raw)}"


class Fields:
    """The known members of a mapping; any other member is an error that suggests the nearest known one."""

    def __init__(self, node: Node, *, known: Collection[str]) -> None:
        self.node = node
        self._members = node.mapping()
        for name, member in self._members.items():
            if name not in known:
                raise member.fail("unknown field", hint=suggestion(name, known) or f"known fields: {', '.join(known)}")

    def optional(self, name: str) -> Node | None:
        """The member, or None where it is not given."""
        return self._members.get(name)

    def required(self, name: str) -> Node:
        """The member; an error at the mapping where it is not given."""
        member = self._members.get(name)
        if member is None:
            raise self.node.fail(f"the field {name!r} is missing", hint=f"add `{name}: ...`")
        return member


def load_mapping(data: bytes, *, origin: str, error: type[SecscanError]) -> Node:
    """Read a document whose top level is a mapping.

    `origin` names the file in messages, `error` is the type of what is raised. Every message begins with
    `file:line:column`.
    """
    text = _decode(data, origin, error)
    node = _Document(origin, error).read(text)
    if not isinstance(node.value, dict):
        raise node.fail("expected a mapping (`name: value` lines) at the top level, got " + node._what())
    return node


def events_of(text: str) -> Iterator[Any]:
    """Return the events of a YAML text, as PyYAML's parser in C tells them; the one in Python, which takes twenty times
    as long and tells the same, where PyYAML was built without it."""
    import yaml

    return iter(yaml.parse(text, Loader=getattr(yaml, "CLoader", yaml.Loader)))


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `did you mean ...?` for a word that is close to a known one, else an empty text."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


_GENERAL_HINT = "correct this line"


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _decode(data: bytes, origin: str, error: type[SecscanError]) -> str:
    if len(data) > MAX_BYTES:
        raise error(
            f"{origin}:1:1: the file is larger than {MAX_BYTES} bytes",
            hint="split it, or check that it is the right file",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise error(f"{origin}:1:1: the file is UTF-16", hint="save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line, column = _place(data, b"\n", problem.start)
        raise error(f"{origin}:{line}:{column}: the file is not UTF-8 text", hint="save it as UTF-8") from problem


class _Document:
    """Builds nodes from the parser's events, within limits."""

    def __init__(self, origin: str, error: type[SecscanError]) -> None:
        self._origin = origin
        self._error = error
        self._count = 0

    def read(self, text: str) -> Node:
        from yaml import MarkedYAMLError
        from yaml.reader import ReaderError

        try:
            return self._document(events_of(text))
        except MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            what = _shown(problem.problem or problem.context or "it cannot be parsed")
            raise self._refuse(line, column, f"not valid YAML: {what}", "correct the syntax") from problem
        except ReaderError as problem:
            line, column = _place(text, "\n", problem.position)
            raise self._refuse(
                line, column, "a character that YAML does not allow", "save it as plain text"
            ) from problem

    def _document(self, events: Iterator[Any]) -> Node:
        document: Node | None = None
        for event in events:
            match type(event).__name__:
                case "DocumentStartEvent":
                    if document is not None:
                        raise self._refuse_event(event, "a second document", "keep one document per file")
                    if event.version or event.tags:
                        raise self._refuse_event(event, "a YAML directive", "remove the line that begins with %")
                    document = self._node(next(events), events, "", 0)
        if document is None:
            raise self._refuse(1, 1, "the file is empty", "add the fields that its documentation names")
        return document

    def _node(self, event: Any, events: Iterator[Any], field: str, depth: int) -> Node:
        """Build the node that begins with `event`. Recursion ends at `MAX_DEPTH`."""
        self._check(event, depth)
        value: Any
        match type(event).__name__:
            case "MappingStartEvent":
                value = self._members(events, field, depth)
            case "SequenceStartEvent":
                value = []
                while type(item := next(events)).__name__ != "SequenceEndEvent":
                    value.append(self._node(item, events, f"{field}[{len(value)}]", depth + 1))
            case _:
                value = event.value if event.style else self._plain(event)
        return Node(
            value=value,
            raw=value if isinstance(value, str) else getattr(event, "value", ""),
            origin=self._origin,
            line=event.start_mark.line + 1,
            column=event.start_mark.column + 1,
            field=field,
            error=self._error,
        )

    def _members(self, events: Iterator[Any], field: str, depth: int) -> dict[str, Node]:
        members: dict[str, Node] = {}
        while type(key := next(events)).__name__ != "MappingEndEvent":
            self._check(key, depth)
            if type(key).__name__ != "ScalarEvent" or not key.value:
                raise self._refuse_event(key, "a field name must be a text", "write `name: value`")
            name = str(key.value)
            inner = f"{field}.{name}" if field else name
            if name in members:
                first = members[name].line
                raise self._refuse_event(
                    key, f"{_shown(inner)}: given twice, first in line {first}", "keep one of them"
                )
            value = self._node(next(events), events, inner, depth + 1)
            # A member is found where its name stands: its value may begin lines below, or be empty.
            members[name] = replace(value, line=key.start_mark.line + 1, column=key.start_mark.column + 1)
        return members

    def _check(self, event: Any, depth: int) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise self._refuse_event(event, f"more than {MAX_NODES} values", "check that it is the right file")
        if depth > MAX_DEPTH:
            raise self._refuse_event(event, f"nested more than {MAX_DEPTH} deep", "check that it is the right file")
        if type(event).__name__ == "AliasEvent" or event.anchor is not None:
            raise self._refuse_event(event, "anchors and aliases are not allowed", "write the value out")
        if event.tag is not None:
            raise self._refuse_event(event, "tags are not allowed", "remove the word that begins with !")

    def _plain(self, event: Any) -> str | int | float | bool | None:
        """The value of a scalar without quotes, by the core schema of YAML 1.2.2, section 10.3.2."""
        text: str = event.value
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
            if len(text) > MAX_DIGITS:
                raise self._refuse_event(
                    event, f"a number of more than {MAX_DIGITS} characters", "put a text in quotes"
                )
            if text.startswith(("0o", "0x")):
                return int(text, 0)
            number = int(text) if _INTEGER.fullmatch(text) else float(text)
            if not math.isfinite(number):
                raise self._refuse_event(event, "a number that is too large", "put a text in quotes")
            return number
        return text

    def _refuse_event(self, event: Any, problem: str, hint: str) -> SecscanError:
        return self._refuse(event.start_mark.line + 1, event.start_mark.column + 1, problem, hint)

    def _refuse(self, line: int, column: int, problem: str, hint: str) -> SecscanError:
        return self._error(f"{self._origin}:{line}:{column}: {problem}", hint=hint)


def _place(text: AnyStr, newline: AnyStr, position: int) -> tuple[int, int]:
    """Line and column, from 1, of a position in a text."""
    return text.count(newline, 0, position) + 1, position - text.rfind(newline, 0, position)
