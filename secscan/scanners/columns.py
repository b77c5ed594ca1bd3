"""Turns columns that a tool counts in UTF-8 bytes into Unicode code points.

Both bandit (Python's syntax tree) and semgrep count bytes; people, editors and SARIF count characters. Only
lines with other than ASCII characters differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from secscan.findings.model import Finding, Region

_NEWLINE = re.compile(rb"\r\n|\r|\n")

Read = Callable[[str], bytes]
"""Gives the content of a file by path text, in UTF-8, as the tool saw it."""


def to_characters(findings: Iterable[Finding], read: Read) -> tuple[Finding, ...]:
    """Return the findings with every region's columns in code points."""
    lines: dict[str, list[bytes]] = {}

    def convert(path: str, region: Region | None) -> Region | None:
        if region is None or not region.start_column:
            return region
        if path not in lines:
            content = read(path)
            lines[path] = [] if content.isascii() else _NEWLINE.split(content)
        text = lines[path]
        return msgspec.structs.replace(
            region,
            start_column=_character(text, region.start_line, region.start_column),
            end_column=_character(text, region.last_line, region.end_column) if region.end_column else 0,
        )

    return tuple(_converted(finding, convert) for finding in findings)


def _converted(finding: Finding, convert: Callable[[str, Region | None], Region | None]) -> Finding:
    path = finding.location.path
    return msgspec.structs.replace(
        finding,
        location=msgspec.structs.replace(finding.location, region=convert(path, finding.location.region)),
        sources=tuple(
            msgspec.structs.replace(source, region=convert(path, source.region)) for source in finding.sources
        ),
        trace=tuple(msgspec.structs.replace(step, region=convert(step.path, step.region)) for step in finding.trace),
    )


def _character(lines: list[bytes], line: int, column: int) -> int:
    if not 1 <= line <= len(lines):
        return column
    return len(lines[line - 1][: column - 1].decode("utf-8", errors="replace")) + 1
