"""Aliases of one vulnerability are one finding per package and manifest.

Databases know one vulnerability by several ids (CVE, GHSA, PYSEC ...): measured, 45 of 100 raw ids are
duplicates. Findings on the same package at the same place belong together when their ids meet, directly or through
others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from secscan.correlate.combine import combine
from secscan.correlate.order import badness, by_specificity, united, worst
from secscan.findings.fingerprint import purl_without_qualifiers
from secscan.findings.levels import Kind
from secscan.findings.model import Finding, Package

_VULNERABILITIES = (Kind.DEPENDENCY, Kind.CONTAINER)
_MALICIOUS = "malicious-package"


def merge_packages(findings: Sequence[Finding]) -> list[Finding]:
    """Merge findings about packages, given in order."""
    groups: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[_place(finding)].append(finding)
    result: list[Finding] = []
    for group in groups.values():
        result.extend(_merged(aliases) for aliases in _alias_groups(group))
    return result


def _place(finding: Finding) -> tuple[str, ...]:
    purl = purl_without_qualifiers(finding.package.purl) if finding.package else ""
    about = "vulnerability" if finding.kind in _VULNERABILITIES else f"{finding.kind} {finding.defect}"
    return (finding.location.path, purl, about)


def _names(finding: Finding) -> tuple[str, ...]:
    """The ids that name the vulnerability; where there are none, the rules that reported it."""
    ids = tuple(name for name in finding.identifiers if not name.startswith("CWE-"))
    return ids or tuple(sorted({f"{source.scanner} {source.rule}" for source in finding.sources}))


def _alias_groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Group findings whose names meet, transitively (union-find with path halving)."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    named = [(finding, _names(finding)) for finding in findings]
    for _, names in named:
        for other in names[1:]:
            parent[root(other)] = root(names[0])
    groups: dict[str, list[Finding]] = defaultdict(list)
    for index, (finding, names) in enumerate(named):
        groups[root(names[0]) if names else f"#{index}"].append(finding)
    return list(groups.values())


def _merged(group: Sequence[Finding]) -> Finding:
    if len(group) == 1:
        return group[0]
    ranked = by_specificity(group)
    # A package that is malicious is worse than vulnerable, and the one with the worst severity explains it.
    primary = min(ranked, key=lambda one: (one.defect != _MALICIOUS, -badness(one.severity)))
    others = [one for one in ranked if one is not primary]
    surest = min((one.confidence for one in group), key=lambda one: one.order)
    return msgspec.structs.replace(
        combine(primary, others),
        severity=worst(one.severity for one in group),
        confidence=surest,
        package=_package(primary.package, [one.package for one in group]),
    )


def _package(primary: Package | None, everyone: Sequence[Package | None]) -> Package | None:
    if primary is None:
        return None
    from secscan.versions.order import order_of  # the rules of fourteen ecosystems

    there = [one for one in everyone if one is not None]
    direct = [one.direct for one in there if one.direct is not None]
    versions = united(one.fixed_versions for one in there)
    return msgspec.structs.replace(
        primary,
        fixed_versions=order_of(primary.ecosystem).sorted(versions),
        direct=any(direct) if direct else None,
    )
