"""GitLab's SAST report: weaknesses in code and configuration."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings.levels import Kind
from secscan.reports.contract import Format
from secscan.reports.gitlab_common import Report, parts_of, source_location
from secscan.reports.present import Presentation

# GitLab has no report of its own for configuration: its scanner of infrastructure as code writes this one, too.
_REPORT = Report("sast", frozenset({Kind.SAST, Kind.MISCONFIGURATION}), source_location)


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the report."""
    return parts_of(view, _REPORT)


FORMAT = Format(name="gitlab-sast", suffix=".gitlab-sast.json", title="GitLab security report: SAST", parts=parts)
"""What the registry finds."""
