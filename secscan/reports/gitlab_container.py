"""GitLab's container scanning report: packages of an image with known vulnerabilities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from secscan.findings.levels import Kind
from secscan.findings.model import Finding
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.escape import one_line
from secscan.reports.gitlab_common import Report, dependency, parts_of
from secscan.reports.present import Presentation


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the report."""
    return parts_of(view, Report("container_scanning", frozenset({Kind.CONTAINER, Kind.DEPENDENCY}), _location, _unfit))


def _location(scan: Scan, finding: Finding) -> dict[str, Any]:
    image = scan.target.image
    return {
        "dependency": dependency(finding),
        "operating_system": one_line(image.distribution if image else "") or "unknown",
        "image": one_line(scan.target.name) or "unknown",
    }


def _unfit(scan: Scan) -> str:
    return (
        "" if scan.target.kind == "image" else "the target is no image: see gitlab-dependency for packages of a project"
    )


FORMAT = Format(
    name="gitlab-container",
    suffix=".gitlab-container.json",
    title="GitLab security report: container scanning",
    parts=parts,
)
"""What the registry finds."""
