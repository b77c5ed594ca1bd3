"""The compliance report as a table: one line for each control of each subject, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from secscan.compliance.controls import Control
from secscan.compliance.inputs import Timeline
from secscan.compliance.model import Assessment, ControlState, Found
from secscan.reports.compliance.contract import ComplianceReport, Format
from secscan.reports.compliance.present import incomplete, verdict_of
from secscan.reports.escape import csv_cell

COLUMNS = (
    "framework",
    "edition",
    "control",
    "title",
    "subject",
    "status",
    "not_looked_at",
    "tolerated",
    "looked",
    "open",
    "accepted",
    "findings",
    "waivers",
    "manual",
    "commit",
    "scanned",
    "verdict",
    "scan_incomplete",
    "scan_sha256",
    "map_sha256",
)
_UNMAPPED = "(no control)"


def render(report: ComplianceReport) -> bytes:
    """Return the table, UTF-8 with a line of names, lines ended as RFC 4180 has it."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for assessment in report.assessments:
        for timeline, held in zip(report.inputs.timelines, assessment.subjects, strict=True):
            scan = tuple(_scan(assessment, timeline))
            for control, state in zip(assessment.framework.map.controls, held.states, strict=True):
                row = [*_control(assessment, control), timeline.subject.title, *_state(control, state)]
                writer.writerow(csv_cell(text) for text in (*row, *scan))
            for found in held.unmapped:
                row = [*_unmapped(assessment, found, timeline), *scan]
                writer.writerow(csv_cell(text) for text in row)
    return out.getvalue().encode("utf-8")


def _control(assessment: Assessment, control: Control) -> Iterator[str]:
    yield assessment.framework.map.framework
    yield assessment.framework.map.edition
    yield control.id
    yield control.title


def _state(control: Control, state: ControlState) -> Iterator[str]:
    yield state.status.value
    yield "; ".join(state.doubts)
    yield "; ".join(state.tolerated)
    yield "; ".join(state.looked)
    yield str(state.open)
    yield str(state.accepted)
    yield " ".join(one.fingerprint for one in state.found)
    yield " ".join(dict.fromkeys(one.waiver for one in state.found if one.waiver))
    yield control.manual


def _unmapped(assessment: Assessment, found: Found, timeline: Timeline) -> Iterator[str]:
    """A finding that belongs to no control: it has a line of its own, so that no sum hides it."""
    cwes = ", ".join(f"CWE-{cwe}" for cwe in found.cwes)
    yield from (assessment.framework.map.framework, assessment.framework.map.edition, _UNMAPPED)
    yield f"{found.title} ({cwes or 'no CWE id'})"
    yield from (timeline.subject.title, "unmapped", "", "", found.by)
    yield from (str(int(found.open)), str(int(not found.open)), found.fingerprint, found.waiver, "")


def _scan(assessment: Assessment, timeline: Timeline) -> Iterator[str]:
    scan = timeline.last.scan
    yield scan.target.revision
    yield timeline.last.at
    yield verdict_of(scan).value
    yield "; ".join(incomplete(scan))
    yield timeline.last.digest
    yield assessment.framework.digest


FORMAT = Format(name="csv", suffix=".csv", title="A table, for spreadsheets", render=render)
