"""GitLab's SAST report: weaknesses in code and configuration."""

from __future__ import annotations

from secscan.findings.levels import Kind
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.gitlab_common import Report, source_location
from secscan.reports.gitlab_common import render as render_report

# GitLab has no report of its own for configuration: its scanner of infrastructure as code writes this one, too.
_REPORT = Report("sast", frozenset({Kind.SAST, Kind.MISCONFIGURATION}), source_location)


def render(scan: Scan) -> bytes:
    """Return the report."""
    return render_report(scan, _REPORT)


FORMAT = Format(name="gitlab-sast", suffix=".gitlab-sast.json", title="GitLab security report: SAST", render=render)
"""What the registry finds."""
