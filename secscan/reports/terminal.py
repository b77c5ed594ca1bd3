"""The report for a terminal: what to do first, readable at 80 columns, with and without colour."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from secscan.findings.levels import Action, WaiverState
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.escape import terminal
from secscan.reports.layers import base_sentences, layer_rows
from secscan.reports.present import GapGroup, Presentation, counted, kept_of, ran_as
from secscan.reports.terminal_findings import MOST_BLOCKED, MOST_WARNED, SAID, blocked, the_rest, warned
from secscan.reports.terminal_page import Page, columns

_MOST_NAMES = 4
_MOST_REASONS = 5
_MOST_WHYS = 3
_MOST_LISTED = 15


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the report without colour, 80 columns wide."""
    yield render_text(view.scan, width=80, colour=False).encode("utf-8")


def render_text(scan: Scan, *, width: int, colour: bool, everything: bool = False) -> str:
    """Return the whole report as text of lines at most `width` wide, where the text allows it. Of long lists only the
    beginning is shown, unless `everything` is wanted."""
    page = Page(width, colour)
    view = Presentation(scan)
    blocks = (
        _banner(page, view),
        blocked(page, view, _most(MOST_BLOCKED, everything)),
        _remedy(page, view),
        _reasons(page, view),
        warned(page, view, _most(MOST_WARNED, everything)),
        _accepted(view),
        _fixed(page, view, _most(_MOST_LISTED, everything)),
        _waivers(page, view, _most(_MOST_LISTED, everything)),
        _layers(page, view, _most(_MOST_LISTED, everything)),
        _gaps(page, view, _most(_MOST_NAMES, everything)),
        _scanners(page, view),
        _notices(page, view, _most(_MOST_LISTED, everything)),
        _verdict_line(page, view),
    )
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block))) + "\n"


def render_verdict(scan: Scan, *, width: int, colour: bool) -> str:
    """Return the verdict and its first reasons only."""
    page = Page(width, colour)
    view = Presentation(scan)
    lines = _banner(page, view)
    reasons = [*view.failures, *view.doubts]
    lines += page.listed((terminal(reason.text) for reason in reasons[:_MOST_REASONS]), indent=2)
    if len(reasons) > _MOST_REASONS:
        lines.append(f"  ... and {len(reasons) - _MOST_REASONS} more; the reports show all")
    return "\n".join(lines) + "\n"


def _most(usual: int, everything: bool) -> int:
    return sys.maxsize if everything else usual


def _banner(page: Page, view: Presentation) -> list[str]:
    """The verdict in a sentence."""
    stamp = f" {view.judgement.verdict.upper()} "
    room = "_" * len(stamp)  # a blank would be lost when the text is broken into lines
    head, *rest = page.wrapped(f"{room} {view.sentence}{_by(view)}", indent=0)
    return [page.styled(stamp, view.judgement.verdict.value) + head.removeprefix(room), *rest]


def _verdict_line(page: Page, view: Presentation) -> list[str]:
    """The verdict in one line, which stands at the prompt when all is said."""
    stamp = f" {view.judgement.verdict.upper()} "
    counts = view.by_action
    parts = [f"{counts[action]} {SAID[action]}" for action in Action if counts[action]]
    if view.doubts:
        parts.insert(bool(counts[Action.BLOCK]), f"{len(view.doubts)} not looked at")
    text = ", ".join(parts) or "no findings"
    if view.judgement.log_only:
        text += "; the policy only logs"
    text = next(one for one in (f"{text}{_by(view)}", text) if columns(one) < page.width - len(stamp) or one is text)
    return [f"{page.styled(stamp, view.judgement.verdict.value)} {page.cut(text, len(stamp) + 1)}"]


def _by(view: Presentation) -> str:
    return f" (policy {terminal(view.judgement.policy)})" if view.judgement.policy else ""


def _reasons(page: Page, view: Presentation) -> Iterator[str]:
    """Why it is incomplete; why it failed is told by the findings."""
    if not view.doubts:
        return
    yield page.head(f"Not looked at, though the policy asks for it ({len(view.doubts)})")
    for reason in view.doubts:
        yield from page.wrapped(f"- {terminal(reason.text)}", indent=2)
        if reason.hint:
            yield from page.wrapped(f"to do: {terminal(reason.hint)}", indent=4)


def _accepted(view: Presentation) -> Iterator[str]:
    count = view.by_action[Action.ACCEPT]
    if count:
        yield f"Accepted: {count}; the HTML report shows them"


def _layers(page: Page, view: Presentation, most: int) -> Iterator[str]:
    """The layers of an image, with what each brought."""
    rows = layer_rows(view)
    if not rows:
        return
    yield page.head(f"Layers ({len(rows)})")
    for row in rows[:most]:
        counts = ", ".join(f"{row.counts[action]} {SAID[action]}" for action in Action if row.counts[action])
        origin = f" ({row.origin})" if row.origin else ""
        words = f"{row.index} {row.digest}{origin}: {counted(row.packages, 'package')}, {counts or 'no finding'}"
        yield from page.wrapped(terminal(words), indent=2, hang=4)
        if row.command:
            yield page.styled("      " + page.cut(terminal(row.command), 6), "dim")
    if len(rows) > most:
        yield from the_rest(page, len(rows) - most)
    yield from page.listed(map(terminal, base_sentences(view)), indent=2)


def _remedy(page: Page, view: Presentation) -> Iterator[str]:
    """What to do first, where one step clears several findings; each other finding says what to do itself."""
    remedy = view.judgement.remedy
    several = [(one, count) for one in remedy.steps if (count := view.cleared_by(one)) > 1] if remedy else []
    if remedy and several:
        yield page.head(
            f"What clears most ({len(remedy.steps)} steps turn the gate green: `secscan explain --verdict`)"
        )
    for one, count in several[:_MOST_REASONS]:
        yield from page.wrapped(f"- {terminal(one.text)}: clears {count} findings", indent=2)


def _waivers(page: Page, view: Presentation, most: int) -> Iterator[str]:
    """Waivers that a person should look at."""
    odd = [one for one in view.judgement.waivers if one.state is not WaiverState.USED]
    if odd:
        yield page.head(f"Waivers to look at ({len(odd)} of {len(view.judgement.waivers)})")
    for one in odd[:most]:
        text = f"- {one.id} ({one.owner}, until {one.expires}) is {one.state}: {one.text}"
        yield from page.wrapped(terminal(text), indent=2)
    if len(odd) > most:
        yield from the_rest(page, len(odd) - most)


def _fixed(page: Page, view: Presentation, most: int) -> Iterator[str]:
    """What the baseline had, and is gone."""
    fixed = view.judgement.fixed
    if fixed:
        yield page.head(f"Gone since the baseline ({len(fixed)})")
    for one in fixed[:most]:
        yield "  " + page.cut(terminal(f"{one.path}: {one.title}"), 2)
    if len(fixed) > most:
        yield from the_rest(page, len(fixed) - most)


def _gaps(page: Page, view: Presentation, most: int) -> Iterator[str]:
    if not view.scan.gaps:
        return
    tolerated = sum(one.count for one in view.judgement.tolerated)
    yield page.head(f"Could not be looked at ({len(view.scan.gaps)}, of which the policy tolerates {tolerated})")
    for group in view.gap_groups:
        yield from _gap_group(page, group, most)
    for one in view.judgement.tolerated:
        yield from page.wrapped(
            f"tolerated: {one.count} {terminal(one.kind)}: {terminal(one.reason)}", indent=2, hang=4
        )


def _gap_group(page: Page, group: GapGroup, most: int) -> Iterator[str]:
    subjects = list(dict.fromkeys(gap.subject for gap in group.gaps))
    names = ", ".join(terminal(name) for name in subjects[:most])
    more = f", and {len(subjects) - most} more" if len(subjects) > most else ""
    yield from page.wrapped(
        f"{terminal(group.scanner)}: {terminal(group.kind)} ({len(subjects)}): {names}{more}", indent=2, hang=4
    )
    for title, texts in (("why", group.details), ("to do", group.remedies)):
        for text in texts[:_MOST_WHYS]:
            yield from page.wrapped(f"{title}: {terminal(text)}", indent=6)


def _scanners(page: Page, view: Presentation) -> Iterator[str]:
    yield page.head("Scanners")
    idle = [run.scanner for run in view.scan.scanners if run.not_applicable]
    for run in view.scan.scanners:
        if run.scanner in idle:
            continue
        control = "control found" if run.control else "control not found" if run.selected else ""
        words = [
            f"{run.scanner} {run.version}".strip(),
            run.status.value,
            ran_as(run, kept_of(view.scan, run)),
            control,
        ]
        yield from page.wrapped(terminal(" - ".join(word for word in words if word)), indent=2)
    if idle:
        yield from page.wrapped(f"nothing in the target concerns {terminal(', '.join(idle))}", indent=2)


def _notices(page: Page, view: Presentation, most: int) -> Iterable[str]:
    if not view.scan.notices:
        return
    yield page.head("To know")
    for notice in view.scan.notices[:most]:
        yield from page.wrapped(f"- {terminal(notice.subject)}: {terminal(notice.text)}", indent=2)
    if len(view.scan.notices) > most:
        yield from the_rest(page, len(view.scan.notices) - most)


FORMAT = Format(name="terminal", suffix=".txt", title="For a terminal", parts=parts)
"""What the registry finds."""
