"""GitLab's code quality report: the subset of Code Climate's issues that its merge requests show.

It has no place for a verdict, a gap or a decision. So what had to be looked at and was not is an issue of its own, the
gravest; what blocks is never below `critical`, and what the policy accepts stays, as `info`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from secscan.findings.judgement import Reason
from secscan.findings.levels import Action, Severity
from secscan.reports.contract import Format
from secscan.reports.escape import one_line, plain
from secscan.reports.json_parts import json_document
from secscan.reports.present import Judged, Presentation, gap_sentence, main_identifier

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.UNKNOWN: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}
_TOP = "."
"""Where an issue stands that is about no file."""


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the report."""
    issues = [*_doubts(view), *(_issue(view, place) for one in view.judged for place in (one, *one.places))]
    # GitLab shows one of several issues with the same fingerprint: only what says the same may share one.
    return json_document(iter({one["fingerprint"]: one for one in (*issues, *_gaps(view))}.values()))


def _issue(view: Presentation, judged: Judged) -> dict[str, Any]:
    finding, decision = judged.finding, judged.decision
    region = finding.location.region
    severity = _SEVERITIES[finding.severity]
    if decision.action is Action.BLOCK and severity != "blocker":
        severity = "critical"
    if decision.action is Action.ACCEPT:
        severity = "info"
    known_as = main_identifier(finding)
    words = f"{decision.action}: {finding.title}{f' ({known_as})' if known_as else ''}"
    return _built(
        f"{finding.kind}/{finding.defect}",
        f"{words}: {decision.reason}" if decision.reason else words,
        severity,
        finding.fingerprint,
        view.scan.target.prefix + finding.location.path,
        region.start_line if region else 1,
    )


def _doubts(view: Presentation) -> Iterator[dict[str, Any]]:
    reasons = view.doubts
    if view.scan.judgement is None:
        reasons = (Reason(verdict=view.judgement.verdict, about="policy", subject="", text=view.sentence),)
    for one in reasons:
        text = f"{one.verdict}: {one.text}. {one.hint}" if one.hint else f"{one.verdict}: {one.text}"
        yield _built(f"incomplete/{one.about}", text, "blocker", _digest(one.about, one.subject, one.text), _TOP, 1)
    for one in view.failures:
        if one.about != "finding":
            fingerprint = _digest(one.about, one.subject, one.text)
            yield _built(f"failed/{one.about}", f"{one.verdict}: {one.text}", "blocker", fingerprint, _TOP, 1)


def _gaps(view: Presentation) -> Iterator[dict[str, Any]]:
    files = {one.path for one in view.scan.files}
    for gap in view.scan.gaps:
        yield _built(
            f"gap/{gap.kind}",
            gap_sentence(gap),
            "info",
            _digest(gap.scanner, gap.kind, gap.subject, gap.detail, gap.remedy, str(gap.line)),
            view.scan.target.prefix + gap.subject if gap.subject in files else _TOP,
            gap.line or 1,
        )


def _built(check: str, text: str, severity: str, fingerprint: str, path: str, line: int) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": f"secscan/{one_line(check)}",
        "description": one_line(text),
        "categories": ["Security"],
        "severity": severity,
        "fingerprint": plain(fingerprint),
        "location": {"path": plain(path) or _TOP, "lines": {"begin": line}},
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


FORMAT = Format(
    name="gitlab-codequality", suffix=".gitlab-codequality.json", title="GitLab code quality report", parts=parts
)
"""What the registry finds."""
