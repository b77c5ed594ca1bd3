"""A difference for a terminal or a log: 80 columns, no colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from secscan.gate.difference import Difference, Entry
from secscan.reports.difference import words
from secscan.reports.escape import terminal

_WIDTH = 80


def render_text(difference: Difference) -> str:
    """Return the whole text."""
    return "\n".join(line for text, indent in _lines(difference) for line in _wrapped(text, indent)) + "\n"


def _lines(difference: Difference) -> Iterator[tuple[str, int]]:
    before, after = words.sides(difference)
    yield f"before: {before}", 0
    yield f"after:  {after}", 0
    for warning in difference.warnings:
        yield f"warning: {warning}", 0
    yield words.summary(difference), 0
    yield from _group("New", difference.new)
    if difference.changed:
        yield "Changed", 0
    for one in difference.changed:
        yield f"- {' '.join(words.entry(one.finding)).rstrip()}", 2
        for change in one.changes:
            yield words.change(change), 6
    yield from _group("Fixed", difference.fixed)
    if difference.not_seen:
        yield "Not seen by the later scan, which says nothing about them", 0
    for lost in difference.not_seen:
        yield f"- {' '.join(words.entry(lost.finding)).rstrip()}", 2
        yield lost.reason, 6
    if difference.new_gaps:
        yield "Not looked at by the later scan, and looked at by the earlier one", 0
    for gap in difference.new_gaps:
        yield f"- {gap.subject}: {gap.kind} ({gap.scanner}){': ' if gap.detail else ''}{gap.detail}", 2


def _group(title: str, entries: tuple[Entry, ...]) -> Iterator[tuple[str, int]]:
    if entries:
        yield title, 0
    for one in entries:
        yield f"- {' '.join(words.entry(one)).rstrip()}", 2
        if why := words.cause(one):
            yield why, 6


def _wrapped(text: str, indent: int) -> list[str]:
    """A line, broken where it is too long. It is escaped again after that: a break makes new beginnings of lines."""
    broken = textwrap.wrap(
        terminal(text),
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
    )
    return [terminal(line) for line in broken]
