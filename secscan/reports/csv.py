"""Comma-separated values (RFC 4180) for spreadsheets: a row each for the verdict, its reasons, every place of every
finding, every gap and every scanner. The column `row` says what a row is.

Every cell is quoted, and none is a formula.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterator

from secscan.reports.contract import Format
from secscan.reports.escape import csv_cell
from secscan.reports.layers import layer_words
from secscan.reports.present import Judged, Presentation, introduction, main_identifier, ran_as, sources_of

COLUMNS = (
    "row",
    "action",
    "severity",
    "confidence",
    "kind",
    "class",
    "title",
    "path",
    "line",
    "package",
    "version",
    "fixed_versions",
    "id",
    "identifiers",
    "cvss",
    "epss",
    "known_exploited",
    "rule",
    "reason",
    "waiver",
    "blocks_from",
    "new",
    "cause",
    "first_seen",
    "scanners",
    "message",
    "remedy",
    "introduced",
    "layer",
    "fingerprint",
)

_MOST_REMEMBERED = 4_096
"""Cells: most of a table's are those of few rules, scanners and files."""


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the table."""
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(COLUMNS)
    cell = functools.lru_cache(_MOST_REMEMBERED)(csv_cell)
    for row in build_rows(view):
        table.writerow([cell(row[name]) if name in row else "" for name in COLUMNS])
    yield text.getvalue().encode("utf-8")


def build_rows(view: Presentation) -> Iterator[dict[str, str]]:
    """Yield the rows, what to read first at the head."""
    judgement = view.judgement
    yield {"row": "verdict", "action": judgement.verdict, "rule": judgement.policy, "message": view.sentence}
    for reason in judgement.reasons:
        # Those about findings are told by the findings.
        if reason.about != "finding":
            yield {
                "row": "reason",
                "action": reason.verdict,
                "class": reason.about,
                "title": reason.subject,
                "message": reason.text,
                "remedy": reason.hint,
            }
    for judged in view.judged:
        yield {"row": "finding", **_finding(judged)}
        for place in judged.places:
            yield {"row": "place", **_finding(place)}
    for gap in view.scan.gaps:
        yield {
            "row": "gap",
            "class": gap.kind,
            "path": gap.subject,
            "line": str(gap.line or ""),
            "scanners": gap.scanner,
            "message": gap.detail,
            "remedy": gap.remedy,
        }
    for run in view.scan.scanners:
        yield {
            "row": "scanner",
            "action": run.status,
            "kind": " ".join(run.kinds),
            "version": run.version,
            "scanners": run.scanner,
            "message": ran_as(run),
            "remedy": run.hint,
        }


def _finding(judged: Judged) -> dict[str, str]:
    finding, decision, package = judged.finding, judged.decision, judged.finding.package
    region = finding.location.region
    scores = [one.score for one in finding.cvss if one.score is not None]
    return {
        "action": decision.action,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "kind": finding.kind,
        "class": finding.defect,
        "title": finding.title,
        "path": finding.location.path,
        "line": str(region.start_line) if region else "",
        "package": package.name if package else "",
        "version": package.version if package else "",
        "fixed_versions": " ".join(package.fixed_versions) if package else "",
        "id": main_identifier(finding),
        "identifiers": " ".join(finding.identifiers),
        "cvss": f"{max(scores):.1f}" if scores else "",
        "epss": "" if finding.epss is None else f"{finding.epss:.5f}",
        "known_exploited": _yes_or_no(finding.known_exploited),
        "rule": decision.rule,
        "reason": decision.reason,
        "waiver": decision.waiver,
        "blocks_from": decision.due,
        "new": _yes_or_no(decision.new),
        "cause": decision.cause or "",
        "first_seen": decision.first_seen,
        "scanners": sources_of(finding),
        "message": finding.message,
        "remedy": finding.remediation,
        "introduced": introduction(finding),
        "layer": layer_words(finding.layer),
        "fingerprint": finding.fingerprint,
    }


def _yes_or_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


FORMAT = Format(name="csv", suffix=".csv", title="A table for spreadsheets", parts=parts)
"""What the registry finds."""
