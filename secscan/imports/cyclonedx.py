"""Vulnerabilities of a CycloneDX document (JSON, 1.4 and newer), one finding for each component that one affects.

What the document says of its own analysis (`not_affected` ...) is told and hides nothing: `--vex FILE` is for
statements that may. An SBOM that tells no vulnerabilities is refused: `secscan scan` looks up the packages
of those that it finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

from secscan.findings.levels import GapKind, Kind, Severity
from secscan.findings.model import Cvss
from secscan.imports.contract import (
    Found,
    Said,
    counted,
    cut,
    region_of,
    scanner_name,
    severity_named,
    severity_scored,
    vulnerabilities_in,
)
from secscan.imports.packages import package_of
from secscan.imports.places import Places
from secscan.scanners.contract import MalformedOutput
from secscan.scanners.toolkit import typed

_MOST_COMPONENTS = 500_000


class _Occurrence(msgspec.Struct):
    location: str = ""
    line: int = 0


class _Evidence(msgspec.Struct):
    occurrences: list[_Occurrence] = []


class _Component(msgspec.Struct, rename="kebab"):
    bom_ref: str = ""
    name: str = ""
    version: str = ""
    purl: str = ""
    evidence: _Evidence = msgspec.field(default_factory=_Evidence)
    components: list[_Component] = []


class _Named(msgspec.Struct):
    name: str = ""
    version: str = ""


class _Property(msgspec.Struct):
    name: str = ""
    value: str = ""


class _Metadata(msgspec.Struct):
    tools: Any = None
    component: _Component = msgspec.field(default_factory=_Component)
    properties: list[_Property] = []


class _Reference(msgspec.Struct):
    id: str = ""


class _Rating(msgspec.Struct):
    score: float | None = None
    severity: str = ""
    vector: str = ""
    source: _Named = msgspec.field(default_factory=_Named)


class _Analysis(msgspec.Struct):
    state: str = ""
    justification: str = ""
    detail: str = ""


class _Version(msgspec.Struct):
    version: str = ""
    status: str = "affected"


class _Affects(msgspec.Struct):
    ref: str = ""
    versions: list[_Version] = []


class _Advisory(msgspec.Struct):
    url: str = ""


class _Vulnerability(msgspec.Struct):
    id: str = ""
    references: list[_Reference] = []
    ratings: list[_Rating] = []
    cwes: list[int] = []
    description: str = ""
    detail: str = ""
    recommendation: str = ""
    advisories: list[_Advisory] = []
    analysis: _Analysis = msgspec.field(default_factory=_Analysis)
    affects: list[_Affects] = []
    properties: list[_Property] = []


class _Document(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    components: list[_Component] = []
    vulnerabilities: list[_Vulnerability] | None = None


def is_cyclonedx(document: dict[str, Any]) -> bool:
    """Whether a document is of this format."""
    return document.get("bomFormat") == "CycloneDX"


def read_cyclonedx(document: dict[str, Any], places: Places, origin: str) -> Iterator[Said]:
    """Yield what the tool that made the document says. Raises `MalformedOutput`."""
    bom: _Document = typed(document, _Document, tool=origin)
    if bom.vulnerabilities is None:
        raise MalformedOutput("it is an SBOM that says nothing of vulnerabilities, so nobody looked for any")
    counted([ref for one in bom.vulnerabilities for ref in one.affects])
    counted(bom.vulnerabilities)
    tool = _tool(bom.metadata.tools)
    said = Said(tool.name, places, version=cut(tool.version, 60))
    if scanner_name(tool.name) == scanner_name("secscan"):
        for told in bom.metadata.properties:
            if told.name == "secscan:incomplete" or told.name.startswith("secscan:gap:"):
                said.gap(GapKind.NOT_ASSESSED, origin, told.value)
    components = {one.bom_ref or one.purl: one for one in _all([*bom.components, bom.metadata.component])}
    for vulnerability in bom.vulnerabilities:
        if not vulnerability.affects:
            said.gap(GapKind.NOT_ASSESSED, origin, f"{vulnerability.id} does not say which component it affects")
        for affected in vulnerability.affects:
            said.add(_found(vulnerability, affected, components.get(affected.ref)))
    yield said


def _found(one: _Vulnerability, affected: _Affects, component: _Component | None) -> Found:
    # A link to a component of another document: urn:cdx:SERIAL/VERSION#REF.
    ref = unquote(affected.ref.rpartition("#")[2]) if affected.ref.startswith("urn:cdx:") else affected.ref
    named = next((version.version for version in affected.versions if version.status == "affected"), "")
    if component is None:
        component = _Component(name=ref, purl=ref if ref.startswith("pkg:") else "")
    package = package_of(component.purl, name=component.name, version=component.version or named)
    ids = vulnerabilities_in(one.id, *(reference.id for reference in one.references))
    title = one.description if 0 < len(one.description) <= 120 else f"{package.name} {package.version}: {one.id}"
    path, line = _place(one, component)
    return Found(
        kind=Kind.DEPENDENCY,
        rule=one.id,
        title=title,
        message=one.detail or one.description,
        severity=_severity(one.ratings),
        defect="vulnerable-dependency",
        uri=path,
        region=region_of(line),
        package=package,
        identifiers=(*(ids or filter(None, (one.id,))), *(f"CWE-{cwe}" for cwe in one.cwes if 0 < cwe < 100_000)),
        cvss=tuple(
            Cvss(vector=cut(rating.vector, 200), score=_score(rating.score), source=cut(rating.source.name, 60))
            for rating in one.ratings[:8]
            if rating.vector
        ),
        remediation=one.recommendation,
        links=tuple(advisory.url for advisory in one.advisories),
        notes=tuple(_analysis(one.analysis)),
    )


def _place(one: _Vulnerability, component: _Component) -> tuple[str, int]:
    """Where the component is declared; empty where nobody says so."""
    own = next((each.value for each in one.properties if each.name == "secscan:place"), "")
    if own:
        path, _, line = own.rpartition(":")
        return (path, int(line)) if path and line.isascii() and line.isdigit() and len(line) < 9 else (own, 0)
    where = next((each for each in component.evidence.occurrences if each.location), None)
    return (where.location, where.line) if where else ("", 0)


def _severity(ratings: list[_Rating]) -> Severity:
    """The worst that a rating names; its score, where it names none."""
    found = [severity_named(one.severity) for one in ratings] + [severity_scored(one.score) for one in ratings]
    order = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)
    return next((one for one in order if one in found), Severity.UNKNOWN)


def _score(score: float | None) -> float | None:
    return score if score is not None and 0 <= score <= 10 else None


def _analysis(one: _Analysis) -> Iterator[str]:
    if one.state and one.state not in ("in_triage", "exploitable"):
        why = ", ".join(filter(None, (one.justification, one.detail)))
        yield f"the document calls it {one.state}, which hides nothing here{f': {why}' if why else ''}"


def _tool(tools: Any) -> _Named:
    """The first tool, in the form of 1.5 and newer or the older one."""
    parts = tools.get("components") if isinstance(tools, dict) else tools
    first = parts[0] if isinstance(parts, list) and parts else {}
    name, version = (first.get(key) if isinstance(first, dict) else "" for key in ("name", "version"))
    return _Named(name if isinstance(name, str) else "", version if isinstance(version, str) else "")


def _all(components: list[_Component]) -> Iterator[_Component]:
    todo, count = list(components), 0
    while todo:
        count += 1
        if count > _MOST_COMPONENTS:
            raise MalformedOutput(f"it has more than {_MOST_COMPONENTS} components")
        one = todo.pop()
        yield one
        todo += one.components
