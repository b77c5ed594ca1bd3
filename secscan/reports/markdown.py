"""Markdown for the summary of a job (GitHub) or any other page: everything a person must know, worst first.

GitHub drops a summary of more than 1 MiB as a whole, and a step may share the room with others, so lists are cut
before; what was cut is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings.levels import Action
from secscan.reports import markdown_blocks as blocks
from secscan.reports.contract import Format
from secscan.reports.present import Presentation

MOST_BYTES = 900_000


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the page."""
    yield blocks.fitted(lambda most: build_page(view, most), MOST_BYTES)


def build_page(view: Presentation, most: int) -> Iterator[blocks.Block]:
    """Yield the page, with at most so many rows a list."""
    blocked, warned, accepted = (view.with_action(one) for one in (Action.BLOCK, Action.WARN, Action.ACCEPT))
    yield blocks.head(view)
    yield blocks.counts(view)
    yield blocks.why(view, most)
    yield blocks.remedy(view, most)
    if blocked:
        yield [f"### Blocks ({len(blocked)})", "", *blocks.table(view, blocked, most)]
    yield blocks.folded(f"Warns ({len(warned)})", blocks.table(view, warned, most))
    yield blocks.folded(f"Accepted ({len(accepted)})", blocks.table(view, accepted, most))
    yield blocks.not_looked_at(view, most)
    yield blocks.waivers(view, most)
    yield blocks.advisories(view, most)
    yield blocks.notices(view, most)
    yield blocks.foot(view)


FORMAT = Format(name="markdown", suffix=".md", title="Markdown for the summary of a job", parts=parts)
"""What the registry finds."""
