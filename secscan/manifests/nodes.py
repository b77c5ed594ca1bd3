"""Reads YAML of others into nodes that know where they stand, within limits; JSON is read as the YAML that it is.

Unlike settings of our own (`secscan.yamlfile`), manifests have several documents, anchors, merged mappings and words
such as `yes` for true, as the readers of Kubernetes and Compose take them. An alias is not written out: it is the same
node again, and counts as often as it is used, so that a bomb is refused before anybody walks through it.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from secscan.findings.levels import GapKind
from secscan.yamlfile import events_of

MAX_DEPTH = 60
MAX_NODES = 200_000
"""Of one file; what an alias stands for is counted wherever it stands."""
_MOST_PROBLEMS = 20
"""Of one file; one is enough to make it a gap."""

_TRUE = frozenset({"true", "yes", "on", "y"})
_FALSE = frozenset({"false", "no", "off", "n"})
_INTEGER = re.compile(r"[-+]?(?:0x[0-9a-f_]{1,32}|0o?[0-7_]{1,32}|0b[01_]{1,64}|[0-9][0-9_]{0,32})", re.IGNORECASE)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a document. Its questions have an answer whatever it is: a part that is not there is `NOTHING`."""

    value: str | dict[str, Node] | list[Node] | None
    """A scalar as it is written, without quotes."""
    line: int = 0
    column: int = 0
    """Where it begins, from 1; a member of a mapping, where its name begins."""
    end_line: int = 0
    end_column: int = 0
    own_line: int = 0
    own_column: int = 0
    """Where the value itself begins, also that of a member."""
    size: int = 1
    """How many nodes it is, with every alias written out."""
    height: int = 0

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return self.value is not None

    def get(self, *names: str) -> Node:
        """The member of the member ... of these names."""
        node = self
        for name in names:
            if not isinstance(node.value, dict):
                return NOTHING
            node = node.value.get(name, NOTHING)
        return node

    @property
    def members(self) -> dict[str, Node]:
        """The members of a mapping; of anything else none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The items of a sequence; of anything else none."""
        return self.value if isinstance(self.value, list) else []

    @property
    def text(self) -> str:
        """A scalar as a text; empty for anything else."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def texts(self) -> list[str]:
        """The scalars of a sequence; a scalar for itself."""
        return [item.text for item in self.items] or ([self.text] if self.text else [])

    @property
    def truth(self) -> bool | None:
        """Whether it says true or false; None for neither. What is in quotes counts, too: some readers take it."""
        word = self.text.lower()
        return True if word in _TRUE else False if word in _FALSE else None

    @property
    def number(self) -> int | None:
        """A whole number, in any way of writing one."""
        word = self.text.replace("_", "").lower()
        if not _INTEGER.fullmatch(self.text):
            return None
        digits = word.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
            digits = f"0o{digits[1:]}" if "8" not in digits and "9" not in digits else digits.lstrip("0")
        try:
            return int(digits, 0) * (-1 if word.startswith("-") else 1)
        except ValueError:
            return None


NOTHING = Node(None)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a file that was not read."""

    kind: GapKind
    line: int
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds, as far as it could be read."""

    documents: tuple[Node, ...]
    problems: tuple[Problem, ...]


def read(text: str) -> Reading:
    """Read every document of a text. Never raises: what stands behind a mistake is a problem."""
    from yaml import YAMLError

    reader = _Reader()
    documents: list[Node] = []
    try:
        events = events_of(text)
        for event in events:
            if type(event).__name__ == "DocumentStartEvent":
                documents.append(reader.document(events))
    except _RefusedError as refused:
        reader.problems.append(refused.problem)
    except (YAMLError, ValueError, OverflowError, IndexError, AttributeError) as error:
        # Besides its own errors, the parser raises these for escapes and directives that mean nothing.
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 0
        words = str(getattr(error, "problem", "") or "it cannot be parsed")[:120]
        reader.problems.append(Problem(GapKind.UNPARSABLE, line, f"not valid YAML: {words}"))
    return Reading(tuple(documents), tuple(reader.problems))


def _scalar(event: Any) -> str | None:
    if str(event.tag).endswith(":binary"):  # readers take it for the text that it stands for, names of fields too
        with contextlib.suppress(ValueError):
            return base64.b64decode("".join(event.value.split()), validate=True).decode("utf-8")
    return None if not event.style and event.value in _NULLS else str(event.value)


def _as_member(name: Node, value: Node) -> Node:
    """A value where its name stands. What an alias stands for ends before that."""
    if (value.end_line, value.end_column) < (name.line, name.column):
        return replace(value, line=name.line, column=name.column, end_line=name.end_line, end_column=name.end_column)
    return replace(value, line=name.line, column=name.column)


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.words)
        self.problem = problem


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def document(self, events: Iterator[Any]) -> Node:
        self._anchors = {}
        return self._node(next(events), events, 0)

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        """Build the node that begins with `event`. Recursion ends at `MAX_DEPTH`."""
        name = type(event).__name__
        if name == "AliasEvent":
            return self._alias(event, depth)
        self._counted(event, 1)
        if depth > MAX_DEPTH:
            raise self._refused(event, f"nested more than {MAX_DEPTH} deep")
        end = event
        value: str | dict[str, Node] | list[Node] | None
        if name == "MappingStartEvent":
            value, end = self._members(events, depth)
        elif name == "SequenceStartEvent":
            value = []
            while type(end := next(events)).__name__ != "SequenceEndEvent":
                value.append(self._node(end, events, depth + 1))
        else:
            value = _scalar(event)
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        node = Node(
            value,
            event.start_mark.line + 1,
            event.start_mark.column + 1,
            end.end_mark.line + 1,
            end.end_mark.column + 1,
            event.start_mark.line + 1,
            event.start_mark.column + 1,
            1 + sum(one.size for one in inner),
            1 + max((one.height for one in inner), default=0),
        )
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any, depth: int) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            raise self._refused(event, "an alias of what does not stand before it")
        self._counted(event, node.size)
        if depth + node.height > MAX_DEPTH:
            raise self._refused(event, f"nested more than {MAX_DEPTH} deep")
        return node

    def _members(self, events: Iterator[Any], depth: int) -> tuple[dict[str, Node], Any]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        while type(key := next(events)).__name__ != "MappingEndEvent":
            named = self._node(key, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(named.value, str):
                words = "a name that is no text, such as a template leaves where it is not filled in"
                self._note(key.start_mark.line + 1, words)
                continue
            if named.value == "<<" and not getattr(key, "style", None):
                self._merge(key, value, merged)
                continue
            if named.value in own:
                words = f"{named.value[:60]!r} is given twice, first in line {own[named.value].line}"
                self._note(named.line, f"{words}: readers differ in which holds")
            own[named.value] = _as_member(named, value)
        return {**merged, **own}, key

    def _note(self, line: int, words: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(GapKind.UNPARSABLE, line, words))

    def _merge(self, event: Any, value: Node, merged: dict[str, Node]) -> None:
        for source in value.items or [value]:
            for name, member in source.members.items():
                if name not in merged:
                    self._counted(event, member.size)
                    merged[name] = member

    def _counted(self, event: Any, nodes: int) -> None:
        self._count += nodes
        if self._count > MAX_NODES:
            raise self._refused(event, f"more than {MAX_NODES} values", GapKind.TOO_LARGE)

    def _refused(self, event: Any, words: str, kind: GapKind = GapKind.UNPARSABLE) -> _RefusedError:
        return _RefusedError(Problem(kind, event.start_mark.line + 1, words))
