"""What a hook says: what blocks, where, and what to do; what was not looked at; on success at most one line."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from secscan.findings.levels import Action, Kind, Verdict
from secscan.findings.scan import Scan
from secscan.reports.escape import terminal
from secscan.reports.present import Judged, Presentation, counted, introduction

_WIDTH = 100
_MOST = 20
_MOST_PLACES = 5
_MOST_TOLERATED = 3
_ID = 12
"""Characters of a fingerprint that are shown; its beginning will do wherever one is asked for."""


@dataclass(frozen=True)
class Commands:
    """How to go on, as the user can type it here."""

    waive: str
    """Accepts a finding, whose id stands for ID."""
    explain: str
    """Says how one was decided."""


def said(scan: Scan, about: str, commands: Commands) -> str:
    """Return the text for a scan, empty or whole lines; `about` is what may not go on where something blocks."""
    view = Presentation(scan)
    lines = [*_blocked(view, about, commands), *_doubts(view), *_tolerated(view)]
    if lines and view.judgement.log_only:
        lines.append("The policy only logs, so this goes on.")
    return "".join(f"{line}\n" for line in lines)


def _blocked(view: Presentation, about: str, commands: Commands) -> Iterator[str]:
    blocking = view.with_action(Action.BLOCK)
    if blocking:
        yield f"secscan: {counted(len(blocking), 'finding')} {'blocks' if len(blocking) == 1 else 'block'} {about}"
        for one in blocking[:_MOST]:
            yield ""
            yield from _finding(one)
        if len(blocking) > _MOST:
            yield f"  ... and {len(blocking) - _MOST} more"
        yield ""
        yield "Mend it and stage it again. To see why one blocks, or to accept it for a while, with its id for ID:"
        yield f"  {terminal(commands.explain)}"
        yield f"  {terminal(commands.waive)}"
    for reason in view.failures:
        if reason.about != "finding":
            yield from _wrapped(f"secscan: {reason.text}", 0)


def _finding(one: Judged) -> Iterator[str]:
    finding = one.finding
    yield from _wrapped(f"{finding.severity:<8}  {finding.title}", 2)
    yield f"            {terminal(finding.place)}"
    if one.places:
        more = f", and {len(one.places) - _MOST_PLACES} more" if len(one.places) > _MOST_PLACES else ""
        yield from _wrapped(f"also in {', '.join(at.finding.place for at in one.places[:_MOST_PLACES])}{more}", 12)
    if text := introduction(finding):
        yield from _wrapped(text, 12)
    for note in finding.notes if finding.kind is Kind.SECRET else ():
        yield from _wrapped(note, 12)
    if finding.remediation:
        yield from _wrapped(f"fix: {finding.remediation}", 12)
    yield from _wrapped(f"why: {one.decision.reason}", 12)
    yield f"            id:  {terminal(finding.fingerprint[:_ID])}"


def _doubts(view: Presentation) -> Iterator[str]:
    if not view.doubts:
        return
    yield (
        "secscan: this had to be looked at, and was not:"
        if view.failures
        else ("secscan: nothing blocks, but this had to be looked at, and was not:")
    )
    for reason in view.doubts[:_MOST]:
        yield from _wrapped(f"- {reason.text}", 2)
        if reason.hint:
            yield from _wrapped(f"to do: {reason.hint}", 4)
    if len(view.doubts) > _MOST:
        yield f"  ... and {len(view.doubts) - _MOST} more"


def _tolerated(view: Presentation) -> Iterator[str]:
    """What the policy lets pass although nobody looked at it, in one line."""
    reasons = {one.kind: one.reason for one in view.judgement.tolerated}
    subjects: dict[str, set[str]] = defaultdict(set)
    for gap in view.scan.gaps:
        if gap.kind in reasons:
            subjects[gap.kind].add(gap.subject)
    if not subjects:
        return
    ordered = sorted(subjects.items(), key=lambda item: (-len(item[1]), item[0]))
    told = [f"{len(found)} {kind} ({reasons[kind]})" for kind, found in ordered]
    more = f"; and {len(told) - _MOST_TOLERATED} more kinds" if len(told) > _MOST_TOLERATED else ""
    passed = "nothing blocks; " if view.judgement.verdict is Verdict.PASSED else ""
    yield terminal(f"secscan: {passed}not looked at, as the policy allows: {'; '.join(told[:_MOST_TOLERATED])}{more}")


def _wrapped(text: str, indent: int) -> list[str]:
    """Break a text, escaped here, into lines; what has no blank to break at stays whole, so that it can be copied."""
    return textwrap.wrap(
        terminal(text),
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2 if indent else 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
