"""Prometheus' text exposition format, as the textfile collector of its node exporter reads it.

Numbers only: what was found and what was not looked at, by the words that alerts are made of. No series bears a
path, a title or another text of the scanned tree but the target's name, so that their number stays small.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from secscan.findings.levels import Action, Kind, Severity, Verdict, WaiverState
from secscan.findings.model import ScannerRun
from secscan.findings.scan import Scan, is_time
from secscan.reports.contract import Format
from secscan.reports.escape import prometheus_label
from secscan.reports.present import Presentation

Labels = Mapping[str, str]


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the metrics."""
    scan = view.scan
    lines: list[str] = []
    for name, about, series in (*_judged(view), *_looked_at(view), *_when(scan)):
        # Every metric is a gauge: each scan tells anew how things stand.
        lines += [f"# HELP secscan_{name} {about}", f"# TYPE secscan_{name} gauge"]
        for labels, value in series:
            all_labels = {"target": scan.target.name, **labels}
            shown = ",".join(f'{label}="{prometheus_label(text)}"' for label, text in all_labels.items())
            lines.append(f"secscan_{name}{{{shown}}} {value:.15g}")
    yield ("\n".join(lines) + "\n").encode("utf-8")


Metric = tuple[str, str, Iterable[tuple[Labels, float]]]
"""Name, help text, and the values by their labels."""


def _judged(view: Presentation) -> Iterator[Metric]:
    scan, judgement = view.scan, view.judgement
    about = {
        "version": scan.secscan,
        "policy": judgement.policy,
        "kind": scan.target.kind,
        "revision": scan.target.revision,
    }
    yield "scan_info", "What was scanned, and by what.", [(about, 1)]
    verdicts = [({"verdict": one.value}, float(one is judgement.verdict)) for one in Verdict]
    yield "verdict", "1 for the verdict, 0 for the others.", verdicts
    found = Counter((one.finding.kind, one.finding.severity, one.decision.action) for one in view.judged)
    surely = _looked_for(scan)
    yield (
        "findings",
        "Findings, by what the policy says of them.",
        [
            ({"kind": kind.value, "severity": severity.value, "action": action.value}, found[kind, severity, action])
            for kind in Kind
            for severity in Severity
            for action in Action
            if kind in surely or found[kind, severity, action]
        ],
    )
    if any(one.decision.new is not None for one in view.judged):
        new = Counter(one.decision.action for one in view.judged if one.decision.new)
        yield (
            "new_findings",
            "Findings that the baseline does not hold.",
            [({"action": action.value}, new[action]) for action in Action],
        )
    waivers = Counter(one.state for one in judgement.waivers)
    yield "waivers", "Waivers, by what became of them.", [({"state": one.value}, waivers[one]) for one in WaiverState]


def _looked_for(scan: Scan) -> frozenset[Kind]:
    """The kinds of which no finding means 0: some scanner of theirs completed, and none failed or was unable to look.

    Of the others only what was found is told: a 0 that nobody looked for would read as clean.
    """
    completed = {kind for run in scan.scanners if run.did_scan for kind in run.kinds}
    failed = {kind for run in scan.scanners if not (run.did_scan or run.not_applicable) for kind in run.kinds}
    return frozenset(completed - failed)


def _looked_at(view: Presentation) -> Iterator[Metric]:
    scan = view.scan
    yield "doubts", "Things that had to be looked at and were not.", [({}, len(view.doubts))]
    gaps = [({"scanner": one.scanner, "kind": one.kind}, len(one.gaps)) for one in view.gap_groups]
    yield "gaps", "What could not be looked at.", gaps
    runs: defaultdict[str, list[ScannerRun]] = defaultdict(list)
    for run in scan.scanners:
        if not run.not_applicable:
            runs[run.scanner].append(run)
    done = {name: min(float(one.did_scan) for one in runs[name]) for name in runs}
    yield "scanner_completed", "1 for a scanner that did its work and found its control, else 0.", _by_scanner(done)
    selected = {name: sum(one.selected for one in runs[name]) for name in runs}
    yield "scanner_selected", "Files or packages that a scanner had to look at.", _by_scanner(selected)
    looked_at = {name: sum(one.looked_at for one in runs[name]) for name in runs}
    yield "scanner_looked_at", "Files or packages that a scanner proved to have looked at.", _by_scanner(looked_at)


def _by_scanner(values: Mapping[str, float]) -> list[tuple[Labels, float]]:
    return [({"scanner": name}, value) for name, value in values.items()]


def _when(scan: Scan) -> Iterator[Metric]:
    if scan.run is None:
        return
    yield "scan_duration_seconds", "How long the scan took.", [({}, scan.run.seconds)]
    took = _by_scanner({one.scanner: one.seconds for one in scan.run.timings})
    yield "scanner_duration_seconds", "How long a scanner took.", took
    times = (("scan_started", scan.run.started), ("scan_judged", scan.run.judged_at))
    for name, text in times:
        if text:
            yield f"{name}_timestamp_seconds", "When, as Unix time.", [({}, _unix(text))]
    known = {one.name: _unix(one.as_of) for one in scan.advisories if is_time(one.as_of)}
    series = [({"name": name}, value) for name, value in known.items()]
    yield "advisories_timestamp_seconds", "Up to when the advisories know, as Unix time.", series


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


FORMAT = Format(name="prometheus", suffix=".prom", title="Metrics for Prometheus", parts=parts)
"""What the registry finds."""
