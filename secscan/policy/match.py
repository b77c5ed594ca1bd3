"""Conditions of a rule, matchers and `when:` alike, compiled to closures.

A condition answers True, False, or None: *undecided*, because the finding lacks the data that was asked
for. A match is False if one condition is False, else undecided if one is undecided, else True.

Conditions on a package's data (`package`, `ecosystem`, `fix_available`, `direct`, `known_exploited`, the scores) are
False, not undecided, on a finding that is about no package: there is nothing to miss. So is `secret_state` on what is
no secret, and `image_layer` on what is in no image.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from secscan.findings.defects import defect
from secscan.findings.globs import any_glob, any_name
from secscan.findings.levels import Cause, Kind, SecretState, Severity
from secscan.findings.model import Finding
from secscan.policy.cel.build import Built, build
from secscan.policy.cel.build import conditions as parts_of
from secscan.policy.cel.fields import FIELDS
from secscan.policy.cel.syntax import parse
from secscan.policy.facts import Facts
from secscan.policy.licence import choice_of
from secscan.policy.model import ImageLayer, Match

Test = Callable[[Finding, Facts], bool | None]

HEAD = frozenset({"kind", "class", "severity", "confidence"})
"""Fields that take few values: conditions on nothing else are answered once for each combination of those."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a match."""

    field: str
    """Its name in a policy; `when` for a part of an expression."""
    test: Test
    wanted: object = None
    """What the policy asks for: the value of the matcher, or the text of the part."""
    fields: frozenset[str] = frozenset()
    """What it asks of the finding, by the names of the expression language."""
    built: Built | None = None
    """Of an expression: its tree."""

    @property
    def is_head(self) -> bool:
        """Whether it can be answered once for all findings of the same kind, class, severity and confidence."""
        return self.fields <= HEAD


def conditions(match: Match | None, when: str = "") -> tuple[Condition, ...]:
    """Return the conditions that are given, those that cost least first, an expression split where `&&` joins it.

    Raises `ExpressionError` for a wrong expression.
    """
    found = []
    for attribute, (field, compiler) in _COMPILERS.items():
        wanted = getattr(match, attribute) if match else None
        if wanted not in ((), None):
            found.append(Condition(field, compiler(wanted), wanted, frozenset({field})))
    if when:
        for part in parts_of(build(parse(when))):
            # A part that asks nothing of the finding (`now > ...`) depends on the facts all the same.
            fields = part.fields or frozenset({"now"})
            found.append(Condition("when", part.value, when[part.part.start : part.part.end], fields, part))
    return tuple(found)


def all_of(parts: tuple[Condition, ...]) -> Test:
    """Return one test for all conditions together."""
    tests = tuple(part.test for part in parts)

    def test(finding: Finding, facts: Facts) -> bool | None:
        verdict: bool | None = True
        for one in tests:
            answer = one(finding, facts)
            if answer is False:
                return False
            if answer is None:
                verdict = None
        return verdict

    return test


def undecided_fields(parts: tuple[Condition, ...], finding: Finding, facts: Facts) -> tuple[str, ...]:
    """Return what the conditions ask for and nobody knows, in the order of the conditions."""
    found: dict[str, None] = {}
    for part in parts:
        if part.test(finding, facts) is None:
            names = [name for name in sorted(part.fields) if name in FIELDS and _is_missing(name, finding, facts)]
            found.update(dict.fromkeys(names or [part.field]))
    return tuple(found)


def _is_missing(name: str, finding: Finding, facts: Facts) -> bool:
    value = FIELDS[name].get(finding, facts)
    return value is None or (name == "severity" and value == Severity.UNKNOWN)


def _kind(wanted: tuple[str, ...]) -> Test:
    kinds = frozenset(wanted)
    return lambda finding, _facts: finding.kind in kinds


def _class(wanted: tuple[str, ...]) -> Test:
    classes = frozenset(wanted)
    return lambda finding, _facts: finding.defect in classes


def _severity(wanted: tuple[Severity, ...]) -> Test:
    levels: dict[Severity, bool | None] = {level: level in wanted for level in Severity}
    if Severity.UNKNOWN not in wanted:
        levels[Severity.UNKNOWN] = None
    return lambda finding, _facts: levels[finding.severity]


def _confidence(wanted: tuple[str, ...]) -> Test:
    levels = frozenset(wanted)
    return lambda finding, _facts: finding.confidence in levels


def _paths(wanted: tuple[str, ...]) -> Test:
    matches = any_glob(wanted)
    return lambda finding, _facts: matches(finding.location.path)


def _paths_not(wanted: tuple[str, ...]) -> Test:
    matches = any_glob(wanted)
    return lambda finding, _facts: not matches(finding.location.path)


def _package(wanted: tuple[str, ...]) -> Test:
    exact = any_name(wanted)
    normal = any_name([_normal_name(name) for name in wanted])

    def test(finding: Finding, _facts: Facts) -> bool:
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

    def test(finding: Finding, _facts: Facts) -> bool | None:
        if finding.package is None:
            return False
        ecosystem = finding.package.ecosystem
        if not ecosystem:
            return None
        return ecosystem in names or ecosystem.split(":")[0] in names

    return test


def _cwe(wanted: tuple[int, ...]) -> Test:
    names = frozenset(f"CWE-{number}" for number in wanted)

    def test(finding: Finding, _facts: Facts) -> bool:
        primary = defect(finding.defect).cwes[:1]
        return bool(primary and primary[0] in wanted) or not names.isdisjoint(finding.identifiers)

    return test


def _identifier(wanted: tuple[str, ...]) -> Test:
    names = frozenset(name.upper() for name in wanted)
    return lambda finding, _facts: not names.isdisjoint(map(str.upper, finding.identifiers))


def _scanner(wanted: tuple[str, ...]) -> Test:
    names = frozenset(wanted)
    return lambda finding, _facts: any(source.scanner in names for source in finding.own_sources)


def _only_scanner(wanted: tuple[str, ...]) -> Test:
    names = frozenset(wanted)
    return lambda finding, _facts: (
        bool(finding.own_sources) and all(source.scanner in names for source in finding.own_sources)
    )


def _rule(wanted: tuple[str, ...]) -> Test:
    matches = any_name(wanted)
    return lambda finding, _facts: any(matches(source.rule) for source in finding.own_sources)


def _fix_available(wanted: bool) -> Test:
    def test(finding: Finding, _facts: Facts) -> bool:
        return finding.package is not None and bool(finding.package.fixed_versions) is wanted

    return test


def _licence(wanted: tuple[str, ...]) -> Test:
    named = any_name(wanted)
    return _of_licence(lambda licence: not named(licence), listed=named, holds=True)


def _licence_not(wanted: tuple[str, ...]) -> Test:
    named = any_name(wanted)
    return _of_licence(named, listed=named, holds=False)


def _of_licence(allowed: Callable[[str], bool], *, listed: Callable[[str], bool], holds: bool) -> Test:
    """Whether no choice that the licence leaves has only licences that are `allowed`. A text that is no expression
    is known only where it is listed letter by letter: then the condition is `holds`."""

    def test(finding: Finding, _facts: Facts) -> bool | None:
        if finding.package is None:
            return False
        licence = finding.package.licence
        choice = choice_of(licence) if licence else None
        if choice is None:
            return holds if licence and listed(licence) else None
        return not choice(allowed)

    return test


def _known_exploited(wanted: bool) -> Test:
    def test(finding: Finding, _facts: Facts) -> bool | None:
        if finding.known_exploited is None:
            return None if finding.package is not None else False
        return finding.known_exploited is wanted

    return test


def _direct(wanted: bool) -> Test:
    def test(finding: Finding, _facts: Facts) -> bool | None:
        if finding.package is None:
            return False
        return None if finding.package.direct is None else finding.package.direct is wanted

    return test


def _at_least(field: str) -> Callable[[float], Test]:
    """Scores, as the expression language has them: a comparison with one that cannot exist is False."""
    get = FIELDS[field].get

    def compiler(least: float) -> Test:
        def test(finding: Finding, facts: Facts) -> bool | None:
            score = get(finding, facts)
            return None if score is None else bool(score >= least)

        return test

    return compiler


def _new(wanted: bool) -> Test:
    return lambda _finding, facts: None if facts.new is None else facts.new is wanted


def _cause(wanted: tuple[Cause, ...]) -> Test:
    def test(_finding: Finding, facts: Facts) -> bool | None:
        if facts.new is False:
            return False
        return None if facts.cause is None else facts.cause in wanted

    return test


def _older_than_days(wanted: int) -> Test:
    age = timedelta(days=wanted)
    return lambda _finding, facts: None if facts.first_seen is None else facts.at - facts.first_seen > age


def _secret_state(wanted: tuple[SecretState, ...]) -> Test:
    def test(finding: Finding, _facts: Facts) -> bool | None:
        if finding.kind is not Kind.SECRET:
            return False
        return None if finding.secret_state is None else finding.secret_state in wanted

    return test


def _image_layer(wanted: tuple[ImageLayer, ...]) -> Test:
    def test(finding: Finding, _facts: Facts) -> bool | None:
        if finding.layer is None:
            return False
        if finding.layer.base is None:
            return None
        return (ImageLayer.BASE if finding.layer.base else ImageLayer.OWN) in wanted

    return test


def _marked(wanted: bool) -> Test:
    return lambda finding, _facts: bool(finding.markers) is wanted


_COMPILERS: dict[str, tuple[str, Callable[[Any], Test]]] = {
    "kind": ("kind", _kind),
    "defect": ("class", _class),
    "severity": ("severity", _severity),
    "confidence": ("confidence", _confidence),
    "fix_available": ("fix_available", _fix_available),
    "known_exploited": ("known_exploited", _known_exploited),
    "marked": ("marked", _marked),
    "direct": ("direct", _direct),
    "new": ("new", _new),
    "cause": ("cause", _cause),
    "secret_state": ("secret_state", _secret_state),
    "image_layer": ("image_layer", _image_layer),
    "older_than_days": ("older_than_days", _older_than_days),
    "epss_at_least": ("epss_at_least", _at_least("epss")),
    "cvss_at_least": ("cvss_at_least", _at_least("cvss")),
    "ecosystem": ("ecosystem", _ecosystem),
    "licence": ("licence", _licence),
    "licence_not": ("licence_not", _licence_not),
    "scanner": ("scanner", _scanner),
    "only_scanner": ("only_scanner", _only_scanner),
    "package": ("package", _package),
    "identifier": ("identifier", _identifier),
    "cwe": ("cwe", _cwe),
    "rule": ("rule", _rule),
    "paths": ("paths", _paths),
    "paths_not": ("paths_not", _paths_not),
}
