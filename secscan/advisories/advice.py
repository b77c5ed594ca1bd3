"""What the index knows of one advisory for one package at one version, ready to be reported."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from secscan.advisories.cvss import base_score, severity_of
from secscan.advisories.index import Index, Match
from secscan.advisories.match import fixed_versions
from secscan.advisories.osv import CVE
from secscan.errors import AdvisoryError
from secscan.findings.levels import Severity
from secscan.findings.model import Cvss
from secscan.versions.order import order_of

_WORDS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "IMPORTANT": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "NEGLIGIBLE": Severity.INFO,
}
"""Words for severity, as GitHub's advisories (`database_specific`) and distributions (`severity`) have them."""

_WORST_FIRST = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO, Severity.UNKNOWN]
_MESSAGE = 2000
_REFERENCES = 10


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """One advisory for one package at one version."""

    id: str
    aliases: tuple[str, ...] = ()
    vulnerabilities: tuple[str, ...] = ()
    """CVE ids of what it is about, where it is an update of a distribution; see `Record.vulnerabilities`."""
    title: str = ""
    message: str = ""
    severity: Severity = Severity.UNKNOWN
    cvss: tuple[Cvss, ...] = ()
    fixed: tuple[str, ...] = ()
    """Versions above this one that clear it, smallest first."""
    published: str = ""
    references: tuple[str, ...] = ()
    known_exploited: bool | None = None
    """Whether CISA lists it; None where the index has no such catalogue."""
    epss: float | None = None
    sure: bool = True
    """False: see `match.Hit`."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The id and all aliases, sorted."""
        return tuple(sorted({self.id, *self.aliases}))


def advise(index: Index, ecosystem: str, name: str, version: str) -> tuple[Advice, ...]:
    """Return what the index knows of a package at a version, by id. Raises `AdvisoryError` if it is damaged."""
    return tuple(_advice(index, match, ecosystem, version) for match in index.affecting(ecosystem, name, version))


def worst(levels: Iterable[Severity]) -> Severity:
    """Return the worst level; unknown where there is no other."""
    return min(levels, key=_WORST_FIRST.index, default=Severity.UNKNOWN)


def _advice(index: Index, match: Match, ecosystem: str, version: str) -> Advice:
    record = index.record(match.id)
    if record is None:
        raise AdvisoryError(f"the advisory index names {match.id} and does not hold it", hint="import it again")
    given = tuple(dict.fromkeys((*record.severity, *match.rule.severity)))
    scores = tuple(Cvss(vector=one.score, score=base_score(one.score), source=record.id) for one in given)
    levels = [severity_of(one.score) for one in scores if one.score is not None]
    words = [one.score for one in given] + [str((record.database_specific or {}).get("severity", ""))]
    levels += [_WORDS[word.upper()] for word in words if word.upper() in _WORDS]
    cves = [name for name in (*record.ids, *record.vulnerabilities) if CVE.fullmatch(name)]
    probabilities = [score for cve in cves if (score := index.epss(cve)) is not None]
    return Advice(
        id=record.id,
        aliases=record.aliases,
        vulnerabilities=record.vulnerabilities,
        title=record.title,
        message=(record.details or record.summary).strip()[:_MESSAGE],
        severity=worst(levels),
        cvss=tuple(one for one in scores if one.vector.upper() not in _WORDS),
        fixed=fixed_versions(match.rule, version, order_of(ecosystem)),
        published=record.published[:10] if record.published > "1990" else "",
        references=tuple(dict.fromkeys(one.url for one in record.references if one.url))[:_REFERENCES],
        known_exploited=any(index.exploited_since(cve) for cve in cves) if index.has("kev") else None,
        epss=max(probabilities, default=None),
        sure=match.sure,
    )
