"""A difference for a comment or a job summary: Markdown, in which no text of a scan means anything."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.gate.difference import Difference, Entry
from secscan.reports.difference import words
from secscan.reports.escape import markdown, markdown_code


def render_markdown(difference: Difference) -> str:
    """Return the whole text."""
    return "\n".join(_lines(difference)) + "\n"


def _lines(difference: Difference) -> Iterator[str]:
    before, after = words.sides(difference)
    yield f"## {markdown(words.summary(difference))}"
    yield ""
    yield f"- before: {markdown(before)}"
    yield f"- after: {markdown(after)}"
    for warning in difference.warnings:
        yield f"- warning: {markdown(warning)}"
    yield from _group("New", [(one, [why] if (why := words.cause(one)) else []) for one in difference.new])
    yield from _group("Changed", [(one.finding, map(words.change, one.changes)) for one in difference.changed])
    yield from _group("Fixed", [(one, []) for one in difference.fixed])
    yield from _group("Not seen by the later scan", [(one.finding, [one.reason]) for one in difference.not_seen])
    if difference.new_gaps:
        yield from ("", "### Not looked at by the later scan, and looked at by the earlier one", "")
    for gap in difference.new_gaps:
        yield f"- {markdown(f'{gap.subject}: {gap.kind} ({gap.scanner}) {gap.detail}'.rstrip())}"


def _group(title: str, entries: list[tuple[Entry, list[str] | map[str]]]) -> Iterator[str]:
    if entries:
        yield from ("", f"### {title}", "")
    for one, more in entries:
        before, place, behind = words.entry(one)
        yield f"- {markdown(before)} {markdown_code(place)} {markdown(behind)}".rstrip()
        for text in more:
            yield f"  - {markdown(text)}"
