"""Gives findings in files their context: statement, snippet, symbol, masked structure, in-source markers.

Scanners say where; what stands there is read once, here, by one lexer, so that the findings of all tools can be
compared and recognised again. Snippets still hold what the file holds: they are scrubbed before they are saved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

import msgspec

from secscan.errors import TargetError
from secscan.findings.fingerprint import structure_digest
from secscan.findings.levels import Kind
from secscan.findings.model import SNIPPET_LINES, Finding, Region
from secscan.memo import Memo, NoMemo
from secscan.scanners.markers import Directive, read_directives, read_directives_of_file
from secscan.secrets.texts import decoded
from secscan.targets.contract import Target
from secscan.targets.source import PythonSource, SourceText, Statement, open_source

_SNIPPET_WIDTH = 240
_SHOWN_BEFORE = 80
"""Characters shown before what the scanner pointed at, in a line too long to show."""


_WORK = "statements"


def enrich(findings: Iterable[Finding], target: Target, memo: Memo | None = None) -> tuple[Finding, ...]:
    """Return the findings, in their order, with statement, snippet, symbol, context and markers filled in where they
    have a region in a file of the target. Others, and those in files that have changed, stay as they are. `memo`
    remembers where the statements of a file stand."""
    memo = memo or NoMemo()
    result = list(findings)
    by_path: dict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(result):
        if finding.location.region is not None:
            by_path[finding.location.path].append(index)
    languages = {file.path: file.language for file in target.files if file.path in by_path}
    parts = dict.fromkeys(languages, b"")
    known, new = memo.recall(_WORK, parts), dict[str, bytes]()
    for path, indices in by_path.items():
        if path not in languages:
            continue
        try:
            data = target.read(path)
        except (KeyError, TargetError):
            continue
        source = open_source(path, languages[path], data, statements=known.get(path, b""))
        reader = _Reader(source, data)
        for index in indices:
            result[index] = reader.enriched(result[index])
        if path not in known and isinstance(source, PythonSource):
            new[path] = source.statements()
    memo.remember(_WORK, parts, new)
    return tuple(result)


class _Reader:
    """One file, and what was already read of it."""

    def __init__(self, source: SourceText, data: bytes) -> None:
        self.source = source
        self._data = data
        self._directives: dict[Region, tuple[Directive, ...]] = {}

    def enriched(self, finding: Finding) -> Finding:
        region = finding.location.region
        if region is None:
            return finding
        hidden = region if finding.kind is Kind.SECRET else None
        statement = self.source.statement_at(region.start_line, region.start_column, hidden=hidden)
        location = msgspec.structs.replace(
            finding.location,
            statement=statement.region,
            snippet="",
            symbol=finding.location.symbol or statement.symbol,
            context=structure_digest(statement.masked),
        )
        if hidden is None or self._sees_the_same:
            snippet = self._snippet(statement, region, location.snippet_line)
            location = msgspec.structs.replace(location, snippet=snippet)
        marked = statement.region if self.source.marked_as_a_whole else region
        directives = (*self._directives_at(marked), *self._directives_of_file)
        markers = [one.marker for one in directives if one.concerns(finding)]
        return msgspec.structs.replace(finding, location=location, markers=(*finding.markers, *markers))

    @cached_property
    def _sees_the_same(self) -> bool:
        """Whether what looks for secrets sees the same lines. Where it does not (UTF-16 without a mark, lone `\r`), its
        region points elsewhere in them, and nobody knows what a snippet would show."""
        return decoded(self._data)[0] == self.source.text and "\r" not in self.source.text.replace("\r\n", "")

    @cached_property
    def _directives_of_file(self) -> tuple[Directive, ...]:
        if self.source.marked_as_a_whole:
            return ()
        return read_directives_of_file(self.source.comments(1, self.source.line_count))

    def _directives_at(self, region: Region) -> tuple[Directive, ...]:
        known = self._directives.get(region)
        if known is None:
            first = region.start_line
            known = self._directives[region] = read_directives(
                self.source.comments(first, region.last_line),
                self.source.comments(first - 1, first - 1) if first > 1 else (),
            )
        return known

    def _snippet(self, statement: Statement, region: Region, first: int) -> str:
        last = statement.region.last_line
        shown = []
        for number in range(first, min(last, first + SNIPPET_LINES - 1) + 1):
            line = self.source.line(number)
            if statement.header and number == last:
                line = line[: statement.region.end_column - 1]
            column = region.start_column if number == region.start_line else 0
            if number == statement.region.start_line:
                column = max(column, statement.region.start_column)
            shown.append(_cut(line, column))
        return "\n".join(shown)


def _cut(line: str, column: int) -> str:
    """Cut a line to the width of a snippet, around `column` where that lies beyond it."""
    if len(line) <= _SNIPPET_WIDTH:
        return line
    start = max(0, column - 1 - _SHOWN_BEFORE) if column > _SNIPPET_WIDTH - _SHOWN_BEFORE else 0
    lead = "\u2026" if start else ""
    part = line[start : start + _SNIPPET_WIDTH - 2]
    return f"{lead}{part}\u2026" if start + len(part) < len(line) else f"{lead}{part}"
