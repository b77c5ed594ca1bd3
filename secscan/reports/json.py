"""The saved scan itself, as a report."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings import scan
from secscan.reports.contract import Format
from secscan.reports.present import Presentation


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the document."""
    return scan.parts(view.scan)


FORMAT = Format(name="json", suffix=".json", title="The saved scan", parts=parts)
