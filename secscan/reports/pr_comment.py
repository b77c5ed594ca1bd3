"""Markdown for a comment on a pull request: the verdict, and what the change brings.

What was there before is counted, and shown where it blocks, since then it keeps the change from being merged, too.
Without a baseline nobody knows what is new, and everything that blocks or warns is shown. The first line is a hidden
mark by which a bot finds the comment of an earlier run and replaces it: one for each target.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from secscan.findings.levels import Action, WaiverState
from secscan.findings.scan import Scan
from secscan.reports import markdown_blocks as blocks
from secscan.reports.contract import Format
from secscan.reports.present import Judged, Presentation, counted

MOST_BYTES = 65_000
"""GitHub takes 65,536 characters."""


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the comment."""
    yield blocks.fitted(lambda most: build_comment(view, most), MOST_BYTES)


def build_comment(view: Presentation, most: int) -> Iterator[blocks.Block]:
    """Yield the comment, with at most so many rows a list."""
    blocked, warned = view.with_action(Action.BLOCK), view.with_action(Action.WARN)
    yield [mark(view.scan), *blocks.head(view)]
    yield blocks.counts(view)
    yield blocks.why(view, most)
    new_blocked, old_blocked = _by_age(blocked)
    new_warned, old_warned = _by_age(warned)
    if new_blocked:
        yield [f"### Blocks ({len(new_blocked)})", "", *blocks.table(view, new_blocked, most)]
    if new_warned:
        yield [f"### Warns ({len(new_warned)})", "", *blocks.table(view, new_warned, most)]
    yield blocks.folded(f"Was there before, and blocks ({len(old_blocked)})", blocks.table(view, old_blocked, most))
    if old_warned:
        yield [f"Was there before, and warns: {counted(len(old_warned), 'finding')}."]
    if view.judgement.fixed:
        yield [f"Gone since the baseline: {counted(len(view.judgement.fixed), 'finding')}."]
    yield blocks.remedy(view, most)
    yield blocks.not_looked_at(view, most)
    yield blocks.waivers(view, most, without=(WaiverState.UNUSED,))
    yield blocks.foot(view)


def mark(scan: Scan) -> str:
    """The hidden mark of the comments about this target."""
    target = f"{scan.target.kind}\0{scan.target.prefix}\0{scan.target.name}"
    return f"<!-- secscan:pr-comment:{hashlib.sha256(target.encode('utf-8', 'surrogatepass')).hexdigest()[:16]} -->"


def _by_age(found: tuple[Judged, ...]) -> tuple[list[Judged], list[Judged]]:
    """Those that are new, or may be, and those that were there before."""
    old: list[Judged] = []
    new: list[Judged] = []
    for one in found:
        was_there = all(here.decision.new is False for here in (one, *one.places))
        (old if was_there else new).append(one)
    return new, old


FORMAT = Format(name="pr-comment", suffix=".pr-comment.md", title="Markdown for a pull request's comment", parts=parts)
"""What the registry finds."""
