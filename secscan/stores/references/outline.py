"""Reads YAML of others by its indentation: lines, each with the names of what it lies in.

Manifests are often templates that are no YAML before they are filled in, and a tree may hold YAML that is made to harm
its reader. So nothing is parsed here that could be refused, aliased or blown up. What lies in a block of text
(`objects: |`) is read on in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from secscan.stores.references.reference import Text

_NAME = r"\"[^\"\n]{1,200}+\"|'[^'\n]{1,200}+'|[^\s#:'\"\[\]{},-][^:#\n]{0,200}?"
_LINE = re.compile(
    r"^(?P<indent>[ ]{0,200}+)(?P<dashes>(?:-[ ]{1,20}+|-(?=\r?$)){0,6}+)"
    rf"(?:(?P<key>{_NAME})[ ]{{0,20}}+:(?=\s|$)[ \t]{{0,20}}+)?(?P<rest>[^\n]*+)",
    re.MULTILINE,
)
_FLOW = re.compile(
    r"(?<![\w.-])(?P<key>[\w.-]{1,100}+)[ ]{0,20}+:[ ]{1,20}+"
    r"(?:\"(?P<text>[^\"]{0,300}+)\"|'(?P<single>[^']{0,300}+)'|(?P<plain>[^,{}'\"\s]{1,300}+))"
)
_DEEPEST = 40
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """A value, and where it lies."""

    document: int
    keys: tuple[str, ...]
    """Names from the outermost; items of lists are called `-1`, `-2` and so on, each once in a document."""
    value: str
    """Without quotes and comment; empty where something lies below."""
    start: int
    end: int

    @property
    def name(self) -> str:
        """The innermost name."""
        return self.keys[-1] if self.keys else ""

    @property
    def inside(self) -> tuple[str, ...]:
        """The names of what the innermost lies in."""
        return self.keys[:-1]


def outline(text: Text) -> Iterator[Line]:
    """Yield every line that has a value or a name."""
    document, items = 0, 0
    stack: list[tuple[int, str, bool]] = []
    for found in _LINE.finditer(text.content):
        if found.group().startswith("---"):
            document, items, stack = document + 1, 0, []
            continue
        if not found["key"] and not found["rest"].strip() and not found["dashes"]:
            continue
        column = len(found["indent"])
        for dash in re.finditer("-", found["dashes"]):
            _leave(stack, column + dash.start(), item=True)
            items += 1
            stack.append((column + dash.start(), f"-{items}", True))
        if found["key"]:
            _leave(stack, column + len(found["dashes"]), item=False)
            stack.append((column + len(found["dashes"]), found["key"].strip("\"' "), False))
        elif not found["dashes"]:
            _leave(stack, column, item=False)
        if len(stack) <= _DEEPEST:
            yield from _values(document, tuple(name for _, name, _ in stack), found)


def _leave(stack: list[tuple[int, str, bool]], column: int, *, item: bool) -> None:
    """Leave what does not hold something that begins at this column. A list may stand as far left as its own name."""
    while stack and (stack[-1][0] > column or (stack[-1][0] == column and (stack[-1][2] or not item))):
        stack.pop()


def _values(document: int, keys: tuple[str, ...], found: re.Match[str]) -> Iterator[Line]:
    rest, start = found["rest"], found.start("rest")
    if rest.startswith("{") and not rest.startswith("{{"):
        for pair in _FLOW.finditer(rest[:_LONGEST]):
            group = next(name for name in ("text", "single", "plain") if pair[name] is not None)
            yield Line(document, (*keys, pair["key"]), pair[group], start + pair.start(group), start + pair.end(group))
        return
    if rest[:1] in {'"', "'"} and (end := rest.find(rest[0], 1)) > 0:
        yield Line(document, keys, rest[1:end], start + 1, start + end)
        return
    value = rest.partition(" #")[0].rstrip()
    yield Line(document, keys, value, start, start + len(value))
