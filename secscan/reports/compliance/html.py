"""The compliance report as one page for people and for printing: no script at all, nothing loaded, all text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from secscan.compliance.inputs import Timeline
from secscan.compliance.model import Assessment, ControlState, Found, Status, SubjectAssessment, Trend
from secscan.compliance.words import DISCLAIMER, MEANINGS
from secscan.findings.levels import RunStatus
from secscan.findings.model import ScannerRun
from secscan.findings.scan import Scan
from secscan.reports.compliance.contract import ComplianceReport, Format
from secscan.reports.compliance.present import (
    all_findings,
    deadline_sentence,
    decision_words,
    incomplete,
    limits,
    reproduce,
    subject_rows,
    verdict_of,
    waiver_sentence,
    worst_verdict,
)
from secscan.reports.pages import source_hash, template
from secscan.reports.present import Presentation, counted
from secscan.resources import data_dir

_MOST_ROWS = 500
"""Rows of one table; what is beyond is counted, and in the JSON report."""
_MOST_NAMED = 6
"""Findings that are named beside a control."""
_SHORT = 12
_SHOWN_REASONS = 20


def render(report: ComplianceReport) -> bytes:
    """Return the page, UTF-8."""
    folder = data_dir("reports") / "compliance"
    css = (folder / "compliance.css").read_text(encoding="utf-8")
    page = template(folder, "compliance.html.jinja").render(
        build_page(report),
        css=Markup(css),  # noqa: S704 - it is ours
        csp=f"default-src 'none'; style-src '{source_hash(css)}'; base-uri 'none'; form-action 'none'",
    )
    return page.encode("utf-8")


def build_page(report: ComplianceReport) -> dict[str, Any]:
    """Return what the template shows."""
    subjects = [_subject(report, at) for at in range(len(report.inputs.timelines))]
    return {
        "verdict": worst_verdict(report).value,
        "headline": _headline(report),
        "subjects": subjects,
        "frameworks": [_framework(one, report.inputs.timelines) for one in report.assessments],
        "meanings": [(status.value, text) for status, text in MEANINGS.items()],
        "statuses": [status.value for status in Status],
        "disclaimer": DISCLAIMER,
        "inputs": [(one.name, one.at, one.digest) for line in report.inputs.timelines for one in line.inputs],
        "left_out": [(one.name, one.at, one.digest) for one in report.inputs.left_out],
        "maps": [(one.framework.origin, one.framework.map, one.framework.digest) for one in report.assessments],
        "since": report.since,
        "commands": list(reproduce(report)),
        "secscan": report.secscan,
    }


def _headline(report: ComplianceReport) -> str:
    scans = sum(len(one.inputs) for one in report.inputs.timelines)
    frameworks = ", ".join(f"{one.framework.map.title} {one.framework.map.edition}" for one in report.assessments)
    return f"{counted(scans, 'scan')} of {counted(len(report.inputs.timelines), 'target')}, held against {frameworks}"


def _subject(report: ComplianceReport, at: int) -> dict[str, Any]:
    timeline = report.inputs.timelines[at]
    scan = timeline.last.scan
    view = Presentation(scan)
    reasons = incomplete(scan)
    return {
        "number": at + 1,
        "title": timeline.subject.title,
        "verdict": verdict_of(scan).value,
        "sentence": view.sentence,
        "when": " ".join(part for part in (timeline.last.at and f"scanned {timeline.last.at}", _commit(scan)) if part),
        "incomplete": reasons[:_SHOWN_REASONS],
        "more_incomplete": max(0, len(reasons) - _SHOWN_REASONS),
        "limits": limits(scan),
        "about": subject_rows(timeline),
        "scanners": [_scanner(one) for one in scan.scanners],
        "advisories": scan.advisories,
        "gaps": _cut([(one.scanner, one.kind.value, _place(one.subject, one.line), one.detail) for one in scan.gaps]),
        "tolerated": view.judgement.tolerated,
        "out_of_scope": _cut(scan.target.out_of_scope),
        "notices": _cut(scan.notices),
        "waivers": _cut(view.judgement.waivers),
        "waiver_sentence": waiver_sentence(scan),
        "deadlines": deadline_sentence(all_findings(report, at)),
        "findings": _cut([_finding(one) for one in all_findings(report, at)]),
    }


def _commit(scan: Scan) -> str:
    revision, dirty = scan.target.revision[:_SHORT], scan.target.dirty
    return f"commit {revision}{' with local changes' if dirty else ''}" if revision else ""


def _framework(assessment: Assessment, timelines: Sequence[Timeline]) -> dict[str, Any]:
    return {
        "map": assessment.framework.map,
        "counts": [(status.value, count) for status, count in assessment.counts.items()],
        "several": len(timelines) > 1,
        "rows": [
            {"control": control, "overall": overall}
            for control, overall in zip(assessment.framework.map.controls, assessment.overall, strict=True)
        ],
        "subjects": [_held(number, one, assessment) for number, one in enumerate(assessment.subjects, 1)],
    }


def _held(number: int, held: SubjectAssessment, assessment: Assessment) -> dict[str, Any]:
    rows = [
        {"control": control, **_state(state)}
        for control, state in zip(assessment.framework.map.controls, held.states, strict=True)
    ]
    return {
        "number": number,
        "title": held.subject.title,
        "rows": rows,
        "trends": [_trend(one) for one in held.trends],
        "unmapped": _cut([_finding(one) for one in held.unmapped]),
    }


def _state(state: ControlState) -> dict[str, Any]:
    return {
        "status": state.status.value,
        "doubts": state.doubts,
        "tolerated": state.tolerated,
        "looked": state.looked,
        "open": state.open,
        "accepted": state.accepted,
        "reach": f"rules for {state.cwes_looked_for} of its {state.cwes} CWE ids" if state.cwes else "",
        "named": [one.fingerprint[:_SHORT] for one in state.found[:_MOST_NAMED]],
        "more": max(0, len(state.found) - _MOST_NAMED),
    }


def _trend(trend: Trend) -> dict[str, Any]:
    return {
        "id": trend.id,
        "points": [(one.at[:10], one.status.value, one.open) for one in trend.points],
        "lives": _cut(
            [
                {
                    "id": one.fingerprint[:_SHORT],
                    "title": one.title,
                    "first": one.first_seen[:10],
                    "last": one.last_seen[:10],
                    "gone": one.gone[:10] or ("not known" if one.unsure else "still there"),
                }
                for one in trend.lives
            ]
        ),
    }


def _finding(found: Found) -> dict[str, str]:
    return {
        "id": found.fingerprint,
        "action": found.action.value,
        "severity": found.severity.value,
        "title": found.title,
        "place": found.place,
        "by": found.by,
        "cwes": ", ".join(f"CWE-{cwe}" for cwe in found.cwes),
        "decision": decision_words(found),
    }


def _scanner(run: ScannerRun) -> dict[str, str]:
    return {
        "scanner": run.scanner,
        "version": run.version,
        "status": run.status.value,
        "looked": f"{run.looked_at} of {run.selected}",
        "control": "found" if run.control else "not needed" if run.status is RunStatus.SKIPPED else "not found",
        "rules": run.rules_digest,
        "remark": " ".join(part for part in (run.reason, run.hint) if part),
    }


def _place(subject: str, line: int) -> str:
    return f"{subject}:{line}" if line else subject


def _cut(rows: Sequence[Any]) -> dict[str, Any]:
    """The rows that are shown, and how many there are besides."""
    return {"rows": rows[:_MOST_ROWS], "count": len(rows), "more": max(0, len(rows) - _MOST_ROWS)}


FORMAT = Format(name="html", suffix=".html", title="A page for people and for print", render=render)
