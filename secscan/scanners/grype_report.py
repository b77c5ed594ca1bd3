"""What grype's reports say, as values: https://github.com/anchore/grype/tree/main/schema"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from secscan.advisories.advice import Advice
from secscan.findings.levels import Severity
from secscan.findings.model import Cvss
from secscan.scanners.contract import MalformedOutput
from secscan.scanners.image_packages import Listed, Reported
from secscan.scanners.toolkit import strict_json, typed

_ONE_VULNERABILITY = re.compile(r"(?:CVE|GHSA|PYSEC|GO|RUSTSEC)-[\w-]{4,40}")
"""Ids that name one; the notices of distributions (`ELSA-...`) may name many."""
_DISTRIBUTIONS = ("pkg:deb/", "pkg:rpm/", "pkg:apk/")
_STATES = {"wont-fix": "The distribution will not fix it."}
_LONGEST = 2000
_REFERENCES = 10


class _Metrics(msgspec.Struct, rename="camel"):
    base_score: float | None = None


class _Score(msgspec.Struct):
    vector: str = ""
    source: str = ""
    metrics: _Metrics = msgspec.field(default_factory=_Metrics)


class _Chance(msgspec.Struct):
    epss: float = 0.0


class _Fix(msgspec.Struct):
    versions: tuple[str, ...] = ()
    state: str = ""


class _Vulnerability(msgspec.Struct, rename="camel"):
    id: str
    data_source: str = ""
    severity: str = ""
    urls: tuple[str, ...] = ()
    description: str = ""
    cvss: tuple[_Score, ...] = ()
    epss: tuple[_Chance, ...] = ()
    known_exploited: tuple[dict[str, Any], ...] = ()
    fix: _Fix = msgspec.field(default_factory=_Fix)


class _Upstream(msgspec.Struct):
    name: str
    version: str = ""


class _Place(msgspec.Struct):
    path: str = ""


class _Artifact(msgspec.Struct):
    name: str
    version: str
    purl: str = ""
    locations: tuple[_Place, ...] = ()
    upstreams: tuple[_Upstream, ...] = ()


class _Match(msgspec.Struct, rename="camel"):
    vulnerability: _Vulnerability
    artifact: _Artifact
    related_vulnerabilities: tuple[_Vulnerability, ...] = ()
    applied_ignore_rules: tuple[dict[str, Any], ...] = ()


class _Target(msgspec.Struct):
    image_id: str = msgspec.field(default="", name="imageID")


class _Source(msgspec.Struct):
    type: str
    target: _Target | str | None = None


class _Distro(msgspec.Struct):
    name: str = ""
    version: str = ""


class _Status(msgspec.Struct):
    built: str = ""


class _Database(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)
    built: str = ""
    """Where it stood before version 0.88."""


class _Descriptor(msgspec.Struct):
    name: str
    version: str
    db: _Database


class GrypeReport(msgspec.Struct, rename="camel"):
    """A report, as much of it as is used."""

    matches: tuple[_Match, ...]
    source: _Source
    descriptor: _Descriptor
    ignored_matches: tuple[_Match, ...] = ()
    distro: _Distro = msgspec.field(default_factory=_Distro)

    @property
    def image_id(self) -> str:
        """SHA-256 of the image's configuration, hexadecimal; empty for anything but an image."""
        target = self.source.target
        return target.image_id.removeprefix("sha256:") if isinstance(target, _Target) else ""

    @property
    def reported(self) -> Iterator[Reported]:
        """Every vulnerability of every package."""
        return (one for match in self.matches for one in _reported(match))

    @property
    def passed_over(self) -> Iterator[tuple[str, str, str]]:
        """Package, vulnerability and reason of every match that does not count for grype."""
        for one in self.ignored_matches:
            rules = "; ".join(_rule(rule) for rule in one.applied_ignore_rules)
            yield f"{one.artifact.name} {one.artifact.version}"[:200], one.vulnerability.id[:80], rules or "unknown"


def read_report(data: bytes) -> GrypeReport:
    """Read a report. Raises `MalformedOutput` for anything else."""
    report: GrypeReport = typed(strict_json(data, tool="grype"), GrypeReport, tool="grype")
    if report.descriptor.name != "grype":
        raise MalformedOutput(f"the report is one of {report.descriptor.name[:40]!r}")
    return report


class _Property(msgspec.Struct):
    name: str
    value: str = ""


class _Component(msgspec.Struct):
    type: str
    name: str
    version: str = ""
    purl: str = ""
    properties: tuple[_Property, ...] = ()


class _Packages(msgspec.Struct, rename="camel"):
    bom_format: str
    components: tuple[_Component, ...] = ()


def listed_in(data: bytes) -> list[Listed]:
    """Return every package that grype looked at, from its answer in CycloneDX. Raises `MalformedOutput`."""
    packages: _Packages = typed(strict_json(data, tool="grype"), _Packages, tool="grype")
    if packages.bom_format != "CycloneDX":
        raise MalformedOutput("its list of packages is no CycloneDX")
    return [
        Listed(
            name=one.name,
            version=one.version,
            purl=one.purl,
            is_distribution=one.purl.startswith(_DISTRIBUTIONS),
            path=next((each.value.strip("/") for each in one.properties if each.name == "syft:location:0:path"), ""),
        )
        for one in packages.components
        if one.purl
    ]


def _reported(match: _Match) -> Iterator[Reported]:
    package = Listed(
        name=match.artifact.name,
        version=match.artifact.version,
        purl=match.artifact.purl,
        is_distribution=match.artifact.purl.startswith(_DISTRIBUTIONS),
        path=next((one.path.strip("/") for one in match.artifact.locations), ""),
        source=next(((one.name, one.version) for one in match.artifact.upstreams), ("", "")),
    )
    own, related = match.vulnerability, match.related_vulnerabilities
    url = own.data_source if own.data_source.startswith("https://") else ""
    yield Reported(package=package, advice=_advice(own, related), url=url)


def _advice(own: _Vulnerability, related: tuple[_Vulnerability, ...]) -> Advice:
    everything = (own, *related)
    others = tuple(sorted({one.id for one in related if _ONE_VULNERABILITY.fullmatch(one.id)} - {own.id}))
    is_notice = not _ONE_VULNERABILITY.fullmatch(own.id)
    message = next((one.description for one in everything if one.description), "").strip()
    return Advice(
        id=own.id,
        aliases=() if is_notice else others,
        vulnerabilities=others if is_notice else (),
        message=f"{message[:_LONGEST]} {_STATES.get(own.fix.state, '')}".strip(),
        severity=_severity(own.severity),
        cvss=tuple(dict.fromkeys(
            Cvss(vector=score.vector, score=score.metrics.base_score, source=score.source)
            for one in everything for score in one.cvss if score.vector
        )),
        fixed=own.fix.versions,
        references=tuple(dict.fromkeys(url for one in everything for url in one.urls))[:_REFERENCES],
        known_exploited=True if any(one.known_exploited for one in everything) else None,
        epss=max((chance.epss for one in everything for chance in one.epss), default=None),
    )  # fmt: skip


def _severity(word: str) -> Severity:
    if word == "Negligible":
        return Severity.INFO
    try:
        return Severity(word.lower())
    except ValueError:
        return Severity.UNKNOWN


def _rule(rule: dict[str, Any]) -> str:
    """What a rule by which a match is passed over says of itself."""
    words = [f"{name}: {value}"[:100] for name, value in rule.items() if isinstance(value, str) and value]
    return ", ".join(words) or "a rule of its own"
