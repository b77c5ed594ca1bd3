"""Conditions of a rule, compiled to closures.

A condition answers True, False, or None: *undecided*, because the finding lacks the data that was asked
for. A match is False if one condition is False, else undecided if one is undecided, else True.

Conditions on a package's data (`package`, `ecosystem`, `fix_available`, `known_exploited`) are False, not undecided, on
a finding that is about no package: there is nothing to miss.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from secscan.findings.defects import defect
from secscan.findings.globs import any_glob, any_name
from secscan.findings.levels import Severity
from secscan.findings.model import Finding
from secscan.policy.model import Match

Test = Callable[[Finding], bool | None]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a match."""

    field: str
    """Its name in a policy."""
    test: Test


def conditions(match: Match) -> tuple[Condition, ...]:
    """Return the conditions that are given, those that cost least first."""
    found = []
    for attribute, (field, compiler) in _COMPILERS.items():
        wanted = getattr(match, attribute)
        if wanted not in ((), None):
            found.append(Condition(field, compiler(wanted)))
    return tuple(found)


def all_of(parts: tuple[Condition, ...]) -> Test:
    """Return one test for all conditions together."""
    tests = tuple(part.test for part in parts)

    def test(finding: Finding) -> bool | None:
        verdict: bool | None = True
        for one in tests:
            answer = one(finding)
            if answer is False:
                return False
            if answer is None:
                verdict = None
        return verdict

    return test


def undecided_fields(parts: tuple[Condition, ...], finding: Finding) -> tuple[str, ...]:
    """Return the fields whose data the finding lacks, in the order of the conditions."""
    return tuple(part.field for part in parts if part.test(finding) is None)


def _kind(wanted: tuple[str, ...]) -> Test:
    kinds = frozenset(wanted)
    return lambda finding: finding.kind in kinds


def _class(wanted: tuple[str, ...]) -> Test:
    classes = frozenset(wanted)
    return lambda finding: finding.defect in classes


def _severity(wanted: tuple[Severity, ...]) -> Test:
    levels: dict[Severity, bool | None] = {level: level in wanted for level in Severity}
    if Severity.UNKNOWN not in wanted:
        levels[Severity.UNKNOWN] = None
    return lambda finding: levels[finding.severity]


def _confidence(wanted: tuple[str, ...]) -> Test:
    levels = frozenset(wanted)
    return lambda finding: finding.confidence in levels


def _paths(wanted: tuple[str, ...]) -> Test:
    matches = any_glob(wanted)
    return lambda finding: matches(finding.location.path)


def _paths_not(wanted: tuple[str, ...]) -> Test:
    matches = any_glob(wanted)
    return lambda finding: not matches(finding.location.path)


def _package(wanted: tuple[str, ...]) -> Test:
    exact = any_name(wanted)
    normal = any_name([_normal_name(name) for name in wanted])

    def test(finding: Finding) -> bool:
        if finding.package is None:
            return False
        if finding.package.ecosystem == "PyPI":
            return normal(_normal_name(finding.package.name))
        return exact(finding.package.name)

    return test


def _normal_name(name: str) -> str:
    """A PyPI name in its normal form (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _ecosystem(wanted: tuple[str, ...]) -> Test:
    names = frozenset(wanted)

    def test(finding: Finding) -> bool | None:
        if finding.package is None:
            return False
        ecosystem = finding.package.ecosystem
        if not ecosystem:
            return None
        return ecosystem in names or ecosystem.split(":")[0] in names

    return test


def _cwe(wanted: tuple[int, ...]) -> Test:
    names = frozenset(f"CWE-{number}" for number in wanted)

    def test(finding: Finding) -> bool:
        primary = defect(finding.defect).cwes[:1]
        return bool(primary and primary[0] in wanted) or not names.isdisjoint(finding.identifiers)

    return test


def _identifier(wanted: tuple[str, ...]) -> Test:
    names = frozenset(name.upper() for name in wanted)
    return lambda finding: not names.isdisjoint(map(str.upper, finding.identifiers))


def _scanner(wanted: tuple[str, ...]) -> Test:
    names = frozenset(wanted)
    return lambda finding: any(source.scanner in names for source in finding.sources)


def _only_scanner(wanted: tuple[str, ...]) -> Test:
    names = frozenset(wanted)
    return lambda finding: bool(finding.sources) and all(source.scanner in names for source in finding.sources)


def _rule(wanted: tuple[str, ...]) -> Test:
    matches = any_name(wanted)
    return lambda finding: any(matches(source.rule) for source in finding.sources)


def _fix_available(wanted: bool) -> Test:
    def test(finding: Finding) -> bool:
        return finding.package is not None and bool(finding.package.fixed_versions) is wanted

    return test


def _known_exploited(wanted: bool) -> Test:
    def test(finding: Finding) -> bool | None:
        if finding.known_exploited is None:
            return None if finding.package is not None else False
        return finding.known_exploited is wanted

    return test


def _marked(wanted: bool) -> Test:
    return lambda finding: bool(finding.markers) is wanted


_COMPILERS: dict[str, tuple[str, Callable[[Any], Test]]] = {
    "kind": ("kind", _kind),
    "defect": ("class", _class),
    "severity": ("severity", _severity),
    "confidence": ("confidence", _confidence),
    "fix_available": ("fix_available", _fix_available),
    "known_exploited": ("known_exploited", _known_exploited),
    "marked": ("marked", _marked),
    "ecosystem": ("ecosystem", _ecosystem),
    "scanner": ("scanner", _scanner),
    "only_scanner": ("only_scanner", _only_scanner),
    "package": ("package", _package),
    "identifier": ("identifier", _identifier),
    "cwe": ("cwe", _cwe),
    "rule": ("rule", _rule),
    "paths": ("paths", _paths),
    "paths_not": ("paths_not", _paths_not),
}
