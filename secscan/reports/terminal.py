"""The report for a terminal: what to do first, readable at 80 columns, with and without colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from secscan.findings.levels import Action, Kind, Severity, WaiverState
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.escape import terminal
from secscan.reports.layers import base_sentences, layer_rows, layer_words
from secscan.reports.present import (
    GapGroup,
    Judged,
    Presentation,
    counted,
    kept_of,
    newness,
    other_decision,
    ran_as,
    sources_of,
)

_MOST_BLOCKED = 40
_MOST_WARNED = 15
_MOST_NAMES = 4
_MOST_PLACES = 5
_MOST_REASONS = 5
_MOST_WHYS = 3

_SAID = {Action.BLOCK: "blocked", Action.WARN: "warned of", Action.ACCEPT: "accepted"}

_STYLES = {
    "failed": "1;97;41",
    "incomplete": "1;30;43",
    "passed": "1;97;42",
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.UNKNOWN: "35",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
    "head": "1",
    "dim": "2",
}


def render(scan: Scan) -> bytes:
    """Return the report without colour, 80 columns wide."""
    return render_text(scan, width=80, colour=False).encode("utf-8")


def render_text(scan: Scan, *, width: int, colour: bool) -> str:
    """Return the whole report as text of lines at most `width` wide, where the text allows it."""
    page = _Page(width, colour)
    view = Presentation(scan)
    blocks = (
        page.banner(view),
        _reasons(page, view),
        _findings(page, "Blocks", view.with_action(Action.BLOCK), _MOST_BLOCKED, detailed=True),
        _findings(page, "Warns", view.with_action(Action.WARN), _MOST_WARNED, detailed=False),
        _accepted(view),
        _layers(page, view),
        _remedy(page, view),
        _waivers(page, view),
        _fixed(page, view),
        _gaps(page, view),
        _scanners(page, view),
        _notices(page, view),
        page.banner(view),
    )
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block))) + "\n"


def render_verdict(scan: Scan, *, width: int, colour: bool) -> str:
    """Return the verdict and its first reasons only."""
    page = _Page(width, colour)
    view = Presentation(scan)
    lines = page.banner(view)
    reasons = [*view.failures, *view.doubts]
    for reason in reasons[:_MOST_REASONS]:
        lines += page.wrapped(f"- {terminal(reason.text)}", indent=2)
    if len(reasons) > _MOST_REASONS:
        lines.append(f"  ... and {len(reasons) - _MOST_REASONS} more; the reports show all")
    return "\n".join(lines) + "\n"


class _Page:
    """Width and colour, and the few ways to set a line."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width = max(width, 40)
        self._colour = colour

    def styled(self, text: str, style: str) -> str:
        """Colour a text that has been escaped already."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colour else text

    def banner(self, view: Presentation) -> list[str]:
        verdict = view.judgement.verdict
        by = f" (policy {terminal(view.judgement.policy)})" if view.judgement.policy else ""
        stamp = f" {verdict.upper()} "
        room = "_" * len(stamp)  # a blank would be lost when the text is broken into lines
        head, *rest = self.wrapped(f"{room} {view.sentence}{by}", indent=0)
        return [self.styled(stamp, verdict.value) + head.removeprefix(room), *rest]

    def head(self, text: str) -> str:
        return self.styled(text, "head")

    def wrapped(self, text: str, *, indent: int, hang: int = 2) -> list[str]:
        """Break an escaped text into lines; what has no blank to break at stays whole, so that it can be copied."""
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + hang),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def cut(self, text: str, indent: int) -> str:
        room = self.width - indent
        return text if len(text) <= room else text[: room - 3] + "..."


def _reasons(page: _Page, view: Presentation) -> Iterator[str]:
    """Why it is incomplete; why it failed is told by the findings below."""
    if not view.doubts:
        return
    yield page.head(f"Not looked at, though the policy asks for it ({len(view.doubts)})")
    for reason in view.doubts:
        yield from page.wrapped(f"- {terminal(reason.text)}", indent=2)
        if reason.hint:
            yield from page.wrapped(f"to do: {terminal(reason.hint)}", indent=4)


def _findings(page: _Page, title: str, judged: tuple[Judged, ...], most: int, *, detailed: bool) -> Iterator[str]:
    if not judged:
        return
    yield page.head(f"{title} ({len(judged)})")
    for one in judged[:most]:
        if detailed:
            yield ""
            yield from _detailed(page, one)
        else:
            yield from _brief(page, one)
    if len(judged) > most:
        yield f"  ... and {len(judged) - most} more; the HTML report shows all"


def _brief(page: _Page, one: Judged) -> Iterator[str]:
    finding = one.finding
    severity = page.styled(f"{finding.severity:<8}", finding.severity)
    yield f"  {severity}  {terminal(finding.place)}"
    yield "            " + page.cut(terminal(finding.title), 12)
    yield from _places(page, one)


def _detailed(page: _Page, one: Judged) -> Iterator[str]:
    finding = one.finding
    severity = page.styled(f"{finding.severity:<8}", finding.severity)
    symbol = f" in {terminal(finding.location.symbol)}" if finding.location.symbol else ""
    yield f"  {severity}  {page.head(page.cut(terminal(finding.title), 12))}"
    yield f"            {terminal(finding.place)}{symbol}"
    if finding.layer:
        yield f"            in {terminal(layer_words(finding.layer))}"
    yield from _places(page, one)
    for line in finding.location.snippet.splitlines()[:3]:
        # The bar keeps a hostile line from beginning with a command for the platform.
        yield page.styled("            | ", "dim") + page.cut(terminal(line), 14)
    if finding.message and finding.package is None:
        yield from page.wrapped(terminal(_first(finding.message)), indent=12, hang=0)
    for note in finding.notes if finding.kind is Kind.SECRET else ():
        yield from page.wrapped(terminal(note), indent=12, hang=2)
    if finding.remediation:
        yield from page.wrapped(f"fix: {terminal(finding.remediation)}", indent=12, hang=5)
    other = one.decision.other
    disagrees = other_decision(one.decision) if other and other.action is not one.decision.action else ""
    more = "".join(f"; {terminal(text)}" for text in (newness(one.decision), disagrees) if text)
    why = f"why: {terminal(one.decision.reason)} (rule {terminal(one.decision.rule)}{more})"
    yield from page.wrapped(why, indent=12, hang=5)
    identifiers = [name for name in finding.identifiers if not name.startswith("CWE-")]
    names = f"; {terminal(', '.join(identifiers[:_MOST_NAMES]))}" if identifiers else ""
    for line in page.wrapped(f"by:  {terminal(sources_of(finding))}{names}", indent=12, hang=5):
        yield page.styled(line, "dim")
    yield page.styled(f"            id:  {terminal(finding.fingerprint)}", "dim")


def _places(page: _Page, one: Judged) -> Iterator[str]:
    """The further places of the same secret; those that the policy says something milder of say so."""
    if not one.places:
        return
    named = [
        terminal(here.finding.place)
        + ("" if here.decision.action is one.decision.action else f" ({_SAID[here.decision.action]})")
        for here in one.places[:_MOST_PLACES]
    ]
    more = f", and {len(one.places) - _MOST_PLACES} more" if len(one.places) > _MOST_PLACES else ""
    text = f"also in {counted(len(one.places), 'more place')}: {', '.join(named)}{more}"
    yield from page.wrapped(text, indent=12, hang=2)


def _accepted(view: Presentation) -> Iterator[str]:
    count = view.by_action[Action.ACCEPT]
    if count:
        yield f"Accepted: {count}; the HTML report shows them"


def _layers(page: _Page, view: Presentation) -> Iterator[str]:
    """The layers of an image, with what each brought."""
    rows = layer_rows(view)
    if not rows:
        return
    yield page.head(f"Layers ({len(rows)})")
    for row in rows[:_MOST_WARNED]:
        counts = ", ".join(f"{row.counts[action]} {_SAID[action]}" for action in Action if row.counts[action])
        origin = f" ({row.origin})" if row.origin else ""
        words = f"{row.index} {row.digest}{origin}: {counted(row.packages, 'package')}, {counts or 'no finding'}"
        yield from page.wrapped(terminal(words), indent=2, hang=4)
        if row.command:
            yield page.styled("      " + page.cut(terminal(row.command), 6), "dim")
    if len(rows) > _MOST_WARNED:
        yield f"  ... and {len(rows) - _MOST_WARNED} more; the HTML report shows all"
    for text in base_sentences(view):
        yield from page.wrapped(f"- {terminal(text)}", indent=2)


def _remedy(page: _Page, view: Presentation) -> Iterator[str]:
    """What to do first, where one step clears several findings; each other finding says what to do itself."""
    remedy = view.judgement.remedy
    several = [(one, count) for one in remedy.steps if (count := view.cleared_by(one)) > 1] if remedy else []
    if remedy and several:
        yield page.head(
            f"What clears most ({len(remedy.steps)} steps turn the gate green: `secscan explain --verdict`)"
        )
    for one, count in several[:_MOST_REASONS]:
        yield from page.wrapped(f"- {terminal(one.text)}: clears {count} findings", indent=2)


def _waivers(page: _Page, view: Presentation) -> Iterator[str]:
    """Waivers that a person should look at."""
    odd = [one for one in view.judgement.waivers if one.state is not WaiverState.USED]
    if odd:
        yield page.head(f"Waivers to look at ({len(odd)} of {len(view.judgement.waivers)})")
    for one in odd[:_MOST_WARNED]:
        text = f"- {one.id} ({one.owner}, until {one.expires}) is {one.state}: {one.text}"
        yield from page.wrapped(terminal(text), indent=2)
    if len(odd) > _MOST_WARNED:
        yield f"  ... and {len(odd) - _MOST_WARNED} more"


def _fixed(page: _Page, view: Presentation) -> Iterator[str]:
    """What the baseline had, and is gone."""
    fixed = view.judgement.fixed
    if fixed:
        yield page.head(f"Gone since the baseline ({len(fixed)})")
    for one in fixed[:_MOST_WARNED]:
        yield "  " + page.cut(terminal(f"{one.path}: {one.title}"), 2)
    if len(fixed) > _MOST_WARNED:
        yield f"  ... and {len(fixed) - _MOST_WARNED} more"


def _gaps(page: _Page, view: Presentation) -> Iterator[str]:
    if not view.scan.gaps:
        return
    tolerated = sum(one.count for one in view.judgement.tolerated)
    yield page.head(f"Could not be looked at ({len(view.scan.gaps)}, of which the policy tolerates {tolerated})")
    for group in view.gap_groups:
        yield from _gap_group(page, group)
    for one in view.judgement.tolerated:
        yield from page.wrapped(
            f"tolerated: {one.count} {terminal(one.kind)}: {terminal(one.reason)}", indent=2, hang=4
        )


def _gap_group(page: _Page, group: GapGroup) -> Iterator[str]:
    subjects = list(dict.fromkeys(gap.subject for gap in group.gaps))
    names = ", ".join(terminal(name) for name in subjects[:_MOST_NAMES])
    more = f", and {len(subjects) - _MOST_NAMES} more" if len(subjects) > _MOST_NAMES else ""
    yield from page.wrapped(
        f"{terminal(group.scanner)}: {terminal(group.kind)} ({len(subjects)}): {names}{more}", indent=2, hang=4
    )
    for title, texts in (("why", group.details), ("to do", group.remedies)):
        for text in texts[:_MOST_WHYS]:
            yield from page.wrapped(f"{title}: {terminal(text)}", indent=6)


def _scanners(page: _Page, view: Presentation) -> Iterator[str]:
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


def _notices(page: _Page, view: Presentation) -> Iterable[str]:
    if not view.scan.notices:
        return
    yield page.head("To know")
    for notice in view.scan.notices[:_MOST_WARNED]:
        yield from page.wrapped(f"- {terminal(notice.subject)}: {terminal(notice.text)}", indent=2)
    if len(view.scan.notices) > _MOST_WARNED:
        yield f"  ... and {len(view.scan.notices) - _MOST_WARNED} more"


def _first(text: str) -> str:
    """The first paragraph, at most a few sentences of it."""
    paragraph = text.strip().split("\n\n", 1)[0]
    return paragraph if len(paragraph) <= 400 else f"{paragraph[:397]}..."


FORMAT = Format(name="terminal", suffix=".txt", title="For a terminal", render=render)
"""What the registry finds."""
