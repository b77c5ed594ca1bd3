"""What an expression can ask of a finding: names, types, and where the values come from.

A value that is not known is None: asking for it leaves a condition undecided. A value that cannot exist for this
finding, such as the EPSS of a code finding, is not unknown: it is false, empty, or `NOT_A_NUMBER`, with which every
comparison is false.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from secscan.findings.defects import DEFECTS, defect
from secscan.findings.levels import Cause, Kind, SecretState
from secscan.findings.model import Finding, Package
from secscan.policy.cel.types import (
    BOOL,
    CONFIDENCE,
    DOUBLE,
    DURATION,
    INT,
    SEVERITY,
    STRING,
    TIMESTAMP,
    Type,
    list_of,
    words_of,
)
from secscan.policy.facts import Facts

NOT_A_NUMBER = float("nan")
"""Also the time that cannot exist: times and durations are whole microseconds, or this."""

Getter = Callable[[Finding, Facts], Any]


@dataclass(frozen=True)
class Field:
    """One thing that can be asked of a finding."""

    type: Type
    get: Getter
    about: str
    """One line for the documentation."""


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, UTC."""
    return round((moment - _EPOCH).total_seconds() * 1_000_000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _of_package(read: Callable[[Package], Any], otherwise: Any) -> Getter:
    def get(finding: Finding, _facts: Facts) -> Any:
        return otherwise if finding.package is None else read(finding.package)

    return get


def _line(finding: Finding, _facts: Facts) -> int | None:
    return finding.location.region.start_line if finding.location.region else None


def _cwes(finding: Finding, _facts: Facts) -> tuple[int, ...]:
    numbers = {int(name[4:]) for name in finding.identifiers if name.startswith("CWE-") and name[4:].isdecimal()}
    return tuple(sorted(numbers.union(defect(finding.defect).cwes[:1])))


def _epss(finding: Finding, _facts: Facts) -> float | None:
    return NOT_A_NUMBER if finding.epss is None and finding.package is None else finding.epss


def _cvss(finding: Finding, _facts: Facts) -> float | None:
    if finding.package is None:
        return NOT_A_NUMBER
    return max((one.score for one in finding.cvss if one.score is not None), default=None)


def _known_exploited(finding: Finding, _facts: Facts) -> bool | None:
    return False if finding.known_exploited is None and finding.package is None else finding.known_exploited


def _published(finding: Finding, _facts: Facts) -> float | None:
    if finding.package is None:
        return NOT_A_NUMBER
    try:
        return microseconds(datetime.fromisoformat(finding.published[:10]).replace(tzinfo=UTC))
    except ValueError:
        return None


def _first_seen(_finding: Finding, facts: Facts) -> int | None:
    return microseconds(facts.first_seen) if facts.first_seen else None


def _age(_finding: Finding, facts: Facts) -> int | None:
    return microseconds(facts.at) - microseconds(facts.first_seen) if facts.first_seen else None


def _secret_state(finding: Finding, _facts: Facts) -> str | None:
    return finding.secret_state if finding.kind is Kind.SECRET else ""


def _in_head(finding: Finding, _facts: Facts) -> bool:
    return finding.introduced is None or finding.introduced.in_head


def _introduced(finding: Finding, _facts: Facts) -> float | None:
    if finding.introduced is None:
        return NOT_A_NUMBER
    return microseconds(datetime.fromisoformat(finding.introduced.date)) if finding.introduced.date else None


def _base_image(finding: Finding, _facts: Facts) -> bool | None:
    return finding.layer.base if finding.layer else False


FIELDS: dict[str, Field] = {
    "kind": Field(words_of(Kind, "kind"), lambda finding, _: finding.kind, "what sort of thing it is"),
    "class": Field(words_of(tuple(DEFECTS), "class"), lambda finding, _: finding.defect, "class of defect"),
    "severity": Field(SEVERITY, lambda finding, _: finding.severity, "ordered, `info` to `critical`"),
    "confidence": Field(CONFIDENCE, lambda finding, _: finding.confidence, "ordered, `low` to `high`"),
    "title": Field(STRING, lambda finding, _: finding.title, "one line"),
    "message": Field(STRING, lambda finding, _: finding.message, "what is wrong"),
    "path": Field(STRING, lambda finding, _: finding.location.path, "relative to the target"),
    "line": Field(INT, _line, "unknown where the finding is about a whole file"),
    "symbol": Field(STRING, lambda finding, _: finding.location.symbol, "such as `Shop.login`; may be empty"),
    "scanners": Field(
        list_of(STRING), lambda finding, _: tuple(one.scanner for one in finding.own_sources), "who reported it"
    ),
    "rules": Field(
        list_of(STRING), lambda finding, _: tuple(one.rule for one in finding.own_sources), "scanners' rules"
    ),
    "identifiers": Field(list_of(STRING), lambda finding, _: finding.identifiers, "CVE, GHSA, PYSEC, CWE ... ids"),
    "cwes": Field(list_of(INT), _cwes, "numbers of weaknesses"),
    "marked": Field(BOOL, lambda finding, _: bool(finding.markers), "has an in-source marker"),
    "package": Field(STRING, _of_package(lambda one: one.name, ""), "empty where it is about no package"),
    "version": Field(STRING, _of_package(lambda one: one.version, ""), "of the package"),
    "ecosystem": Field(STRING, _of_package(lambda one: one.ecosystem, ""), "as OSV names it"),
    "licence": Field(STRING, _of_package(lambda one: one.licence or None, ""), "SPDX expression, where it is known"),
    "purl": Field(STRING, _of_package(lambda one: one.purl, ""), "package URL"),
    "fixed_versions": Field(list_of(STRING), _of_package(lambda one: one.fixed_versions, ()), "smallest first"),
    "fix_available": Field(BOOL, _of_package(lambda one: bool(one.fixed_versions), False), "a version clears it"),
    "direct": Field(BOOL, _of_package(lambda one: one.direct, False), "the project itself asks for the package"),
    "cvss": Field(DOUBLE, _cvss, "highest base score, 0.0 to 10.0"),
    "epss": Field(DOUBLE, _epss, "probability of exploitation within 30 days, 0.0 to 1.0"),
    "known_exploited": Field(BOOL, _known_exploited, "in CISA's catalogue (KEV)"),
    "published": Field(TIMESTAMP, _published, "day of the advisory"),
    "secret_state": Field(words_of(("", *SecretState), "secret state"), _secret_state, "what the store knows of it"),
    "in_head": Field(BOOL, _in_head, "false for what only the history of the repository has"),
    "introduced": Field(TIMESTAMP, _introduced, "of the commit that brought it, where history was looked at"),
    "base_image": Field(BOOL, _base_image, "comes from the base of an image"),
    "new": Field(BOOL, lambda _, facts: facts.new, "not in the baseline; unknown without one"),
    "cause": Field(
        words_of(("", *Cause), "cause"),
        lambda _, facts: facts.cause if facts.cause is not None or facts.new is not False else "",
        "why it is new",
    ),
    "first_seen": Field(TIMESTAMP, _first_seen, "by the baseline"),
    "age": Field(DURATION, _age, "since it was first seen"),
}
"""By name, in the order of the documentation."""
