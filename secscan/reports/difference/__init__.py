"""The difference of two scans, as text, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from secscan.errors import UsageError
from secscan.gate.difference import Difference
from secscan.reports.difference.markdown import render_markdown
from secscan.reports.difference.text import render_text

FORMATS = ("text", "markdown", "json")


def render(difference: Difference, format_name: str) -> bytes:
    """Return the difference in a format. Raises `UsageError` for an unknown one."""
    makers: dict[str, Callable[[Difference], bytes]] = {
        "text": lambda one: render_text(one).encode("utf-8", errors="backslashreplace"),
        "markdown": lambda one: render_markdown(one).encode("utf-8", errors="backslashreplace"),
        "json": lambda one: msgspec.json.format(msgspec.json.encode(one, order="sorted"), indent=1) + b"\n",
    }
    if format_name not in makers:
        raise UsageError(f"there is no format {format_name!r} of a difference", hint=f"they are: {', '.join(FORMATS)}")
    return makers[format_name](difference)
