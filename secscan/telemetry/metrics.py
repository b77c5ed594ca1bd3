"""The metrics of a judged scan: findings, gaps, durations, the verdict. No path and no text of a finding."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from secscan.findings.levels import Verdict
from secscan.findings.scan import Scan
from secscan.reports.present import Presentation

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter


def record_metrics(scan: Scan, meter: Meter) -> None:
    """Record the metrics with a meter of OpenTelemetry. Every scan tells anew how things stand, so most are gauges."""
    view = Presentation(scan)
    common = {
        "secscan.target.name": scan.target.name,
        "secscan.target.kind": scan.target.kind,
        "secscan.policy.name": view.judgement.policy,
    }
    verdict = meter.create_gauge("secscan.verdict", "1", "1 for the verdict, 0 for the others.")
    for one in Verdict:
        verdict.set(int(one is view.judgement.verdict), {**common, "secscan.verdict": one.value})
    findings = meter.create_gauge("secscan.findings", "{finding}", "Findings, by what the policy says of them.")
    found = Counter((one.finding.kind, one.finding.severity, one.decision.action) for one in view.judged)
    for (kind, severity, action), count in sorted(found.items()):
        labels = {"secscan.kind": kind.value, "secscan.severity": severity.value, "secscan.action": action.value}
        findings.set(count, {**common, **labels})
    doubts = meter.create_gauge("secscan.doubts", "{thing}", "Things that had to be looked at and were not.")
    doubts.set(len(view.doubts), common)
    gaps = meter.create_gauge("secscan.gaps", "{gap}", "What could not be looked at.")
    for group in view.gap_groups:
        gaps.set(len(group.gaps), {**common, "secscan.scanner.name": group.scanner, "secscan.gap.kind": group.kind})
    completed = meter.create_gauge("secscan.scanner.completed", "1", "1 for a scanner that did its work, else 0.")
    for run in scan.scanners:
        if not run.not_applicable:
            completed.set(int(run.did_scan), {**common, "secscan.scanner.name": run.scanner})
    _record_durations(scan, meter, common)


def _record_durations(scan: Scan, meter: Meter, common: dict[str, str]) -> None:
    if scan.run is None:
        return
    duration = meter.create_histogram("secscan.scan.duration", "s", "How long the scan took.")
    duration.record(scan.run.seconds, common)
    took = meter.create_histogram("secscan.scanner.duration", "s", "How long a scanner took, its pieces added up.")
    for timing in scan.run.timings:
        took.record(timing.seconds, {**common, "secscan.scanner.name": timing.scanner})
