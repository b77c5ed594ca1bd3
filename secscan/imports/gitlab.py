"""Security reports of GitLab (SAST, secret detection, dependency and container scanning).

Format: https://gitlab.com/gitlab-org/security-products/security-report-schemas
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from secscan.findings.levels import GapKind, Kind
from secscan.findings.model import Package
from secscan.imports.contract import (
    Found,
    Said,
    class_for,
    confidence_named,
    counted,
    cut,
    cwes_in,
    region_of,
    severity_named,
    vulnerabilities_in,
)
from secscan.imports.packages import package_of
from secscan.imports.places import Places
from secscan.scanners.toolkit import typed

_KINDS = {
    "sast": Kind.SAST,
    "secret_detection": Kind.SECRET,
    "dependency_scanning": Kind.DEPENDENCY,
    "container_scanning": Kind.CONTAINER,
    "cluster_image_scanning": Kind.CONTAINER,
    "dast": Kind.DAST,
    "api_fuzzing": Kind.DAST,
}


class _Name(msgspec.Struct):
    name: str = ""


class _Dependency(msgspec.Struct):
    package: _Name = msgspec.field(default_factory=_Name)
    version: str = ""


class _Location(msgspec.Struct):
    file: str = ""
    start_line: int = 0
    end_line: int = 0
    class_: str = msgspec.field(default="", name="class")
    method: str = ""
    dependency: _Dependency | None = None
    image: str = ""


class _Identifier(msgspec.Struct):
    type: str = ""
    name: str = ""
    value: str = ""
    url: str = ""


class _Link(msgspec.Struct):
    url: str = ""


class _Flag(msgspec.Struct):
    type: str = ""
    description: str = ""


class _Vulnerability(msgspec.Struct):
    id: str = ""
    name: str = ""
    message: str = ""
    description: str = ""
    severity: str = ""
    confidence: str = ""
    solution: str = ""
    category: str = ""
    location: _Location = msgspec.field(default_factory=_Location)
    identifiers: list[_Identifier] = []
    links: list[_Link] = []
    flags: list[_Flag] = []


class _Tool(msgspec.Struct):
    id: str = ""
    name: str = ""
    version: str = ""


class _Message(msgspec.Struct):
    level: str = ""
    value: str = ""


class _Scan(msgspec.Struct):
    type: str
    scanner: _Tool = msgspec.field(default_factory=_Tool)
    status: str = "success"
    messages: list[_Message] = []


class _Report(msgspec.Struct):
    version: str
    vulnerabilities: list[_Vulnerability]
    scan: _Scan


def is_gitlab(document: dict[str, Any]) -> bool:
    """Whether a document is of this format."""
    return "vulnerabilities" in document and "scan" in document and "version" in document


def read_gitlab(document: dict[str, Any], places: Places, origin: str) -> Iterator[Said]:
    """Yield what the scanner of the report says. Raises `MalformedOutput`."""
    report: _Report = typed(document, _Report, tool=origin)
    scan = report.scan
    said = Said(scan.scanner.id or scan.scanner.name, places, version=cut(scan.scanner.version, 60))
    if scan.status != "success":
        said.failed = f"it says itself that its scan ended with {cut(scan.status, 60)!r}"
    for one in scan.messages:
        if one.level == "fatal":
            said.gap(GapKind.INTERNAL, origin, one.value)
        else:
            said.remarks.append(cut(one.value, 500))
    for vulnerability in counted(report.vulnerabilities):
        said.add(_found(vulnerability, scan.type))
    yield said


def _found(one: _Vulnerability, scan_type: str) -> Found:
    kind = _KINDS.get(scan_type) or _KINDS.get(one.category) or Kind.SAST
    where = one.location
    cwes = cwes_in(*(f"CWE-{each.value}" for each in one.identifiers if each.type == "cwe"))
    ids = vulnerabilities_in(*(each.value for each in one.identifiers), *(each.name for each in one.identifiers))
    first = next((each for each in one.identifiers), _Identifier())
    title = one.name or one.message or first.name
    return Found(
        kind=kind,
        rule=first.value or first.name or one.id,
        title=title if kind in (Kind.DEPENDENCY, Kind.CONTAINER) else "",
        message=one.description or one.message or one.name,
        severity=severity_named(one.severity),
        confidence=confidence_named(one.confidence),
        defect=class_for(kind, cwes),
        uri=where.file,
        region=region_of(where.start_line, end_line=where.end_line),
        symbol=".".join(filter(None, (where.class_, where.method))),
        package=_package(where.dependency),
        identifiers=(*ids, *(f"CWE-{cwe}" for cwe in cwes)),
        remediation=one.solution,
        links=tuple(link.url for link in one.links),
        url=first.url,
        notes=tuple(
            f"its tool flags it {flag.type}, which hides nothing here: {flag.description}" for flag in one.flags[:5]
        ),
    )


def _package(dependency: _Dependency | None) -> Package | None:
    """The report names no ecosystem, so that nobody knows whose package it is."""
    if dependency is None or not dependency.package.name:
        return None
    return package_of("", name=dependency.package.name, version=dependency.version)
