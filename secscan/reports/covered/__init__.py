"""The coverage of a scan, as text and JSON."""

from __future__ import annotations

import msgspec

from secscan.errors import UsageError
from secscan.findings.scan import Scan
from secscan.reports.covered.document import build
from secscan.reports.covered.text import render_text

FORMATS = ("text", "json")


def render(scan: Scan, format_name: str, *, width: int, everything: bool = False) -> bytes:
    """Return the coverage in a format; as text for a terminal of `width` columns, with `everything` also what long
    lists leave out. Raises `UsageError` for an unknown format."""
    if format_name not in FORMATS:
        raise UsageError(f"there is no format {format_name!r} of coverage", hint=f"they are: {', '.join(FORMATS)}")
    document = build(scan)
    if format_name == "json":
        return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1) + b"\n"
    return render_text(document, width=width, everything=everything).encode("utf-8", errors="backslashreplace")
