"""Stretches of text that hold a secret, and what stands in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

KINDS = ("secret", "password", "token", "key", "private key", "text")
"""Kinds of secret that a mask names. A closed list, so that a text cannot pass other words off as a mask."""

MASK = re.compile(rf"\[masked (?:{'|'.join(KINDS)}), \d{{1,10}} characters?\]")
"""A mask, as `mask` writes it."""


class Span(NamedTuple):
    """Characters `start` up to `end` are (part of) a secret of this kind."""

    start: int
    end: int
    kind: str


def mask(kind: str, length: int) -> str:
    """Return what stands in the place of a secret: its kind and its length, nothing of its value."""
    return f"[masked {kind}, {length} character{'' if length == 1 else 's'}]"


def between_masks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a text that are no masks."""
    at = 0
    for found in MASK.finditer(text):
        if found.start() > at:
            yield at, found.start()
        at = found.end()
    if at < len(text):
        yield at, len(text)


def replace_spans(text: str, spans: Iterable[Span], *, keep_lines: bool = False) -> str:
    """Return the text with each span masked. Spans that overlap or touch become one mask, named for the first.

    `keep_lines`: the line breaks of a span stand behind its mask.
    """
    parts: list[str] = []
    at = 0
    for span in _joined(spans):
        breaks = text.count("\n", span.start, span.end) if keep_lines else 0
        parts += (text[at : span.start], mask(span.kind, span.end - span.start), "\n" * breaks)
        at = span.end
    return "".join((*parts, text[at:]))


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    current: Span | None = None
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if span.start == span.end:
            continue
        if current is None:
            current = span
        elif span.start <= current.end:
            current = current._replace(end=max(current.end, span.end))
        else:
            yield current
            current = span
    if current is not None:
        yield current
