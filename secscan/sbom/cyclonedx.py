"""CycloneDX 1.6 as JSON: an SBOM; with a saved scan, the vulnerabilities of it (VDR) and what was decided (VEX).

Format: https://cyclonedx.org/docs/1.6/json/. What could not be read makes the composition `incomplete`, with each gap
as a property: a list that leaves something out must not look as if it were whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from secscan import __version__
from secscan.findings.judgement import Decision
from secscan.findings.levels import Severity
from secscan.findings.model import Cvss, Finding
from secscan.inventory.contract import Scope
from secscan.inventory.licences import is_expression
from secscan.inventory.names import read_purl
from secscan.sbom.contents import Component, Contents, affected

_TARGET = "target"
_SYSTEM = "operating-system"
_SCOPES = {Scope.UNKNOWN: "required", Scope.OPTIONAL: "optional", Scope.DEV: "excluded"}
_METHODS = (("CVSS:4", "CVSSv4"), ("CVSS:3.1", "CVSSv31"), ("CVSS:3.0", "CVSSv3"))


def render(contents: Contents) -> bytes:
    """Return the document."""
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{contents.id('cyclonedx')}",
        "version": 1,
        "metadata": {
            "timestamp": contents.created,
            "tools": {"components": [{"type": "application", "name": "secscan", "version": __version__}]},
            "component": {
                "type": "application" if contents.system is None else "container",
                "bom-ref": _TARGET,
                "name": contents.name or "target",
                **({"version": contents.revision} if contents.revision else {}),
            },
            "properties": [
                {"name": f"secscan:gap:{one.kind}", "value": f"{one.subject}: {one.detail}"}
                for one in (*contents.gaps, *contents.unassessed)
            ],
        },
        "components": [*_system(contents), *(_component(one) for one in contents.components)],
        "dependencies": _dependencies(contents),
        "compositions": [{"aggregate": "incomplete" if contents.gaps else "unknown", "assemblies": [_TARGET]}],
    }
    if contents.findings:
        document["vulnerabilities"] = [_vulnerability(*one, contents) for one in contents.findings]
    return json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", errors="backslashreplace") + b"\n"


def _component(one: Component) -> dict[str, Any]:
    places = [{"location": path, **({"line": line} if line else {})} for path, line in one.places]
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "scope": _SCOPES[one.scope],
        "purl": one.purl,
        "evidence": {"occurrences": places},
    }
    if one.licence:
        found["licenses"] = [_licence(one.licence)]
    properties = [*_source(one), *_layers(one)]
    if properties:
        found["properties"] = [{"name": name, "value": value} for name, value in properties]
    return found


def _system(contents: Contents) -> list[dict[str, Any]]:
    """The distribution of an image."""
    if contents.system is None or not contents.system[0]:
        return []
    name, version = contents.system
    return [{"type": "operating-system", "bom-ref": _SYSTEM, "name": name, **({"version": version} if version else {})}]


def _source(one: Component) -> Iterator[tuple[str, str]]:
    """The source package as trivy writes it, which does not read the qualifier `upstream` of package URLs."""
    name, version = one.source
    if not name:
        return
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "", version
    upstream, hyphen, release = rest.rpartition("-")
    if not hyphen or one.purl.startswith("pkg:apk/"):
        upstream, release = rest, ""
    told = {"SrcName": name, "SrcVersion": upstream, "SrcRelease": release, "SrcEpoch": epoch}
    yield from ((f"aquasecurity:trivy:{key}", value) for key, value in told.items() if value)


def _layers(one: Component) -> Iterator[tuple[str, str]]:
    for layer in one.layers:
        yield "secscan:layer:index", str(layer.index)
        yield "secscan:layer:digest", layer.digest


def _licence(licence: str) -> dict[str, Any]:
    return {"expression": licence} if is_expression(licence) else {"license": {"name": licence}}


def _dependencies(contents: Contents) -> list[dict[str, Any]]:
    return [{"ref": parent or _TARGET, "dependsOn": list(found)} for parent, found in contents.asks_for.items()]


def _vulnerability(finding: Finding, decision: Decision | None, contents: Contents) -> dict[str, Any]:
    package = finding.package
    assert package is not None  # noqa: S101 - contents hold no other
    names = [one for one in finding.identifiers if not one.startswith("CWE-")]
    found: dict[str, Any] = {
        "bom-ref": finding.fingerprint,
        "id": primary_id(finding),
        "references": [{"id": one, "source": {"name": one.partition("-")[0]}} for one in names],
        "ratings": [_rating(one, finding.severity) for one in finding.cvss] or [_bare(finding.severity)],
        "cwes": [int(one[4:]) for one in finding.identifiers if re.fullmatch(r"CWE-\d{1,9}", one)],
        "description": finding.title,
        "detail": finding.message,
        "recommendation": finding.remediation,
        "advisories": [{"url": one} for one in finding.references if _URL.fullmatch(one)],
        "affects": [
            {
                "ref": url,
                "versions": [
                    {"version": read_purl(url).version if package.binaries else package.version, "status": "affected"}
                ],
            }
            for url in affected(package)
        ],
        "properties": [{"name": "secscan:place", "value": finding.place}],
    }
    if decision is not None and decision.waiver:
        found["analysis"] = _analysis(decision, contents)
    return {name: value for name, value in found.items() if value not in ([], "")}


def _analysis(decision: Decision, contents: Contents) -> dict[str, Any]:
    if decision.waiver in contents.vex:
        state = {"fixed": "resolved"}.get(contents.vex[decision.waiver].vex, "not_affected")
        return {"state": state, "detail": decision.reason}
    # Accepted for a while: nobody has said that it does no harm.
    return {"state": "exploitable", "response": ["will_not_fix"], "detail": decision.reason}


_URL = re.compile(r"https?://[\w.:-]+(?:/[\w./?&=%#~+:@!$'()*,;-]*)?")


def primary_id(finding: Finding) -> str:
    """Return the name under which most people know a vulnerability."""
    for start in ("CVE-", "GHSA-", ""):
        for one in finding.identifiers:
            if one.startswith(start) and not one.startswith("CWE-"):
                return one
    return finding.fingerprint


def _rating(one: Cvss, severity: Severity) -> dict[str, Any]:
    method = next((word for start, word in _METHODS if one.vector.startswith(start)), "CVSSv2")
    score = {"score": one.score} if one.score is not None else {}
    return {**score, "severity": str(severity), "method": method, "vector": one.vector}


def _bare(severity: Severity) -> dict[str, Any]:
    return {"severity": str(severity)}
