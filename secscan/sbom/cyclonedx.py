"""CycloneDX 1.6 as JSON: an SBOM; with a saved scan, the vulnerabilities of it (VDR) and what was decided (VEX).

Format: https://cyclonedx.org/docs/1.6/json/. What could not be read makes the composition `incomplete`, with each gap
as a property: a list that leaves something out must not look as if it were whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from secscan import __version__
from secscan.inventory.contract import Scope
from secscan.inventory.licences import is_expression
from secscan.sbom.contents import Component, Contents
from secscan.vex.cyclonedx import SCHEMA, vulnerability
from secscan.vex.document import encoded

_TARGET = "target"
_SYSTEM = "operating-system"
_SCOPES = {Scope.UNKNOWN: "required", Scope.OPTIONAL: "optional", Scope.DEV: "excluded"}


def render(contents: Contents) -> bytes:
    """Return the document."""
    document: dict[str, Any] = {
        "$schema": SCHEMA,
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
        document["vulnerabilities"] = [vulnerability(one) for one in contents.told]
    return encoded(document)


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
