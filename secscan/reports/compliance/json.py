"""The compliance report as JSON, format `secscan.compliance/1`: everything the other formats say, for programs."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from secscan.compliance.inputs import Input, Timeline
from secscan.compliance.model import Assessment, SubjectAssessment
from secscan.compliance.words import DISCLAIMER, MEANINGS
from secscan.reports.compliance.contract import ComplianceReport, Format
from secscan.reports.compliance.present import (
    all_findings,
    incomplete,
    limits,
    reproduce,
    verdict_of,
    worst_verdict,
)

FORMAT_NAME = "secscan.compliance/1"


def render(report: ComplianceReport) -> bytes:
    """Return the document: ASCII, so that nothing in it can move a cursor or hide."""
    document = {
        "format": FORMAT_NAME,
        "secscan": report.secscan,
        "disclaimer": DISCLAIMER,
        "meanings": {status.value: text for status, text in MEANINGS.items()},
        "verdict": worst_verdict(report).value,
        "since": report.since,
        "subjects": [_subject(report, at) for at in range(len(report.inputs.timelines))],
        "frameworks": [_framework(one) for one in report.assessments],
        "left_out": [_input(one) for one in report.inputs.left_out],
        "reproduce": list(reproduce(report, "json")),
    }
    return (json.dumps(document, indent=1) + "\n").encode("ascii")


def _subject(report: ComplianceReport, at: int) -> dict[str, Any]:
    timeline: Timeline = report.inputs.timelines[at]
    scan = timeline.last.scan
    judgement = scan.judgement
    return {
        "subject": msgspec.to_builtins(timeline.subject),
        "scans": [_input(one) for one in timeline.inputs],
        "verdict": verdict_of(scan).value,
        "incomplete": list(incomplete(scan)),
        "limits": list(limits(scan)),
        "judged": judgement is not None,
        "policy": {"name": judgement.policy, "digest": judgement.policy_digest, "log_only": judgement.log_only}
        if judgement
        else None,
        "target": msgspec.to_builtins(scan.target),
        "run": msgspec.to_builtins(scan.run) if scan.run else None,
        "secscan": scan.secscan,
        "scanners": msgspec.to_builtins(scan.scanners),
        "advisories": msgspec.to_builtins(scan.advisories),
        "packages": len(scan.packages),
        "gaps": msgspec.to_builtins(scan.gaps),
        "tolerated": msgspec.to_builtins(judgement.tolerated) if judgement else [],
        "notices": msgspec.to_builtins(scan.notices),
        "waivers": msgspec.to_builtins(judgement.waivers) if judgement else [],
        "findings": msgspec.to_builtins(all_findings(report, at)),
    }


def _framework(assessment: Assessment) -> dict[str, Any]:
    framework = assessment.framework
    head = msgspec.to_builtins(framework.map)
    del head["controls"]
    titles = {control.id: control for control in framework.map.controls}
    return {
        **head,
        "map": {"origin": framework.origin, "sha256": framework.digest},
        "counts": {status.value: count for status, count in assessment.counts.items()},
        "controls": [
            {
                **msgspec.to_builtins(one),
                "title": titles[one.id].title,
                "manual": titles[one.id].manual,
            }
            for one in assessment.overall
        ],
        "subjects": [_held(one) for one in assessment.subjects],
    }


def _held(held: SubjectAssessment) -> dict[str, Any]:
    states = []
    for state in held.states:
        value = msgspec.to_builtins(state)
        value["found"] = [one.fingerprint for one in state.found]
        states.append({**value, "open": state.open, "accepted": state.accepted})
    return {
        "subject": msgspec.to_builtins(held.subject),
        "controls": states,
        "trends": msgspec.to_builtins(held.trends),
        "unmapped": [one.fingerprint for one in held.unmapped],
    }


def _input(one: Input) -> dict[str, Any]:
    return {"name": one.name, "sha256": one.digest, "started": one.at, "verdict": verdict_of(one.scan).value}


FORMAT = Format(name="json", suffix=".json", title="Everything, for programs", render=render)
