"""What text and Markdown say alike of a difference: nothing here is escaped yet."""

from __future__ import annotations

from secscan.gate.difference import Change, Difference, Entry, Side
from secscan.reports.present import counted


def sides(difference: Difference) -> tuple[str, str]:
    """Return the two scans, a line each."""
    return _side(difference.before), _side(difference.after)


def summary(difference: Difference) -> str:
    """Return the counts in one sentence."""
    return (
        f"{len(difference.new)} new, {len(difference.changed)} changed, {len(difference.fixed)} fixed, "
        f"{len(difference.not_seen)} not seen, {difference.same} the same"
    )


def entry(one: Entry) -> tuple[str, str, str]:
    """Return what a finding is called: the words before its place, the place, and those behind it."""
    decided = f", {one.action}" if one.action else ""
    more = f"and {counted(one.places - 1, 'more place')}" if one.places > 1 else ""
    return f"{one.title} ({one.severity}{decided}) in", one.place, more


def cause(one: Entry) -> str:
    """Return why a finding is new; empty where nobody knows."""
    return f"new by: {one.cause}" if one.cause else ""


def change(one: Change) -> str:
    """Return one change."""
    if one.what in {"new place", "place fixed"}:
        return f"{one.what}: {one.after or one.before}"
    if one.what == "place not seen":
        return f"{one.what}: {one.before}: {one.after}"
    return f"{one.what}: {one.before or 'none'} -> {one.after or 'none'}"


def _side(one: Side) -> str:
    verdict = f"{one.verdict} by {one.policy}" if one.verdict else "not judged"
    at = f" at {one.revision[:12]}" if one.revision else ""
    when = f", {one.started}" if one.started else ""
    return f"{one.kind} {one.name}{at}{when}: {verdict}; {counted(one.findings, 'finding')}, {counted(one.gaps, 'gap')}"
