"""What a reader of imported results gives back, its limits, and how it may use what a file says.

A reader is a pure function from a decoded document and the `Places` of the target to what each tool in it said. It
raises `MalformedOutput` for a document that is not of its form; what it cannot map it reports as a gap of that tool.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from secscan.advisories.cvss import severity_of
from secscan.findings.defects import OTHER, class_of_cwe, defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import IMPORTED, Cvss, Finding, Gap, Location, Package, Region, Source, TraceStep
from secscan.imports.places import Places
from secscan.scanners.contract import MalformedOutput

MAX_BYTES = 200_000_000
MAX_RESULTS = 100_000
"""In one file; above that it is refused, never cut."""
_DEEPEST = 60
_LONGEST = 4_000
_LONGEST_TITLE = 200
_LONGEST_NAME = 200
_MOST_STEPS = 100
_MOST_LINKS = 20
_HIGHEST_LINE = 50_000_000
_CWE = re.compile(r"\bcwe[-_/ :]*([0-9]{1,5})\b", re.IGNORECASE)
_VULNERABILITY = re.compile(
    r"(?:CVE-[0-9]{4}-[0-9]{4,10}|GHSA(?:-[a-z0-9]{4}){3}|(?:PYSEC|GO|RUSTSEC|MAL|OSV)-[0-9A-Za-z-]{3,40})"
)
_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "blocker": Severity.CRITICAL,
    "high": Severity.HIGH,
    "error": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "warning": Severity.MEDIUM,
    "low": Severity.LOW,
    "note": Severity.LOW,
    "info": Severity.INFO,
    "informational": Severity.INFO,
    "none": Severity.INFO,
}
_CONFIDENCES = {
    "very-high": Confidence.HIGH,
    "confirmed": Confidence.HIGH,
    "high": Confidence.HIGH,
    "medium": Confidence.MEDIUM,
    "low": Confidence.LOW,
    "experimental": Confidence.LOW,
}


@dataclass
class Said:
    """What one tool says in one file."""

    tool: str
    """As it calls itself."""
    places: Places
    version: str = ""
    failed: str = ""
    """Why it did not do its work, by its own word; empty where it does not say so."""
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What else the reader of a report should know."""
    outside: Counter[str] = field(default_factory=Counter)
    """Places that do not lie in the target, and how many results name them."""
    out_of_scope: int = 0
    """Results about files that the scan leaves out on purpose."""

    @property
    def scanner(self) -> str:
        """The name under which it stands in a scan. No scanner of ours is called so."""
        return scanner_name(self.tool)

    def gap(self, kind: GapKind, subject: str, detail: str, *, line: int = 0) -> None:
        """Report something that the tool could not look at, or that could not be taken over."""
        self.gaps.append(
            Gap(scanner=self.scanner, kind=kind, subject=cut(subject, _LONGEST_NAME), detail=cut(detail), line=line)
        )

    def add(self, found: Found) -> None:
        """Take a result over, if its place can be one of the target; else count it."""
        path = self.places.path_of(found.uri, found.bases) if found.uri else "."
        if path is None:
            self.outside[cut(found.uri, _LONGEST_NAME)] += 1
        elif self.places.is_left_out(path):
            self.out_of_scope += 1
        else:
            self.findings.append(_finding(found, path, self))

    def all_gaps(self) -> Iterator[Gap]:
        """Yield the gaps, with one for each place outside of the target."""
        yield from self.gaps
        for place, count in sorted(self.outside.items()):
            yield Gap(
                scanner=self.scanner,
                kind=GapKind.NOT_ASSESSED,
                subject=place,
                detail=f"{count} of its results {'is' if count == 1 else 'are'} about a place outside of the target",
                remedy="import results of this very tree, with paths relative to it",
            )


@dataclass(frozen=True)
class Found:
    """One result as a reader understood it, before it has its place."""

    kind: Kind
    rule: str
    message: str
    severity: Severity
    uri: str = ""
    """A URI or path; empty where it is about the target as a whole."""
    bases: tuple[str, ...] = ()
    """Absolute URIs that the document measures its places from."""
    title: str = ""
    defect: str = OTHER
    confidence: Confidence = Confidence.MEDIUM
    region: Region | None = None
    symbol: str = ""
    package: Package | None = None
    identifiers: tuple[str, ...] = ()
    cvss: tuple[Cvss, ...] = ()
    remediation: str = ""
    links: tuple[str, ...] = ()
    url: str = ""
    trace: tuple[tuple[str, Region, str], ...] = ()
    """URI, region and text of each step."""
    notes: tuple[str, ...] = ()


def scanner_name(tool: str) -> str:
    """Return the name of a tool whose results were imported."""
    return IMPORTED + (re.sub(r"[^a-z0-9._-]+", "-", tool[:200].lower()).strip("-.")[:40] or "unnamed")


def bounded(document: Any, depth: int = 0) -> Any:
    """Return a document without members that are null, which many tools write for what they do not know. Raises
    `MalformedOutput` for one that is nested beyond all reason."""
    if depth > _DEEPEST:
        raise MalformedOutput(f"it is nested deeper than {_DEEPEST} levels")
    if isinstance(document, dict):
        return {name: bounded(value, depth + 1) for name, value in document.items() if value is not None}
    return [bounded(one, depth + 1) for one in document] if isinstance(document, list) else document


def counted(results: list[Any]) -> list[Any]:
    """Return the results. Raises `MalformedOutput` where there are too many."""
    if len(results) > MAX_RESULTS:
        raise MalformedOutput(f"it has more than {MAX_RESULTS} results")
    return results


def cut(text: str, longest: int = _LONGEST) -> str:
    """Return text of a bounded length that is always valid Unicode."""
    safe = text.strip().encode("utf-8", errors="backslashreplace").decode()
    return safe if len(safe) <= longest else f"{safe[: longest - 3]}..."


def severity_named(word: str) -> Severity:
    """Return the severity that a word of another tool stands for."""
    return _SEVERITIES.get(word.strip().lower(), Severity.UNKNOWN)


def confidence_named(word: str) -> Confidence:
    """Return the confidence that a word of another tool stands for."""
    return _CONFIDENCES.get(word.strip().lower(), Confidence.MEDIUM)


def severity_scored(score: Any) -> Severity:
    """Return the severity of a score from 0.0 to 10.0, given as number or text."""
    try:
        number = float(score)
    except (TypeError, ValueError, OverflowError):
        return Severity.UNKNOWN
    return severity_of(number) if math.isfinite(number) and 0 < number <= 10 else Severity.UNKNOWN


def cwes_in(*texts: str) -> tuple[int, ...]:
    """Return the numbers of weaknesses that texts name."""
    return tuple(dict.fromkeys(int(number) for text in texts for number in _CWE.findall(text[:_LONGEST_NAME])))


def vulnerabilities_in(*texts: str) -> tuple[str, ...]:
    """Return those of the texts that are ids of vulnerabilities."""
    return tuple(dict.fromkeys(text for text in texts if _VULNERABILITY.fullmatch(text)))


def class_for(kind: Kind, cwes: tuple[int, ...]) -> str:
    """Return the class of defect of a result whose rule we do not know."""
    if kind is Kind.SECRET:
        return "hardcoded-credential"
    if kind in (Kind.DEPENDENCY, Kind.CONTAINER):
        return "vulnerable-dependency"
    return class_of_cwe(*cwes)


def region_of(line: int, column: int = 0, end_line: int = 0, end_column: int = 0) -> Region | None:
    """Return a region as far as its numbers make sense; None where not even the first line does."""
    if not 0 < line <= _HIGHEST_LINE:
        return None
    last = end_line if line <= end_line <= _HIGHEST_LINE else 0
    begins, ends = (one if 0 < one <= _HIGHEST_LINE else 0 for one in (column, end_column))
    if not begins or (last in (0, line) and ends <= begins):
        ends = 0
    return Region(start_line=line, start_column=begins, end_line=last, end_column=ends)


def _finding(found: Found, path: str, said: Said) -> Finding:
    about = defect(found.defect)
    known = said.places.has(path)
    steps = ((said.places.path_of(uri, found.bases), region, text) for uri, region, text in found.trace[:_MOST_STEPS])
    rule = cut(found.rule, _LONGEST_NAME) or "unnamed"
    title = found.title or (about.title if found.defect != OTHER else rule)
    url = _link(found.url)
    names = {cut(one, _LONGEST_NAME) for one in found.identifiers}
    return Finding(
        kind=found.kind,
        defect=found.defect,
        title=cut(" ".join(title.split()), _LONGEST_TITLE),
        message=cut(found.message or title),
        severity=found.severity,
        confidence=found.confidence,
        # Of a file of the target, the symbol is read from the file itself.
        location=Location(
            path=path, region=found.region, symbol="" if known and found.region else cut(found.symbol, 200)
        ),
        sources=(
            Source(
                scanner=said.scanner,
                rule=rule,
                severity=found.severity,
                confidence=found.confidence,
                message=cut(found.message),
                region=found.region,
                url=url,
            ),
        ),
        package=found.package,
        identifiers=tuple(sorted(names | {f"CWE-{cwe}" for cwe in about.cwes[:1] if not found.package})),
        cvss=found.cvss,
        remediation=cut(found.remediation or about.remedy),
        references=tuple(dict.fromkeys(link for one in (*found.links[:_MOST_LINKS], url) if (link := _link(one)))),
        trace=tuple(
            TraceStep(path=where, region=region, text=cut(text, 200)) for where, region, text in steps if where
        ),
        notes=tuple(cut(note) for note in found.notes),
    )


def _link(url: str) -> str:
    return url if url.startswith(("https://", "http://")) and len(url) < 2000 and url.isprintable() else ""
