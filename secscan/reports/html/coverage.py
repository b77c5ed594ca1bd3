"""The tab about coverage: what was looked at by what, what was not, and how fresh the advisories were."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from secscan.findings.levels import RunStatus
from secscan.findings.model import ScannerRun
from secscan.findings.scan import AdvisoryState
from secscan.reports.html.words import KINDS, cut, day, days, judged_on, query
from secscan.reports.present import GapGroup, Presentation, kept_of

_FEW_GROUPS = 4
"""Groups of gaps up to which all stand open."""


def build_coverage(view: Presentation) -> dict[str, Any]:
    """Return what the template shows."""
    scan, today = view.scan, judged_on(view)
    found = Counter(name for one in view.judged for name in {source.scanner for source in one.finding.sources})
    return {
        "count": holes(view),
        "gap_count": len(scan.gaps),
        "scanners": [_scanner(one, found[one.scanner], kept_of(scan, one)) for one in scan.scanners],
        "groups": [_group(one) for one in view.gap_groups],
        "open": len(view.gap_groups) <= _FEW_GROUPS,
        "tolerated": view.judgement.tolerated,
        "advisories": [_advisories(one, today) for one in scan.advisories],
        "packages": len(scan.packages),
        "notices": cut(scan.notices),
        "out_of_scope": cut(scan.target.out_of_scope),
    }


def holes(view: Presentation) -> int:
    """How many things were to be looked at and were not: gaps, and scanners that failed."""
    return len(view.scan.gaps) + sum(one.status is RunStatus.FAILED for one in view.scan.scanners)


def _scanner(run: ScannerRun, found: int, kept: int) -> dict[str, Any]:
    earlier = f" ({kept} in earlier scans)" if kept else ""
    return {
        "name": run.scanner,
        "version": run.version,
        "status": run.status.value,
        "kinds": ", ".join(KINDS[kind] for kind in run.kinds),
        "looked_at": f"{run.looked_at} of {run.selected}{earlier}" if run.selected or run.looked_at else "",
        "control": "found" if run.control else "not needed" if run.status == "skipped" else "not found",
        "found": found,
        "link": query(scanner=run.scanner),
        "rules": run.rules_digest,
        "reason": run.reason,
        "hint": run.hint,
    }


def _group(group: GapGroup) -> dict[str, Any]:
    return {"scanner": group.scanner, "kind": group.kind.replace("-", " "), "remedy": group.remedy, **cut(group.gaps)}


def _advisories(state: AdvisoryState, today: date | None) -> dict[str, Any]:
    known = day(state.as_of)
    return {
        "name": state.name,
        "records": state.records,
        "as_of": known.isoformat() if known else state.as_of,
        "age": days((today - known).days) if today and known else "",
        "ecosystems": ", ".join(state.ecosystems),
    }
