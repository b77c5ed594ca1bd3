"""Which reports within one statement point at the same defect.

One rule that points at several regions of a statement reports several defects: two calls of `md5` are two. What other
rules point at is matched with those by overlap, else by order; but two values that are known to differ, and do not even
overlap, are two secrets.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from secscan.correlate.order import region_order
from secscan.findings.model import Finding, Region

_Rule = tuple[str, str]
_MOST_COMPARED = 64
"""Above this many regions of one rule in one statement (a table of data), only equal regions and order count: comparing
all with all would take quadratic time."""


def split_by_defect(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Split findings of one class in one statement, given in order, into one group per defect."""
    if len(findings) == 1:
        return [list(findings)]
    by_rule: dict[_Rule, list[list[Finding]]] = {}
    for rule, members in _by_main_rule(findings).items():
        same_region: dict[tuple[int, int, int, int], list[Finding]] = defaultdict(list)
        for finding in members:
            same_region[region_order(_region_of(finding, rule))].append(finding)
        by_rule[rule] = [same_region[region] for region in sorted(same_region)]
    leading = min(by_rule, key=lambda rule: (-len(by_rule[rule]), rule))
    groups = by_rule.pop(leading)
    anchors = [group[0].location.region for group in groups]
    for rule in sorted(by_rule):
        places = by_rule[rule]
        chosen = _assign([place[0].location.region for place in places], anchors)
        for place, index in zip(places, chosen, strict=True):
            groups[index].extend(place)
    return [part for group in groups for part in _by_value(group)]


def _by_value(group: list[Finding]) -> list[list[Finding]]:
    """Take a group apart that holds several secrets. Values that overlap are one: tools differ in where it begins."""
    if len({one.same for one in group if one.same}) < 2:
        return [group]
    parts: list[list[Finding]] = []
    for one in (one for one in group if one.same):
        near = [part for part in parts if any(other.same == one.same or _meet(one, other) for other in part)]
        parts = [part for part in parts if part not in near]
        parts.append([*(other for part in near for other in part), one])
    named = [tuple(part) for part in parts]
    for one in (one for one in group if not one.same):
        met = next((at for at, part in enumerate(named) if any(_meet(one, other) for other in part)), 0)
        parts[met].append(one)
    return parts


def _meet(one: Finding, other: Finding) -> bool:
    here, there = one.location.region, other.location.region
    return here is not None and there is not None and here.overlaps(there)


def _by_main_rule(findings: Sequence[Finding]) -> dict[_Rule, list[Finding]]:
    """Group by the rule that speaks for the finding: of those that report most regions, the first by name."""
    each = [_rules(finding) for finding in findings]
    counts = Counter(rule for rules in each for rule in rules)
    result: dict[_Rule, list[Finding]] = defaultdict(list)
    for finding, rules in zip(findings, each, strict=True):
        result[min(rules, key=lambda rule: (-counts[rule], rule))].append(finding)
    return result


def _rules(finding: Finding) -> set[_Rule]:
    return {(source.scanner, source.rule) for source in finding.sources} or {("", "")}


def _region_of(finding: Finding, rule: _Rule) -> Region | None:
    regions = [source.region for source in finding.sources if (source.scanner, source.rule) == rule and source.region]
    return min(regions, key=region_order, default=finding.location.region)


def _assign(regions: Sequence[Region | None], anchors: Sequence[Region | None]) -> list[int]:
    """Give each region an anchor of its own: an equal one, else one it overlaps (the nearest start first), else the
    first that is free. There are at least as many anchors as regions."""
    if len(anchors) == 1:
        return [0] * len(regions)
    free = dict.fromkeys(range(len(anchors)))
    chosen: dict[int, int] = {}

    def choose(index: int, anchor: int) -> None:
        chosen[index] = anchor
        del free[anchor]

    equal = {anchor: index for index, anchor in enumerate(anchors) if anchor is not None}
    for index, region in enumerate(regions):
        if region is not None and equal.get(region) in free:
            choose(index, equal[region])
    for index, region in enumerate(regions):
        if index not in chosen and region is not None and len(anchors) <= _MOST_COMPARED:
            met = [
                (_distance(region, anchor), at) for at in free if (anchor := anchors[at]) and region.overlaps(anchor)
            ]
            if met:
                choose(index, min(met)[1])
    for index in range(len(regions)):
        if index not in chosen:
            choose(index, next(iter(free)))
    return [chosen[index] for index in range(len(regions))]


def _distance(one: Region, other: Region) -> tuple[int, int, int, int]:
    """How far apart the two begin, then end: lines, then columns."""
    return (
        abs(one.start_line - other.start_line),
        abs(one.start_column - other.start_column),
        abs(one.last_line - other.last_line),
        abs(one.end_column - other.end_column),
    )
