"""GitLab's dependency scanning report: packages of a project with known vulnerabilities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from secscan.findings.levels import Kind
from secscan.findings.model import Finding
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.escape import one_line
from secscan.reports.gitlab_common import Report, build_report, dependency, project_path
from secscan.reports.json_parts import json_document
from secscan.reports.present import Presentation

_MANAGERS = {"PyPI": "pip", "Packagist": "composer", "RubyGems": "bundler", "crates.io": "cargo"}
"""What GitLab calls an ecosystem, where it is not its name."""


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the report."""
    report = Report("dependency_scanning", frozenset({Kind.DEPENDENCY}), _location, _unfit)
    document = build_report(view, report)
    document["dependency_files"] = [] if _unfit(view.scan) else build_files(view.scan)
    return json_document(document)


def build_files(scan: Scan) -> list[dict[str, Any]]:
    """Return the files whose packages are reported, each with these; a scan does not keep the file of every other."""
    files: defaultdict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for finding in scan.findings:
        if finding.kind is Kind.DEPENDENCY and finding.package:
            manager = _MANAGERS.get(finding.package.ecosystem, one_line(finding.package.ecosystem).lower()) or "unknown"
            files[project_path(scan, finding), manager][finding.package.purl] = dependency(finding)
    return [
        {"path": path, "package_manager": manager, "dependencies": [packages[purl] for purl in sorted(packages)]}
        for (path, manager), packages in sorted(files.items())
    ]


def _location(scan: Scan, finding: Finding) -> dict[str, Any]:
    return {"file": project_path(scan, finding), "dependency": dependency(finding)}


def _unfit(scan: Scan) -> str:
    return "the target is an image: see gitlab-container" if scan.target.kind == "image" else ""


FORMAT = Format(
    name="gitlab-dependency",
    suffix=".gitlab-dependency.json",
    title="GitLab security report: dependency scanning",
    parts=parts,
)
"""What the registry finds."""
