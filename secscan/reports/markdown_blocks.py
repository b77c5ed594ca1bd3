"""What the reports in Markdown are made of: blocks of lines, for GitHub and GitLab.

Every line begins with words of our own, so that nothing of a scan can begin a list, a heading or, on GitLab, a command.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from secscan.findings.defects import defect
from secscan.findings.levels import Action, RunStatus, WaiverState
from secscan.findings.scan import AdvisoryState, is_time
from secscan.reports.escape import markdown, markdown_code, web_link
from secscan.reports.links import finding_link
from secscan.reports.present import GapGroup, Judged, Presentation, counted, main_identifier, newness

_MOST_TEXT = 400
_MOST_NAMES = 5
_MOST_WHYS = 3
_MOST_ESCAPED = 2 * _MOST_TEXT
_STEPS = (0, 2, 5, 10, 20, 30, 50, 70, 100, 200, 300, 500, 700, 1_000, 2_000, 5_000)
"""How many rows a list may have: the largest number with which the whole fits is taken."""

Block = Sequence[str]


def fitted(build: Callable[[int], Iterable[Block]], most_bytes: int) -> bytes:
    """Return the blocks with as many rows as fit. `build` returns them with at most so many rows a list."""

    @functools.cache
    def document(most: int) -> bytes:
        blocks = ["\n".join(block) for block in build(most) if block]
        return ("\n\n".join(blocks) + "\n").encode("utf-8")

    too_long = bisect_left(_STEPS, True, key=lambda most: len(document(most)) > most_bytes)
    return document(_STEPS[max(too_long - 1, 0)])


def text(value: str) -> str:
    """Prose of a scan: escaped, and not longer than anybody reads."""
    return _short(value, markdown)


def name(value: str) -> str:
    """A name of a scan, as a code span."""
    return _short(value, markdown_code)


def head(view: Presentation) -> list[str]:
    """The verdict and what was looked at."""
    judgement, target = view.judgement, view.scan.target
    revision = f" at {name(target.revision[:12])}" if target.revision else ""
    policy = f", by the policy {name(judgement.policy)}" if judgement.policy else ""
    return [
        f"## secscan: {judgement.verdict}",
        "",
        f"Verdict on {name(target.name) or 'the target'}{revision}{policy}: {text(view.sentence)}.",
    ]


def counts(view: Presentation) -> list[str]:
    """How many findings there are, by what the policy says of them."""
    parts = []
    for action, said in ((Action.BLOCK, "block"), (Action.WARN, "warn"), (Action.ACCEPT, "accepted")):
        found = view.with_action(action)
        by_severity = Counter(one.finding.severity for one in found)
        levels = ", ".join(f"{by_severity[one]} {one}" for one in sorted(by_severity, key=lambda level: level.order))
        parts.append(f"{len(found)} {said}{f' ({levels})' if levels else ''}")
    new = sum(bool(one.decision.new) for one in view.judged)
    known = any(one.decision.new is not None for one in view.judged)
    return [f"Findings: {'; '.join(parts)}{f'; {new} new' if known else ''}."]


def why(view: Presentation, most: int) -> list[str]:
    """What keeps the verdict from `passed` beside the findings, which have tables."""
    reasons = [one for one in (*view.failures, *view.doubts) if one.about != "finding"]
    rows = [f"- {one.verdict}: {text(one.text)}{_to_do(one.hint)}" for one in reasons]
    return section("Keeps it from passing, beside findings", rows, most)


def remedy(view: Presentation, most: int) -> list[str]:
    """What clears several findings at once; what clears a single one stands beside that."""
    found = view.judgement.remedy
    several = [(one, count) for one in (found.steps if found else ()) if (count := view.cleared_by(one)) > 1]
    return section("Clears several", [f"- {text(one.text)}: clears {count} findings" for one, count in several], most)


def section(title: str, rows: Sequence[str], most: int) -> list[str]:
    """A heading and a list, which says how much of it was cut; nothing where the list is empty."""
    if not rows:
        return []
    return [f"### {title} ({len(rows)})", "", *rows[:most], *_more(len(rows) - most)]


def table(view: Presentation, found: Sequence[Judged], most: int) -> list[str]:
    """A table of findings."""
    if not found:
        return []
    rows = [_row(view, one) for one in found[:most]]
    heads = ["| Severity | Where | What | To do | Why |", "| --- | --- | --- | --- | --- |"] if rows else []
    more = _more(len(found) - most)
    return [*heads, *rows, *([""] if rows and more else []), *more]


def folded(title: str, lines: Sequence[str]) -> list[str]:
    """Lines that are shown when asked for. Blank lines let Markdown be Markdown inside of the element."""
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"] if lines else []


def not_looked_at(view: Presentation, most: int) -> list[str]:
    """What could not be looked at: scanners that nothing above tells of, and gaps by kind."""
    told = {one.subject for one in view.doubts if one.about == "scanner"}
    rows = [
        f"- {name(run.scanner)} {run.status}: {text(run.reason or 'it does not say why')}{_to_do(run.hint)}"
        for run in view.scan.scanners
        if run.status is not RunStatus.COMPLETED and not run.not_applicable and run.scanner not in told
    ]
    tolerated = {one.kind: one.reason for one in view.judgement.tolerated}
    rows += [_gap_row(group, tolerated.get(group.kind, "")) for group in view.gap_groups]
    return section("Could not be looked at", rows, most)


def waivers(view: Presentation, most: int, *, without: tuple[WaiverState, ...] = ()) -> list[str]:
    """Waivers that a person should look at, such as those that end soon."""
    odd = [one for one in view.judgement.waivers if one.state not in (WaiverState.USED, *without)]
    rows = [
        f"- {name(one.id)} of {name(one.owner)}, until {text(one.expires)}, is {one.state}: {text(one.text)}"
        for one in odd
    ]
    return section("Waivers to look at", rows, most)


def notices(view: Presentation, most: int) -> list[str]:
    """What the reader should know."""
    return section("To know", [f"- {name(one.subject)}: {text(one.text)}" for one in view.scan.notices], most)


def advisories(view: Presentation, most: int) -> list[str]:
    """How old the advisories are that packages were held against."""
    rows = [
        f"- {name(one.name)}, as of {text(one.as_of) or 'nobody knows when'}{_days(one, view)}"
        for one in view.scan.advisories
    ]
    return section("Advisories", rows, most)


def foot(view: Presentation) -> list[str]:
    """By whom all this is said."""
    ran = [run for run in view.scan.scanners if run.status is RunStatus.COMPLETED]
    scanners = ", ".join(f"{text(run.scanner)} {text(run.version)}".strip() for run in ran) or "no scanner"
    # An address of ours, but in the words of the environment: as it is where it is harmless, else not at all.
    ci = web_link(view.scan.run.ci) if view.scan.run else ""
    link = f"; [CI run](<{ci}>)" if ci and not set(ci) & set("<>\\`") else ""
    return [f"<sub>secscan {text(view.scan.secscan)} with {scanners}{link}</sub>"]


def _short(value: str, escape: Callable[[str], str]) -> str:
    """Escaped, and cut so far that a text that escaping makes many times as long pushes no row out."""
    most = _MOST_TEXT
    while True:
        shown = escape(value if len(value) <= most else f"{value[: most - 3]}...")
        if len(shown) <= _MOST_ESCAPED:
            return shown
        most //= 2


def _row(view: Presentation, judged: Judged) -> str:
    finding, decision = judged.finding, judged.decision
    link = finding_link(view.scan, finding)
    place = name(finding.place)
    where = f"[{place}]({link})" if link and place else place
    if judged.places:
        where += f" and {counted(len(judged.places), 'more place')}"
    known_as, new = main_identifier(finding), newness(decision)
    what = " ".join(part for part in (text(finding.title), name(known_as), f"({text(new)})" if new else "") if part)
    by = f"waiver {name(decision.waiver)}" if decision.waiver else name(decision.rule)
    reason = ": ".join(part for part in (by, text(decision.reason)) if part)
    to_do = text(finding.remediation or defect(finding.defect).remedy)
    cells = (finding.severity.value, where, what, to_do, reason)
    return f"| {' | '.join(cells)} |"


def _days(state: AdvisoryState, view: Presentation) -> str:
    """How old that was when it was judged by."""
    at = view.scan.run.judged_at if view.scan.run else ""
    if not is_time(state.as_of) or not is_time(at):
        return ""
    return f", {counted((datetime.fromisoformat(at) - datetime.fromisoformat(state.as_of)).days, 'day')} before"


def _gap_row(group: GapGroup, tolerated: str) -> str:
    subjects = list(dict.fromkeys(gap.subject for gap in group.gaps))
    names = ", ".join(name(one) for one in subjects[:_MOST_NAMES])
    more = f" and {len(subjects) - _MOST_NAMES} more" if len(subjects) > _MOST_NAMES else ""
    parts = [f"- {name(group.scanner)}, {group.kind} ({len(subjects)}): {names}{more}"]
    parts += [f"why: {text(one)}" for one in group.details[:_MOST_WHYS]]
    parts += [f"to do: {text(one)}" for one in group.remedies[:_MOST_WHYS]]
    parts += [f"tolerated: {text(tolerated)}"] if tolerated else []
    return "; ".join(parts)


def _to_do(hint: str) -> str:
    return f"; to do: {text(hint)}" if hint else ""


def _more(left: int) -> list[str]:
    return [f"... and {left} more, all in the HTML report."] if left > 0 else []
