"""What a saved scan cannot say without contradicting itself: nothing of it is then believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from secscan.findings.judgement import Judgement, verdict_of
from secscan.findings.model import Finding, ScannerRun


def in_runs(runs: Iterable[ScannerRun]) -> Iterator[str]:
    """Yield what the runs of the scanners contradict each other, or themselves, in."""
    seen: set[str] = set()
    for run in runs:
        if run.scanner in seen:
            yield f"the scanner {run.scanner} stands there twice"
        seen.add(run.scanner)
        if not 0 <= run.looked_at <= run.selected:
            yield f"{run.scanner} looked at {run.looked_at} where {run.selected} were counted"


def in_judgement(judgement: Judgement, places: Iterable[Finding]) -> Iterator[str]:
    """Yield what the judgement contradicts itself in, or the findings, which are given at each place."""
    verdict = verdict_of(judgement.reasons)
    if judgement.verdict is not verdict:
        yield f"the verdict is {judgement.verdict} where its reasons say {verdict}"
    decisions = Counter(one.fingerprint for one in judgement.decisions)
    for fingerprint, count in decisions.items():
        if count > 1:
            yield f"there are {count} decisions on the finding {fingerprint[:40]}"
    for finding in places:
        if finding.fingerprint not in decisions:
            yield f"finding {finding.place} was judged, and there is no decision on it"
