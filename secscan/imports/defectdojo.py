"""DefectDojo's "Generic Findings Import", as JSON.

Format: https://docs.defectdojo.com/supported_tools/parsers/generic_findings_import/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from secscan.findings.levels import GapKind, Kind, Severity
from secscan.findings.model import Cvss
from secscan.imports.contract import (
    Found,
    Said,
    class_for,
    counted,
    cut,
    region_of,
    severity_named,
    vulnerabilities_in,
)
from secscan.imports.packages import package_of
from secscan.imports.places import Places
from secscan.scanners.toolkit import typed

_STATES = ("false_p", "risk_accepted", "out_of_scope", "is_mitigated")
_COVERAGE = "secscan-coverage"
"""The finding by which our own reports say that something was not looked at."""


class _Finding(msgspec.Struct):
    title: str
    severity: str
    description: str
    mitigation: str = ""
    references: str = ""
    file_path: str = ""
    line: int = 0
    cwe: int = 0
    cve: str = ""
    cvssv3: str = ""
    cvssv4: str = ""
    vulnerability_ids: list[str] = []
    unique_id_from_tool: str = ""
    vuln_id_from_tool: str = ""
    component_name: str = ""
    component_version: str = ""
    fix_version: str = ""
    dynamic_finding: bool = False
    false_p: bool = False
    risk_accepted: bool = False
    out_of_scope: bool = False
    is_mitigated: bool = False
    tags: list[str] = []


class _Report(msgspec.Struct):
    findings: list[_Finding]
    name: str = "generic"
    version: str = ""


def is_defectdojo(document: dict[str, Any]) -> bool:
    """Whether a document is of this format."""
    return isinstance(document.get("findings"), list) and "format" not in document


def read_defectdojo(document: dict[str, Any], places: Places, origin: str) -> Iterator[Said]:
    """Yield what the document says. Raises `MalformedOutput`."""
    report: _Report = typed(document, _Report, tool=origin)
    said = Said(report.name, places, version=cut(report.version, 60))
    for one in counted(report.findings):
        if one.unique_id_from_tool == _COVERAGE:
            said.gap(GapKind.NOT_ASSESSED, origin, one.description)
        else:
            said.add(_found(one))
    yield said


def _found(one: _Finding) -> Found:
    ids = vulnerabilities_in(one.cve, *one.vulnerability_ids, one.vuln_id_from_tool)
    kind = _kind(one, ids)
    cwes = (one.cwe,) if 0 < one.cwe < 100_000 else ()
    package = None
    if one.component_name:
        fixed = (one.fix_version,) if one.fix_version else ()
        package = package_of("", name=one.component_name, version=one.component_version, fixed=fixed)
    return Found(
        kind=kind,
        rule=one.vuln_id_from_tool or one.title,
        title=one.title,
        message=one.description,
        severity=severity_named(one.severity) if one.severity else Severity.UNKNOWN,
        defect=class_for(kind, cwes),
        uri=one.file_path,
        region=region_of(one.line),
        package=package,
        identifiers=(*ids, *(f"CWE-{cwe}" for cwe in cwes)),
        cvss=tuple(Cvss(vector=cut(vector, 200)) for vector in (one.cvssv3, one.cvssv4) if vector),
        remediation=one.mitigation,
        links=tuple(link.strip("<>") for link in one.references.split()),
        notes=tuple(
            f"the document calls it {name}, which hides nothing here" for name in _STATES if getattr(one, name)
        ),
    )


def _kind(one: _Finding, ids: tuple[str, ...]) -> Kind:
    named = next((tag.removeprefix("kind:") for tag in one.tags if tag.startswith("kind:")), "")
    if named in set(Kind):
        return Kind(named)
    if one.component_name or ids:
        return Kind.DEPENDENCY
    return Kind.DAST if one.dynamic_finding else Kind.SAST
