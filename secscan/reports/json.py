"""The saved scan itself, as a report."""

from __future__ import annotations

from secscan.findings.scan import dumps
from secscan.reports.contract import Format

FORMAT = Format(name="json", suffix=".json", title="The saved scan", render=dumps)
