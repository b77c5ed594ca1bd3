"""The HTML report: one file for people, that loads nothing and trusts nothing.

Markup, styles and scripts are data in `reports/html/`. The page carries the findings as JSON in a script element that
never runs, and a content security policy that lets only our own style and script run, by their SHA-256. Without
script, and in print, the same page shows the first findings as a table, and everything else in full.
"""

from __future__ import annotations

from secscan.reports.contract import Format
from secscan.reports.html.page import parts

FORMAT = Format(name="html", suffix=".html", title="A page for people", parts=parts)
"""What the registry finds."""
