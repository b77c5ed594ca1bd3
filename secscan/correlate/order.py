"""One order for findings, whichever order they come in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from secscan.findings.levels import Severity
from secscan.findings.model import Finding, Region, Source

_BADNESS = {
    Severity.UNKNOWN: 0,
    Severity.INFO: 1,
    Severity.LOW: 2,
    Severity.MEDIUM: 3,
    Severity.HIGH: 4,
    Severity.CRITICAL: 5,
}
OUR_RULES = "secscan."
"""Begins the ids of our own rules."""

ItemT = TypeVar("ItemT")


def region_order(region: Region | None) -> tuple[int, int, int, int]:
    """Sort key of a region; none comes first."""
    if region is None:
        return (0, 0, 0, 0)
    return (region.start_line, region.start_column, region.end_line, region.end_column)


def file_order(finding: Finding) -> tuple[str, tuple[int, int, int, int], str]:
    """Sort key by place: path, region, class."""
    return (finding.location.path, region_order(finding.location.region), finding.defect)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings sorted by place and then by everything else in them, without their fingerprints.

    What names their value decides on no order: it is another one in each run.
    """
    bare = (msgspec.structs.replace(one, fingerprint="") if one.fingerprint else one for one in findings)
    places: dict[tuple[str, tuple[int, int, int, int], str], list[Finding]] = {}
    for one in bare:
        places.setdefault(file_order(one), []).append(one)
    result: list[Finding] = []
    for place in sorted(places):
        few = places[place]
        result.extend(few if len(few) == 1 else sorted(few, key=_without_value))
    return result


def _without_value(finding: Finding) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(finding, same=""))


def by_specificity(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, given in order, with the one that says most about the defect first: one with a traced data
    flow, one of our own rules, the surest, the worst."""
    return sorted(
        findings,
        key=lambda one: (
            not one.trace,
            not any(source.rule.startswith(OUR_RULES) for source in one.sources),
            one.confidence.order,
            -badness(one.severity),
        ),
    )


def badness(severity: Severity) -> int:
    """How bad a severity is; `unknown` is below every known one."""
    return _BADNESS[severity]


def worst(severities: Iterable[Severity]) -> Severity:
    """Return the highest known severity; `unknown` if none is known."""
    return max(severities, key=badness, default=Severity.UNKNOWN)


def united(parts: Iterable[Iterable[ItemT]]) -> tuple[ItemT, ...]:
    """Return all items once, sorted (values by what they hold)."""
    unique: dict[ItemT, None] = {}
    for part in parts:
        if part:
            unique.update(dict.fromkeys(part))
    return tuple(sorted(unique, key=_content)) if len(unique) > 1 else tuple(unique)


def united_sources(parts: Iterable[Sequence[Source]]) -> tuple[Source, ...]:
    """Return all sources once, sorted by scanner, rule and region."""
    unique = dict.fromkeys(source for part in parts for source in part)
    return tuple(
        sorted(unique, key=lambda one: (one.scanner, one.rule, region_order(one.region), msgspec.json.encode(one)))
    )


def _content(item: object) -> tuple[str, bytes]:
    return (item, b"") if isinstance(item, str) else ("", msgspec.json.encode(item))
