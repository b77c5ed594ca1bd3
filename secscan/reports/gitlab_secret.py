"""GitLab's secret detection report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from secscan.findings.levels import Kind
from secscan.findings.model import Finding
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.escape import one_line
from secscan.reports.gitlab_common import Report, parts_of, source_location
from secscan.reports.present import Presentation

_NO_COMMIT = "0000000"
"""What GitLab's own scanner writes where no history was looked at."""


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the report."""
    return parts_of(view, Report("secret_detection", frozenset({Kind.SECRET}), _location))


def _location(scan: Scan, finding: Finding) -> dict[str, Any]:
    introduced = finding.introduced
    commit = {"sha": one_line(introduced.commit) if introduced else _NO_COMMIT}
    if introduced:
        commit |= {"author": one_line(introduced.author), "date": one_line(introduced.date)}
    return source_location(scan, finding) | {"commit": commit}


FORMAT = Format(
    name="gitlab-secret", suffix=".gitlab-secret.json", title="GitLab security report: secret detection", parts=parts
)
"""What the registry finds."""
