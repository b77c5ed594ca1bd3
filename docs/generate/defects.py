"""The classes of defect."""

from __future__ import annotations

from docs.generate.tables import code, prose, table
from secscan.findings.defects import DEFECTS
from secscan.reports.sarif_log.numbers import numbered


def page() -> str:
    """Return the page."""
    rows = [
        (
            code(numbered(one.id)),
            code(one.id),
            prose(one.title),
            ", ".join(f"CWE-{cwe}" for cwe in one.cwes),
            prose(one.remedy),
        )
        for one in DEFECTS.values()
    ]
    return f"""\
# Classes of defect

A class answers what a developer must change, so that two tools that see the same defect name the same class. Policies
use its name (`class: [sql-injection]`), SARIF its number; neither ever changes its meaning. CWE ids: the primary one
first. A finding has the CWE ids that its tool named besides.

{table(("SARIF", "class", "title", "CWE", "what to do"), rows)}
"""
