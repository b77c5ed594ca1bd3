"""Where a finding is, as SARIF says it: addresses, regions, and what stands there.

Paths of files in a repository are relative to its top, whatever folder of it was scanned. What lies elsewhere, in an
image, on a server, must not look like a file of the repository: the complete log gives it a base of its own; platforms
know only one, so that for them the first segment says what it is in, as in `image:alpine/etc/passwd`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from secscan.findings.model import Finding, Location, Region, TargetInfo
from secscan.reports.escape import plain, sarif_text, uri
from secscan.reports.json_parts import prepared

ROOT = "%SRCROOT%"

_IN_REPOSITORY = frozenset({"tree", "staged", "diff", "paths", "history", "commits", "commit", "stdin"})
_LINE_ONE = Region(start_line=1)


def in_repository(target: TargetInfo) -> bool:
    """Whether paths of the target are those of a repository, or of a folder that could be one."""
    return target.kind in _IN_REPOSITORY


def base_of(target: TargetInfo) -> str:
    """The base that addresses of the target are relative to."""
    return ROOT if in_repository(target) else f"%{plain(target.kind).upper()}%"


def bases(target: TargetInfo) -> dict[str, Any]:
    """What the base of the target is, for a person."""
    what = "the repository" if in_repository(target) else sarif_text(f"the {target.kind} {target.name}")
    return {base_of(target): {"description": {"text": f"The top of {what}."}}}


class Addresses:
    """Gives artifact locations for paths of one target."""

    def __init__(self, target: TargetInfo, *, one_base: bool = False) -> None:
        """`one_base`: for platforms that take every address for one in the repository."""
        self._base = ROOT if one_base else base_of(target)
        self._before = ""
        self._known: dict[str, msgspec.Raw] = {}
        if in_repository(target):
            self._before = uri(target.prefix)
        elif one_base:
            self._before = f"{elsewhere(target.kind, target.name)}/"

    def artifact(self, path: str) -> msgspec.Raw:
        """Return the artifact location of a path."""
        found = self._known.get(path)
        if found is None:
            # A slash at its head would make it an address on another host, or of a file on this machine.
            address = (self._before + uri(path)).lstrip("/")
            found = self._known[path] = prepared({"uri": address, "uriBaseId": self._base})
        return found


def elsewhere(kind: str, name: str) -> str:
    """A segment of an address for what is no file of the repository."""
    return quote(f"{kind}:{name}", safe="", errors="surrogatepass")


def physical(finding: Finding, addresses: Addresses) -> dict[str, Any]:
    """Return the physical location of a finding: what the scanner pointed at, and the lines around it.

    A finding without a line is shown at the first, as platforms demand one.
    """
    location = finding.location
    region = location.region or _LINE_ONE
    lines = _Lines(location)
    shown, context = lines.region(region), lines.context(region)
    if shown is None:
        region, shown = _known_end(region), _rendered(_instead(finding))
        context = {"startLine": region.start_line, "endLine": region.last_line, "snippet": shown}
    exact = lines.whole(region)
    place = {"artifactLocation": addresses.artifact(location.path), "region": {**_numbers(exact), "snippet": shown}}
    if context:
        place["contextRegion"] = context
    return place


def pointer(path: str, region: Region | None, addresses: Addresses) -> dict[str, Any]:
    """Return a physical location without what stands there."""
    return {"artifactLocation": addresses.artifact(path), "region": _numbers(region or _LINE_ONE)}


class _Lines:
    """The lines of a finding's snippet, which may be cut or masked."""

    def __init__(self, location: Location) -> None:
        shown = plain(location.snippet)
        self._first = location.snippet_line
        known = shown and self._first > 0  # in a saved scan the lines need not fit the region
        self._lines = shown.removesuffix("\n").split("\n") if known else []
        self._statement = location.statement
        self._exact = shown == location.snippet and "[masked " not in shown and "\u2026" not in shown

    def region(self, region: Region) -> dict[str, Any] | None:
        """The text of the region as artifact content; None where the snippet does not hold it."""
        at, to = region.start_line - self._first, region.last_line - self._first
        if at < 0 or to >= len(self._lines):
            return None
        chosen = self._lines[at : to + 1]
        exact = self._exact and region.end_column - 1 <= len(chosen[-1])
        if exact and region.start_column and region.end_column:
            chosen[-1] = chosen[-1][: region.end_column - 1]
            chosen[0] = chosen[0][region.start_column - 1 :]
        return _content("\n".join(chosen), exact=exact)

    def whole(self, region: Region) -> Region:
        """The region with its columns, where it is a whole line whose width is known."""
        if region.start_column or not self._lines or region.last_line != region.start_line:
            return region
        line, statement = region.start_line, self._statement
        if statement is None or (statement.start_line, statement.last_line) != (line, line):
            return region
        return Region(start_line=line, start_column=1, end_line=line, end_column=max(statement.end_column, 1))

    def context(self, region: Region) -> dict[str, Any] | None:
        """All lines, where they are more than the region (SARIF 2.1.0, 3.29.5)."""
        last = self._first + len(self._lines) - 1
        within = self._first <= region.start_line and region.last_line <= last
        wider = self.whole(region).end_column or self._first < region.start_line or region.last_line < last
        if not within or not wider:
            return None
        content = _content("\n".join(self._lines), exact=self._exact)
        return {"startLine": self._first, "endLine": last, "snippet": content}


def _known_end(region: Region) -> Region:
    """The region with an end: the beginning of its line, where nobody knows more."""
    if region.end_column:
        return region
    column = max(region.start_column, 1)
    return Region(start_line=region.start_line, start_column=column, end_line=region.last_line, end_column=column)


def _instead(finding: Finding) -> str:
    """What is shown of a place whose text is not at hand."""
    if finding.package is not None:
        return f"{finding.package.name} {finding.package.version}"
    return f"{finding.place} (its text is not at hand)"


def _content(text: str, *, exact: bool) -> dict[str, Any]:
    """Artifact content: as it is, or, where a part is masked or left out, as it is shown to people."""
    return {"text": text} if exact else _rendered(text)


def _rendered(text: str) -> dict[str, Any]:
    return {"rendered": {"text": sarif_text(text)}}


def _numbers(region: Region) -> dict[str, int]:
    numbers = {"startLine": region.start_line} if region.start_line > 0 else {}
    if region.start_column > 0:
        numbers["startColumn"] = region.start_column
    if region.end_line > 0:
        numbers["endLine"] = region.end_line
    if region.end_column > 0:
        numbers["endColumn"] = region.end_column
    return numbers
