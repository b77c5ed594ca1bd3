"""What GitLab's security reports share (version 15 of its schemas, https://docs.gitlab.com/development/integrations/secure/).

GitLab takes a report for everything that there is of its kind: what is not in it any more, GitLab calls no longer
detected. So a report whose kind was not looked at in full says `failure`, and why. What the policy accepts stays in:
GitLab has no word for it in a report, so the decision stands in the details.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from secscan.findings.defects import defect
from secscan.findings.judgement import Reason
from secscan.findings.levels import Kind
from secscan.findings.model import Finding, ScannerRun
from secscan.findings.scan import Scan
from secscan.reports.escape import markdown, one_line, plain, web_link
from secscan.reports.gitlab_text import cvss_vectors, details, identifiers
from secscan.reports.json_parts import json_document
from secscan.reports.present import Judged, Presentation, gap_sentence

_VERSION = "15.0.7"
"""Old enough for GitLab 16, and taken by every later one: what newer ones add, we have no use for."""
_SCHEMAS = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://secscan.dev/gitlab")
_PARTS = {
    "staged": "what is staged",
    "diff": "what was changed",
    "commits": "what commits had in between",
    "paths": "the paths that were named",
    "stdin": "one text",
}
"""Targets that are only a part of the project, in words."""
_MOST_DESCRIPTION, _MOST_SOLUTION = 80_000, 500
"""Characters, of which escaping may make twelve times as many: GitLab takes 1,048,576 and 7,000."""
_NEVER = "1970-01-01T00:00:00"


@dataclass(frozen=True)
class Report:
    """One of GitLab's report types."""

    type: str
    kinds: frozenset[Kind]
    location: Callable[[Scan, Finding], dict[str, Any]]
    unfit: Callable[[Scan], str] = lambda _: ""
    """Why the report cannot say anything of such a target; empty where it can."""


def parts_of(view: Presentation, report: Report) -> Iterator[bytes]:
    """Yield a report of this type."""
    return json_document(build_report(view, report))


def build_report(view: Presentation, report: Report) -> dict[str, Any]:
    """Return the report as plain values; its findings are made one by one."""
    scan = view.scan
    unfit = report.unfit(scan)
    doubts = tuple(dict.fromkeys((*([unfit] if unfit else []), *_doubts(view, report))))
    # A report about another kind of target has nothing to hold, and says so.
    found = () if unfit else tuple(one for one in view.judged if one.finding.kind in report.kinds)
    places = (place for one in found for place in (one, *one.places))
    tool = {
        "id": "secscan",
        "name": "secscan",
        "version": plain(scan.secscan) or "unknown",
        "vendor": {"name": "secscan"},
    }
    start, end = _times(scan)
    return {
        "version": _VERSION,
        "schema": f"{_SCHEMAS}/v{_VERSION}/dist/{report.type.replace('_', '-')}-report-format.json",
        "scan": {
            "type": report.type,
            "status": "failure" if doubts else "success",
            "start_time": start,
            "end_time": end,
            "analyzer": tool,
            "scanner": tool,
            "messages": [*_messages(view, report, doubts)],
        },
        "vulnerabilities": (build_vulnerability(scan, one, report) for one in places),
    }


def build_vulnerability(scan: Scan, judged: Judged, report: Report) -> dict[str, Any]:
    """Return one finding, at one of its places. GitLab shows its texts as Markdown."""
    finding, remedy = judged.finding, judged.finding.remediation or defect(judged.finding.defect).remedy
    links = [{"url": link} for one in finding.references if (link := web_link(one))]
    value: dict[str, Any] = {
        "id": str(uuid.uuid5(_NAMESPACE, f"{report.type}:{finding.fingerprint}")),
        "name": one_line(finding.title)[:255],
        "description": markdown((finding.message or finding.title)[:_MOST_DESCRIPTION]),
        "severity": finding.severity.value.capitalize(),
        "solution": markdown(remedy[:_MOST_SOLUTION]),
        "identifiers": identifiers(finding),
        "location": report.location(scan, finding),
        "details": details(judged),
    }
    if vectors := cvss_vectors(finding):
        value["cvss_vectors"] = vectors
    if links:
        value["links"] = links
    return value


def source_location(scan: Scan, finding: Finding) -> dict[str, Any]:
    """Return where a finding is in a file of the project."""
    region = finding.location.region
    value: dict[str, Any] = {"file": project_path(scan, finding)}
    if region:
        value |= {"start_line": region.start_line, "end_line": region.last_line}
    if finding.location.symbol:
        value["method"] = one_line(finding.location.symbol)
    return value


def project_path(scan: Scan, finding: Finding) -> str:
    """Return a finding's path from the top of the repository."""
    return plain(scan.target.prefix + finding.location.path) or "."


def dependency(finding: Finding) -> dict[str, Any]:
    """Return the package that a finding is about."""
    package = finding.package
    value: dict[str, Any] = {
        "package": {"name": one_line(package.name) if package else ""},
        "version": one_line(package.version) if package else "",
    }
    if package and package.direct is not None:
        value["direct"] = package.direct
    return value


def _doubts(view: Presentation, report: Report) -> Iterator[str]:
    """Why the report may hold less than there is."""
    scan = view.scan
    if scan.judgement is None:
        yield view.sentence
    if part := _PARTS.get(scan.target.kind):
        yield f"this scan looked at {part} only: what is not in this report may be there all the same"
    runs = [run for run in scan.scanners if report.kinds & set(run.kinds)]
    if not runs:
        yield f"no scanner that looks for {' or '.join(sorted(report.kinds))} findings was part of this scan"
    explained = set()
    for reason in view.doubts:
        if _concerns(reason, scan, report):
            explained.add(reason.subject)
            yield f"{reason.text}. {reason.hint}" if reason.hint else reason.text
    for run in runs:
        if not (run.did_scan or run.not_applicable) and run.scanner not in explained:
            yield _ended(run)


def _concerns(reason: Reason, scan: Scan, report: Report) -> bool:
    """Whether a reason for `incomplete` is about what this report holds; one that could be, is."""
    others = {run.scanner for run in scan.scanners if not report.kinds & set(run.kinds)}
    if reason.about == "scanner":
        return reason.subject not in others
    if reason.about == "gap":
        return any(gap.kind == reason.subject and gap.scanner not in others for gap in scan.gaps)
    return reason.about != "advisories" or Kind.DEPENDENCY in report.kinds


def _ended(run: ScannerRun) -> str:
    why = run.reason or ("its positive control was not found" if not run.control else "it does not say why")
    return f"{run.scanner} {run.status}: {why}"


def _messages(view: Presentation, report: Report, doubts: tuple[str, ...]) -> Iterator[dict[str, str]]:
    judgement = view.judgement
    yield _message("info", f"secscan: {judgement.verdict}: {view.sentence} (policy {judgement.policy})")
    for text in doubts:
        yield _message("fatal", text)
    names = {run.scanner for run in view.scan.scanners if report.kinds & set(run.kinds)}
    for gap in view.scan.gaps:
        if gap.scanner in names:
            yield _message("warn", gap_sentence(gap))


def _message(level: str, text: str) -> dict[str, str]:
    return {"level": level, "value": one_line(text)}


def _times(scan: Scan) -> tuple[str, str]:
    """When the scan began and ended, in GitLab's form: UTC, without a zone."""
    if scan.run is None or not scan.run.started:
        return _NEVER, _NEVER
    start = datetime.fromisoformat(scan.run.started).astimezone(UTC).replace(tzinfo=None)
    end = start + timedelta(seconds=round(scan.run.seconds))
    return start.isoformat(timespec="seconds"), end.isoformat(timespec="seconds")
