"""The tab about compliance: what the scan is evidence of for the best-known frameworks, and never that one is met."""

from __future__ import annotations

import functools
from typing import Any

from secscan.compliance.assess import assess_each
from secscan.compliance.controls import Control, Framework
from secscan.compliance.inputs import Input, arrange
from secscan.compliance.load import load_framework
from secscan.compliance.model import Assessment, ControlState, Found, Status
from secscan.compliance.words import DISCLAIMER, MEANINGS
from secscan.reports.html.words import query
from secscan.reports.present import Presentation

SHOWN = ("owasp-top-10-2025", "cwe-top-25-2025", "asvs-5.0", "pci-dss-4.0.1", "nist-ssdf-1.1")
"""Frameworks of the tab. Each makes the page larger and later: the others are a command away."""

_MOST_FOUND = 5
"""Findings of one control that are named."""


def build_compliance(view: Presentation) -> dict[str, Any]:
    """Return what the template shows."""
    scans = arrange([Input("secscan.json", "", view.scan)])
    return {
        "count": None,
        "disclaimer": DISCLAIMER,
        "meanings": [
            {"status": status.value, "name": _words(status), "text": text} for status, text in MEANINGS.items()
        ],
        "frameworks": [_framework(one) for one in assess_each(scans, _frameworks())],
    }


@functools.cache
def _frameworks() -> tuple[Framework, ...]:
    """The control maps, which are data of ours and take as long to read as a small scan to show."""
    return tuple(load_framework(name) for name in SHOWN)


def _framework(assessment: Assessment) -> dict[str, Any]:
    about = assessment.framework
    (subject,) = assessment.subjects
    rows = [_control(*one) for one in zip(about.map.controls, subject.states, strict=True)]
    return {
        "title": f"{about.map.title} {about.map.edition}",
        "counts": [
            {"status": status.value, "text": f"{_words(status)}: {count}"}
            for status, count in assessment.counts.items()
            if count
        ],
        "rows": sorted(rows, key=lambda one: one["order"]),
        "unmapped": len(subject.unmapped),
        "command": f"secscan compliance secscan.json --framework {about.origin} --output compliance.html",
    }


def _control(control: Control, state: ControlState) -> dict[str, Any]:
    return {
        "id": control.id,
        "title": control.title,
        "order": state.status.order,
        "status": state.status.value,
        "name": _words(state.status),
        "doubts": state.doubts,
        "remarks": _remarks(control, state),
        "open": state.open,
        "accepted": state.accepted,
        "found": [_found(one) for one in state.found[:_MOST_FOUND]],
        "more": max(0, len(state.found) - _MOST_FOUND),
    }


def _remarks(control: Control, state: ControlState) -> list[str]:
    """What the policy lets go unseen, how far what was looked for goes, and what is left for a person."""
    remarks = [f"Not looked at, tolerated by the policy: {text}" for text in state.tolerated]
    if state.cwes_looked_for < state.cwes:
        remarks.append(f"There are rules for {state.cwes_looked_for} of its {state.cwes} CWE ids")
    return [*remarks, *([f"For a person: {control.manual}"] if control.manual else [])]


def _found(found: Found) -> dict[str, Any]:
    return {
        "severity": found.severity.value,
        "title": found.title,
        "place": found.place,
        "accepted": not found.open,
        "link": query(id=found.fingerprint),
    }


def _words(status: Status) -> str:
    return status.value.replace("-", " ")
