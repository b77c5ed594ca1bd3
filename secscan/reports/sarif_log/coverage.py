"""Which kinds of findings a platform may be told of.

A platform takes what it is given for all there is, and closes the alerts that are not in it as fixed. So a kind of
finding that was not looked for to the end must not be uploaded at all: its alerts then stay as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from secscan.findings.evidence import explained_subjects, trouble
from secscan.findings.judgement import Reason
from secscan.findings.levels import Kind, Verdict
from secscan.findings.model import ScannerRun
from secscan.reports.present import Presentation


def kinds_of(view: Presentation) -> tuple[Kind, ...]:
    """Every kind that a scanner of the scan looks for, or that was found."""
    there = {kind for run in view.scan.scanners for kind in run.kinds}
    there |= {one.finding.kind for one in view.judged}
    return tuple(sorted(there))


def not_looked_for(view: Presentation) -> dict[Kind, tuple[str, ...]]:
    """The kinds that were not looked for to the end, each with why.

    That is one of whose scanners failed or was not able to look, whether the policy requires it or not; and one about
    which the policy says that something it demands was not looked at. Of gaps that the policy tolerates a kind is
    uploaded: its owner has said that they may be.
    """
    why: defaultdict[Kind, dict[str, None]] = defaultdict(dict)
    kinds = kinds_of(view)
    explained = explained_subjects(view.scan)
    for run in view.scan.scanners:
        if text := trouble(run, explained):
            for kind in run.kinds:
                why[kind][text] = None
    for reason in view.doubts:
        for kind in _concerned(reason, view, kinds):
            why[kind][reason.text] = None
    if view.scan.judgement is None:
        for kind in kinds:
            why[kind]["nobody has judged this scan, so nobody knows what it had to look at"] = None
    return {kind: tuple(why[kind]) for kind in kinds if kind in why}


def not_looked_at(view: Presentation) -> dict[str, tuple[str, ...]]:
    """What else had to be looked at and was not, each by its name with why: no kind's alert may tell of it.

    That is a scanner that was not part of the scan, since nobody knows what it looks for; and whatever concerns no kind
    that is known here.
    """
    why: defaultdict[str, dict[str, None]] = defaultdict(dict)
    kinds = kinds_of(view)
    runs = {run.scanner for run in view.scan.scanners}
    for reason in view.doubts:
        absent = reason.about == "scanner" and reason.subject not in runs
        if absent or set(kinds).isdisjoint(_concerned(reason, view, kinds)):
            why[reason.subject or reason.about][reason.text] = None
    if not kinds and not why and view.judgement.verdict is Verdict.INCOMPLETE:
        why["scan"][view.sentence] = None
    return {name: tuple(texts) for name, texts in why.items()}


def _concerned(reason: Reason, view: Presentation, kinds: tuple[Kind, ...]) -> Iterable[Kind]:
    """The kinds that a reason for `incomplete` is about: all, where it does not tell."""
    runs = {run.scanner: run for run in view.scan.scanners}
    if reason.about == "report":
        return ()
    if reason.about == "scanner" and reason.subject in runs:
        return _or_all([runs[reason.subject]], kinds)
    if reason.about == "gap":
        names = {gap.scanner for gap in view.scan.gaps if gap.kind == reason.subject}
        return _or_all([runs[name] for name in names], kinds) if names and names <= set(runs) else kinds
    if reason.about == "advisories":
        return (Kind.DEPENDENCY,)
    return kinds


def _or_all(runs: list[ScannerRun], kinds: tuple[Kind, ...]) -> Iterable[Kind]:
    """What these look for; all kinds, where one does not say."""
    return {kind for run in runs for kind in run.kinds} if all(run.kinds for run in runs) else kinds
