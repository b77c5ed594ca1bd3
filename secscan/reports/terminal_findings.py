"""Findings on a terminal: what blocks in full, what is warned of folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from secscan.findings.levels import Action, Kind
from secscan.findings.model import Finding
from secscan.reports.escape import terminal
from secscan.reports.layers import layer_words
from secscan.reports.present import Judged, Presentation, counted, newness, other_decision, sources_of
from secscan.reports.terminal_page import Page

MOST_BLOCKED = 25
MOST_WARNED = 10
SAID = {Action.BLOCK: "blocked", Action.WARN: "warned of", Action.ACCEPT: "accepted"}

_MOST_NAMES = 4
_MOST_PLACES = 5
_MOST_LINES = 3
_LONGEST_MESSAGE = 400
_IN = 12
"""Where the text of a finding begins, to the right of its severity."""


def blocked(page: Page, view: Presentation, most: int) -> Iterator[str]:
    """What blocks, in full, the most important first."""
    judged = view.with_action(Action.BLOCK)
    if not judged:
        return
    yield page.head(f"Blocks ({_how_many(judged)})")
    above: Finding | None = None
    for one in judged[:most]:
        yield ""
        yield from _detailed(page, one, above)
        above = one.finding
    if len(judged) > most:
        yield ""
        yield from the_rest(page, len(judged) - most)


def warned(page: Page, view: Presentation, most: int) -> Iterator[str]:
    """What is warned of, the same at several places once."""
    judged = view.with_action(Action.WARN)
    if not judged:
        return
    yield page.head(f"Warns ({_how_many(judged)})")
    groups: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        groups.setdefault(_fold(one.finding), []).append(one)
    for group in list(groups.values())[:most]:
        yield from _folded(page, group)
    if len(groups) > most:
        yield from the_rest(page, sum(map(len, list(groups.values())[most:])))


def the_rest(page: Page, count: int) -> list[str]:
    """How many more there are, and what shows them."""
    return page.wrapped(f"... and {count} more; `secscan report secscan.json --all` shows all", indent=2)


def place_of(finding: Finding) -> str:
    """`path:line:column`, as terminals and editors open it."""
    region = finding.location.region
    column = f":{region.start_column}" if region and region.start_column else ""
    return terminal(f"{finding.place}{column}")


def _how_many(judged: Sequence[Judged]) -> str:
    if all(one.decision.new is None for one in judged):  # there is no baseline
        return str(len(judged))
    new = sum(bool(one.decision.new) for one in judged)
    return f"{len(judged)}: {new} new, {len(judged) - new} known"


def _fold(finding: Finding) -> tuple[str, str]:
    """What makes two findings one line: the same package, or the same defect."""
    if finding.package is not None:
        return finding.package.purl, ""
    return finding.title, finding.severity


def _folded(page: Page, group: Sequence[Judged]) -> Iterator[str]:
    """One line of what, one of where; the worst finding of a package stands for all."""
    finding = group[0].finding
    text = terminal(finding.title)
    if len(group) > 1 and finding.package is not None:
        name = f"{finding.package.name} {finding.package.version}"
        text = terminal(f"{name}: {len(group)} findings, the worst: {finding.title}")
    elif len(group) > 1:
        text += f" ({len(group)})"
    yield f"  {page.styled(f'{finding.severity:<8}', finding.severity)}  {page.cut(text, _IN)}"
    places = list(dict.fromkeys(place_of(here.finding) for one in group for here in (one, *one.places)))
    more = f", and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    yield from page.wrapped(f"{', '.join(places[:_MOST_PLACES])}{more}", indent=_IN, hang=2)
    fixes = {one.finding.remediation for one in group}
    if finding.package is not None and len(fixes) == 1 and finding.remediation:
        yield from page.wrapped(f"fix: {terminal(finding.remediation)}", indent=_IN, hang=5)


def _detailed(page: Page, one: Judged, above: Finding | None) -> Iterator[str]:
    """A finding in full; what it has in common with the one `above` it is not said twice."""
    finding = one.finding
    same = above is not None and (above.title, above.message) == (finding.title, finding.message)
    severity = page.styled(f"{finding.severity:<8}", finding.severity)
    symbol = f" in {terminal(finding.location.symbol)}" if finding.location.symbol else ""
    yield f"  {severity}  {page.head(page.cut(terminal(finding.title), _IN))}"
    yield f"{'':{_IN}}{place_of(finding)}{symbol}"
    if finding.layer:
        yield from page.wrapped(f"in {terminal(layer_words(finding.layer))}", indent=_IN)
    yield from _places(page, one)
    yield from _code(page, finding)
    if finding.message and finding.package is None and not same:
        yield from page.wrapped(terminal(_first(finding.message)), indent=_IN, hang=0)
    for note in finding.notes if finding.kind is Kind.SECRET else ():
        yield from page.wrapped(terminal(note), indent=_IN)
    if finding.remediation:
        known = same and above is not None and above.remediation == finding.remediation
        fix = "as above" if known else terminal(finding.remediation)
        yield from page.wrapped(f"fix: {fix}", indent=_IN, hang=5)
    yield from _why(page, one)


def _why(page: Page, one: Judged) -> Iterator[str]:
    """By which rule, by whom, and under what id it is explained and waived."""
    other = one.decision.other
    disagrees = other_decision(one.decision) if other and other.action is not one.decision.action else ""
    more = "".join(f"; {terminal(text)}" for text in (newness(one.decision), disagrees) if text)
    why = f"why: {terminal(one.decision.reason)} (rule {terminal(one.decision.rule)}{more})"
    yield from page.wrapped(why, indent=_IN, hang=5)
    identifiers = [name for name in one.finding.identifiers if not name.startswith("CWE-")]
    names = f"; {terminal(', '.join(identifiers[:_MOST_NAMES]))}" if identifiers else ""
    for line in page.wrapped(f"by: {terminal(sources_of(one.finding))}{names}", indent=_IN, hang=4):
        yield page.styled(line, "dim")
    yield page.styled(f"{'':{_IN}}id: {terminal(one.finding.fingerprint)}", "dim")


def _code(page: Page, finding: Finding) -> Iterator[str]:
    """The lines of the statement, with their numbers; of a long one, those around what was pointed at."""
    location = finding.location
    lines = location.snippet.splitlines()
    first = location.snippet_line
    pointed_at = location.region.start_line - first if location.region else 0
    start = max(0, min(pointed_at - 1, len(lines) - _MOST_LINES))
    shown = list(enumerate(lines))[start : start + _MOST_LINES]
    wide = len(str(first + start + len(shown) - 1)) if shown else 0
    for at, line in shown:
        # The number and the bar keep a hostile line from beginning with a command for the platform.
        gutter = f"{'':{_IN}}{first + at:>{wide}} | "
        yield page.styled(gutter, "dim") + page.cut(terminal(line), len(gutter))


def _places(page: Page, one: Judged) -> Iterator[str]:
    """The further places of the same secret; those that the policy says something milder of say so."""
    if not one.places:
        return
    named = [
        place_of(here.finding)
        + ("" if here.decision.action is one.decision.action else f" ({SAID[here.decision.action]})")
        for here in one.places[:_MOST_PLACES]
    ]
    more = f", and {len(one.places) - _MOST_PLACES} more" if len(one.places) > _MOST_PLACES else ""
    text = f"also in {counted(len(one.places), 'more place')}: {', '.join(named)}{more}"
    yield from page.wrapped(text, indent=_IN, hang=2)


def _first(text: str) -> str:
    """The first paragraph, at most a few sentences of it."""
    paragraph = text.strip().split("\n\n", 1)[0]
    return paragraph if len(paragraph) <= _LONGEST_MESSAGE else f"{paragraph[: _LONGEST_MESSAGE - 3]}..."
