"""Coverage for a terminal: groups with numbers first, then what nobody looked at, then what single scanners lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from secscan.findings.coverage import Sort
from secscan.findings.model import Gap
from secscan.findings.scan import Scan
from secscan.reports.covered.document import Document, Ran, Unseen, Way, of_file, reason
from secscan.reports.escape import terminal
from secscan.reports.present import counted
from secscan.reports.terminal_page import Page

_MOST = 10
"""Entries of a list that are shown where not everything is asked for."""
_NOT_TOLD = "This scan does not tell who looked at which file: a version of secscan made it that did not keep that."


def render_text(document: Document, *, width: int, everything: bool) -> str:
    """Return the whole text."""
    page = Page(width, colour=False)
    most = len(document.nobody) + len(document.gaps) + len(document.out_of_scope) if everything else _MOST
    return "\n".join(_lines(page, document, most)) + "\n"


def file_lines(scan: Scan, path: str) -> Iterator[str]:
    """Yield, still to be escaped, who looked at one file and who did not."""
    found = of_file(scan, path)
    gaps = [gap for gap in scan.gaps if gap.subject == path]
    if found is not None:
        file, row = found
        yield f"{path}: {_what(row.kind, row.form)}, content {file.digest}"
        yield f"  looked at by {', '.join(row.looked_at) or 'nobody'}"
        if row.partly:
            yield f"  looked at in part by {', '.join(row.partly)}"
        if row.missed:
            yield f"  not looked at by {', '.join(row.missed)}"
        named = {*row.looked_at, *row.partly, *row.missed}
        others = [one.scanner for one in scan.scanners if one.scanner not in named and not one.imported]
        if others:
            yield f"  no business of {', '.join(others)}"
    elif scan.files and not scan.coverage:
        yield _NOT_TOLD
    else:
        yield f"{path}: not among the files in scope"
    yield from (f"  {reason(gap)}" for gap in gaps)
    yield from (f"  left out: {one.path}: {one.reason}" for one in scan.target.out_of_scope if one.path == path)


def _lines(page: Page, document: Document, most: int) -> Iterator[str]:
    yield terminal(f"Coverage of {document.target}, digest {document.digest[:16]}")
    if not document.told:
        yield from page.wrapped(_NOT_TOLD, indent=0)
    yield from _ways(page, document.ways)
    if document.not_as_code:
        named = ", ".join(f"{name} ({count})" for name, count in document.not_as_code.items())
        yield page.head("Looked at by no scanner of code")
        yield from page.wrapped(terminal(named), indent=2)
    yield from _scanners(page, document.scanners)
    yield from _nobody(page, document.nobody, most)
    yield from _gaps(page, document.gaps, most)
    if document.out_of_scope:
        yield page.head(f"Left out of scope ({len(document.out_of_scope)})")
    for one in document.out_of_scope[:most]:
        files = f" ({counted(one.files, 'file')})" if one.files else ""
        yield from page.wrapped(terminal(f"{one.path}{files}: {one.reason}"), indent=2)
    yield from _rest(len(document.out_of_scope), most)


def _ways(page: Page, ways: tuple[Way, ...]) -> Iterator[str]:
    for sort in Sort:
        rows = [way for way in ways if way.of == sort]
        if not rows:
            continue
        yield page.head(f"{sort.capitalize()} ({sum(way.count for way in rows)})")
        names = [terminal(_what(way.kind, way.form)) if sort in (Sort.FILES, Sort.PACKAGES) else "" for way in rows]
        column = min(24, max(map(len, names)))
        digits = max(len(str(way.count)) for way in rows)
        for way, name in zip(rows, names, strict=True):
            lead = f"  {way.count:>{digits}}  {name:<{column}}".rstrip()
            indent = digits + column + 6
            first, *others = page.wrapped(terminal(_who(way)), indent=indent, hang=2)
            yield f"{lead:<{indent}}{first.lstrip()}" if len(lead) < indent else f"{lead}  {first.lstrip()}"
            yield from others


def _what(kind: str, form: str) -> str:
    return ", ".join(word for word in (kind, form) if word) or "of no known kind"


def _who(way: Way) -> str:
    parts = [", ".join(way.looked_at)] if way.looked_at else []
    parts += [f"in part {', '.join(way.partly)}"] if way.partly else []
    parts += [f"NOT {', '.join(way.missed)}"] if way.missed else []
    return "; ".join(parts) or "nobody"


def _scanners(page: Page, scanners: tuple[Ran, ...]) -> Iterator[str]:
    if scanners:
        yield page.head("Scanners")
    for one in scanners:
        if one.idle:
            continue
        control = "control found" if one.control else "control not found"
        why = f": {one.reason}" if one.reason else ""
        yield from page.wrapped(
            terminal(f"{one.scanner}: {one.looked_at} of {one.selected}, {one.status}{why}, {control}"), indent=2
        )
    idle = [one.scanner for one in scanners if one.idle]
    if idle:
        yield from page.wrapped(terminal(f"nothing in the target concerns {', '.join(idle)}"), indent=2)


def _nobody(page: Page, unseen: tuple[Unseen, ...], most: int) -> Iterator[str]:
    yield page.head(f"Nobody looked at ({len(unseen)})")
    if not unseen:
        yield "  nothing: each thing in scope was looked at by a scanner"
    by_reason: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in unseen:
        by_reason[one.why].append(one.subject)
    for why, subjects in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0])):
        yield from page.wrapped(f"{_names(subjects, most)}:", indent=2)
        yield from (line for text in why for line in page.wrapped(terminal(text), indent=4))


def _gaps(page: Page, gaps: tuple[Gap, ...], most: int) -> Iterator[str]:
    if not gaps:
        return
    subjects = {(gap.scanner, gap.subject) for gap in gaps}
    yield page.head(f"What single scanners could not look at ({len(subjects)})")
    groups: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for gap in gaps:
        groups[gap.scanner, gap.kind, gap.detail].append(gap.subject)
    shown = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    for (scanner, kind, detail), names in shown[:most]:
        yield from page.wrapped(f"{terminal(f'{scanner}, {kind}')}: {_names(names, most)}", indent=2)
        yield from page.wrapped(terminal(detail), indent=4)
    yield from _rest(len(shown), most)


def _names(subjects: Iterable[str], most: int) -> str:
    names = list(dict.fromkeys(subjects))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(terminal, names[:most])) + more


def _rest(count: int, most: int) -> Iterator[str]:
    if count > most:
        yield f"  and {count - most} more: --all shows them"
