"""What a hook says: what blocks, where, and what to do; what was not looked at; on success at most one line."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from secscan.findings.levels import Action, Kind, Verdict
from secscan.findings.scan import Scan
from secscan.reports.escape import terminal
from secscan.reports.present import Judged, Presentation, counted, introduction

_MOST = 20
_MOST_PLACES = 5
_MOST_TOLERATED = 3
_ID = 12
"""Characters of a fingerprint that are shown; its beginning will do wherever one is asked for."""


@dataclass(frozen=True)
class Commands:
    """How to go on, as the user can type it here."""

    mend: str
    """What to do with what blocks, in a sentence."""
    program: str
    scan: str
    """Where the scan is kept."""
    waivers: str
    """Where the user's own waivers lie."""


def said(scan: Scan, about: str, commands: Commands, *, width: int = 80) -> str:
    """Return the text for a scan, empty or whole lines; `about` is what may not go on where something blocks."""
    view = Presentation(scan)
    lines = [*_blocked(view, about, commands, width), *_doubts(view, width), *_tolerated(view)]
    if lines and view.judgement.log_only:
        lines.append("The policy only logs, so this goes on.")
    return "".join(f"{line}\n" for line in lines)


def _blocked(view: Presentation, about: str, commands: Commands, width: int) -> Iterator[str]:
    blocking = view.with_action(Action.BLOCK)
    if blocking:
        yield f"secscan: {counted(len(blocking), 'finding')} {'blocks' if len(blocking) == 1 else 'block'} {about}"
        for one in blocking[:_MOST]:
            yield ""
            yield from _finding(one, width)
        if len(blocking) > _MOST:
            yield f"  ... and {len(blocking) - _MOST} more"
        yield ""
        yield from _how_to_go_on(blocking, commands, width)
    for reason in view.failures:
        if reason.about != "finding":
            yield from _wrapped(f"secscan: {reason.text}", 0, width)


def _how_to_go_on(blocking: Sequence[Judged], commands: Commands, width: int) -> Iterator[str]:
    """The commands whole, each in a line of its own, so that they can be copied; the id of the one is in them."""
    only = blocking[0] if len(blocking) == 1 else None
    name = only.finding.fingerprint[:_ID] if only else "ID"
    which = "it blocks, or to accept it for a while:" if only else "one blocks, or to accept it, with its id for ID:"
    several = any(one.finding.kind is Kind.SECRET and one.places for one in blocking)
    everywhere = " --all-places" if only and several else ""
    yield from _wrapped(f"{commands.mend} To see why {which}", 0, width)
    yield terminal(f"  {commands.program} explain {name} --scan {commands.scan}")
    yield terminal(
        f"  {commands.program} waiver add {name}{everywhere} --scan {commands.scan} --file {commands.waivers} "
        '--reason "..." --owner "..."'
    )
    if several and not only:
        yield from _wrapped(
            "A waiver of a secret is about its first place; --all-places makes it all of them.", 0, width
        )


def _finding(one: Judged, width: int) -> Iterator[str]:
    finding = one.finding
    yield from _wrapped(f"{finding.severity:<8}  {finding.title}", 2, width)
    yield f"            {terminal(finding.place)}"
    if one.places:
        more = f", and {len(one.places) - _MOST_PLACES} more" if len(one.places) > _MOST_PLACES else ""
        yield from _wrapped(
            f"also in {', '.join(at.finding.place for at in one.places[:_MOST_PLACES])}{more}", 12, width
        )
    if text := introduction(finding):
        yield from _wrapped(text, 12, width)
    for note in finding.notes if finding.kind is Kind.SECRET else ():
        yield from _wrapped(note, 12, width)
    if finding.remediation:
        yield from _wrapped(f"fix: {finding.remediation}", 12, width)
    yield from _wrapped(f"why: {one.decision.reason}", 12, width)
    yield f"            id:  {terminal(finding.fingerprint[:_ID])}"


def _doubts(view: Presentation, width: int) -> Iterator[str]:
    if not view.doubts:
        return
    yield (
        "secscan: this had to be looked at, and was not:"
        if view.failures
        else ("secscan: nothing blocks, but this had to be looked at, and was not:")
    )
    for reason in view.doubts[:_MOST]:
        yield from _wrapped(f"- {reason.text}", 2, width)
        if reason.hint:
            yield from _wrapped(f"to do: {reason.hint}", 4, width)
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


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    """Break a text, escaped here, into lines; what has no blank to break at stays whole, so that it can be copied."""
    return textwrap.wrap(
        terminal(text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2 if indent else 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
