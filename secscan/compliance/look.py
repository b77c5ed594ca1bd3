"""Whether what had to be looked at was: the part of an assessment that says `not-evaluated`.

It errs on the side of not knowing: what cannot be shown to be somebody else's concern concerns the control.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from secscan.compliance.controls import Evidence
from secscan.compliance.reach import within
from secscan.findings.evidence import explained_subjects, trouble
from secscan.findings.levels import GapKind, Kind, Verdict
from secscan.findings.model import Gap, ScannerRun
from secscan.findings.scan import Scan

PACKAGE_GAPS = frozenset(
    {
        GapKind.VERSION_RANGE,
        GapKind.UNSUPPORTED_REQUIREMENT,
        GapKind.UNSUPPORTED_MANIFEST,
        GapKind.NO_LOCK_FILE,
        GapKind.BROKEN_MANIFEST,
        GapKind.NO_ADVISORIES,
        GapKind.NO_INDEX,
        GapKind.UNKNOWN_PACKAGE,
    }
)
"""What concerns packages only, also where our own inventory reports it."""

_PACKAGES = frozenset({Kind.DEPENDENCY, Kind.CONTAINER, Kind.LICENCE})
A_CHANGE_ONLY = frozenset({"staged", "diff", "commits", "paths", "stdin"})
"""Kinds of targets that show a part, and say nothing of the whole."""
_OURSELVES = "secscan"
_EXAMPLES = 3


@dataclass(frozen=True)
class Look:
    """What was looked at for one evidence."""

    looked: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()
    nothing_there: bool = False
    """Whether nothing in scope concerns the scanners that cover it."""


def look(scan: Scan, evidence: Evidence) -> Look:
    """Return what was looked at for an evidence of kinds, and what was not."""
    covering = [run for run in scan.scanners if set(run.kinds) & set(evidence.kinds)]
    doubts = [*_doubts_about_scan(scan, evidence.kinds), *_doubts_about_runs(scan, covering, evidence)]
    held, tolerated = _gaps(scan, evidence.kinds)
    if not within(evidence):
        doubts.append("no scanner here has a rule for what it asks")
    done = [run for run in covering if run.did_scan and run.looked_at]
    return Look(
        looked=tuple(f"{one.scanner} {one.version}: {one.looked_at} of {one.selected}" for one in done),
        doubts=tuple(dict.fromkeys((*doubts, *held))),
        tolerated=tuple(tolerated),
        nothing_there=not done,
    )


def doubts_about_whole(scan: Scan) -> tuple[str, ...]:
    """Return why a scan shows nothing of what is asked of it as a whole; empty where it does.

    No scanner stands for such a control, so whatever was not looked at concerns it.
    """
    if scan.judgement is None:
        return ("nobody has judged this scan",)
    doubts = [_only_a_change(scan)] if scan.target.kind in A_CHANGE_ONLY else []
    doubts += [one.text for one in scan.judgement.reasons if one.verdict is Verdict.INCOMPLETE]
    if doubts:
        return tuple(doubts)
    if scan.judgement.verdict is Verdict.INCOMPLETE:
        return ("the verdict is incomplete, and nothing says why",)
    # The gate asks it of policies that require scanners; a saved judgement may be of one that demands nothing.
    completed = [run for run in scan.scanners if run.did_scan and not run.imported]
    if not completed:
        return ("no scanner completed",)
    return () if any(run.looked_at for run in completed) else ("nothing was in scope of any scanner",)


def _only_a_change(scan: Scan) -> str:
    return f"only a change was looked at ({scan.target.kind}), not the whole"


def _doubts_about_scan(scan: Scan, kinds: Iterable[Kind]) -> Iterator[str]:
    if scan.judgement is None:
        yield "nobody has judged this scan"
        return
    if scan.target.kind in A_CHANGE_ONLY:
        yield _only_a_change(scan)
    runs = {run.scanner: run for run in scan.scanners}
    for reason in scan.judgement.reasons:
        if reason.verdict is not Verdict.INCOMPLETE or reason.about == "gap":
            continue  # gaps are looked at one by one
        if reason.about == "advisories" and not _PACKAGES & set(kinds):
            continue
        run = runs.get(reason.subject) if reason.about == "scanner" else None
        if run is None or not run.kinds or set(run.kinds) & set(kinds):
            yield reason.text


def _doubts_about_runs(scan: Scan, covering: list[ScannerRun], evidence: Evidence) -> Iterator[str]:
    explained = explained_subjects(scan)
    if not covering:
        yield f"no scanner that looks for {' or '.join(evidence.kinds)} was part of the scan"
    for run in covering:
        # The gate asks it of scanners that the policy requires, and not of imported results; here it holds for all.
        if text := trouble(run, explained):
            yield text
        elif not (run.did_scan or run.not_applicable):
            yield f"{run.scanner} did not find its positive control, so it did not scan"
    completed = {run.scanner for run in covering if run.did_scan}
    for name in evidence.scanners:
        if name not in completed:
            yield f"{name} had to look, and did not complete"


def _gaps(scan: Scan, kinds: Iterable[Kind]) -> tuple[list[str], list[str]]:
    """Gaps that concern scanners of these kinds, in words: those held against the verdict, and those tolerated."""
    elsewhere = {run.scanner for run in scan.scanners if run.kinds and not set(run.kinds) & set(kinds)}
    groups: defaultdict[tuple[str, GapKind], list[Gap]] = defaultdict(list)
    for gap in scan.gaps:
        if _ours_concerns(gap.kind, kinds) if gap.scanner == _OURSELVES else gap.scanner not in elsewhere:
            groups[gap.scanner, gap.kind].append(gap)
    held: list[str] = []
    tolerated: list[str] = []
    for (scanner, kind), gaps in sorted(groups.items()):
        (tolerated if is_tolerated(scan, kind) else held).append(_in_words(scanner, kind, gaps))
    return held, tolerated


def is_tolerated(scan: Scan, kind: GapKind) -> bool:
    """Whether the policy tolerates every gap of a kind. A kind of which one is held against the verdict is not."""
    if scan.judgement is None:
        return False
    if any(one.about == "gap" and one.subject == kind for one in scan.judgement.reasons):
        return False
    return any(one.kind == kind for one in scan.judgement.tolerated)


def _ours_concerns(kind: GapKind, kinds: Iterable[Kind]) -> bool:
    return kind not in PACKAGE_GAPS or bool(_PACKAGES & set(kinds))


def _in_words(scanner: str, kind: GapKind, gaps: list[Gap]) -> str:
    subjects = sorted({gap.subject for gap in gaps})
    more = f" and {len(subjects) - _EXAMPLES} more" if len(subjects) > _EXAMPLES else ""
    return f"{scanner} could not look at {len(subjects)} ({kind}): {', '.join(subjects[:_EXAMPLES])}{more}"
