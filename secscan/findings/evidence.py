"""Whether a scanner did its work, by what its run and the gaps of the scan show.

What the gate believes of a scanner and what a baseline believes of it is the same: one that did not scan neither lets a
build pass nor shows that something is fixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from secscan.findings.levels import GapKind, RunStatus
from secscan.findings.model import ScannerRun
from secscan.findings.scan import Scan

_NEVER_COUNTED = frozenset(
    {
        GapKind.VERSION_RANGE,
        GapKind.UNSUPPORTED_REQUIREMENT,
        GapKind.UNSUPPORTED_MANIFEST,
        GapKind.NO_LOCK_FILE,
        GapKind.BROKEN_MANIFEST,
        GapKind.LINK,
        GapKind.SUBMODULE,
        GapKind.SPECIAL_FILE,
        GapKind.STORE_DENIED,
        GapKind.STORE_DELETED,
        GapKind.STORE_UNAVAILABLE,
        GapKind.REFERENCE_UNCHECKED,
    }
)
"""Gaps about what is never among the things counted for a scanner, so they account for none that is missing."""


def trouble(run: ScannerRun, explained: Mapping[str, int]) -> str:
    """Return what is wrong with how the scanner ended; empty where it did its work.

    `explained` is what `explained_subjects` says of the scan.
    """
    if run.not_applicable:
        return ""
    if run.status is not RunStatus.COMPLETED:
        why = run.reason or "it does not say why"
        return f"{run.scanner} {'failed' if run.status is RunStatus.FAILED else 'was skipped'}: {why}"
    if run.imported:
        return ""
    if not run.control:
        return f"{run.scanner} did not find its positive control, so it did not scan"
    if not 0 <= run.looked_at <= run.selected:
        return f"{run.scanner} says it looked at {run.looked_at} where {run.selected} were counted"
    unexplained = run.selected - run.looked_at - explained.get(run.scanner, 0)
    if unexplained > 0:
        return (
            f"{run.scanner} looked at {run.looked_at} of {run.selected}, and no gap accounts for {unexplained} of them"
        )
    return ""


def explained_subjects(scan: Scan) -> dict[str, int]:
    """Return for how many of the things that were counted for each scanner a gap accounts."""
    subjects: defaultdict[str, set[str]] = defaultdict(set)
    for gap in scan.gaps:
        if gap.kind not in _NEVER_COUNTED:
            subjects[gap.scanner].add(gap.subject)
    return {scanner: len(names) for scanner, names in subjects.items()}
