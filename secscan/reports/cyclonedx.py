"""CycloneDX 1.6: the vulnerabilities of packages (VDR) with what was decided on each (VEX), and the packages.

Format: https://cyclonedx.org/docs/1.6/json/. A saved scan knows what was looked up and what findings are about, not who
asks for whom: the whole bill of materials of a tree or image is written by `secscan sbom`. Findings of other kinds have
no place here; how many there are is told, as is everything that was not looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from secscan.findings.fingerprint import purl_without_version
from secscan.findings.model import Package, at_each_place
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.escape import plain_values
from secscan.reports.present import Presentation
from secscan.reports.vulnerabilities import judged_at, vulnerabilities
from secscan.vex.cyclonedx import SCHEMA, vulnerability
from secscan.vex.document import Told, document_id, encoded, is_vulnerability

_TARGET = "target"


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the document."""
    scan = view.scan
    told = vulnerabilities(view)
    components = build_components(scan, told)
    about = f"{scan.target.digest} {view.judgement.policy_digest} {judged_at(scan)}"
    target = scan.target
    document: dict[str, Any] = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{document_id('cyclonedx report', about)}",
        "version": 1,
        "metadata": {
            "timestamp": judged_at(scan),
            "tools": {"components": [{"type": "application", "name": "secscan", "version": scan.secscan}]},
            "component": {
                "type": "container" if target.image else "application",
                "bom-ref": _TARGET,
                "name": target.name or "target",
                **({"version": target.revision} if target.revision else {}),
            },
            "properties": [{"name": f"secscan:{name}", "value": value} for name, value in build_properties(view)],
        },
        "components": components,
        "dependencies": [{"ref": _TARGET, "dependsOn": [one["bom-ref"] for one in components]}],
        "compositions": [
            {"aggregate": "incomplete" if view.doubts or scan.gaps else "unknown", "assemblies": [_TARGET]}
        ],
        "vulnerabilities": [vulnerability(one) for one in told],
    }
    yield encoded(plain_values(document))


def build_components(scan: Scan, told: Sequence[Told]) -> list[dict[str, Any]]:
    """Return the packages that findings are about, by package URL, and all others that were looked up, by name."""
    found: dict[str, dict[str, Any]] = {}
    keys: set[str] = set()
    for one in told:
        package = one.finding.package
        assert package is not None  # noqa: S101 - nothing else is told
        keys |= set(_keys(package))
        for ref, version in one.affects:
            found.setdefault(ref, _component(ref, package, version))
    for key in scan.packages:
        if key and key not in keys:
            head, _, version = key.rpartition("@")
            ecosystem, _, name = head.rpartition(":")
            found.setdefault(
                key,
                {
                    "type": "library",
                    "bom-ref": key,
                    "name": name,
                    "version": version,
                    "properties": [{"name": "secscan:ecosystem", "value": ecosystem}],
                },
            )
    return [found[ref] for ref in sorted(found)]


def build_properties(view: Presentation) -> Iterator[tuple[str, str]]:
    """Yield what the format has no words for: the verdict, why, what was not looked at, what is not told here."""
    judgement = view.judgement
    yield "verdict", judgement.verdict.value
    yield "verdict:reason", view.sentence
    if judgement.policy:
        yield "policy", judgement.policy
    for doubt in view.doubts:
        yield "incomplete", ". ".join(filter(None, (doubt.text, doubt.hint)))
    for gap in view.scan.gaps:
        yield f"gap:{gap.kind}", f"{gap.scanner}: {gap.subject}{f': {gap.detail}' if gap.detail else ''}"
    others = Counter(one.kind for one in at_each_place(view.scan.findings) if not is_vulnerability(one))
    for kind, count in sorted(others.items()):
        yield f"not-told-here:{kind}", str(count)


def _component(ref: str, package: Package, version: str) -> dict[str, Any]:
    name = unquote(purl_without_version(ref).rpartition("/")[2]) if package.binaries else package.name
    found: dict[str, Any] = {"type": "library", "bom-ref": ref, "name": name, "version": version}
    if ref.startswith("pkg:"):
        found["purl"] = ref
    found["properties"] = [{"name": "secscan:ecosystem", "value": package.ecosystem}]
    return found


def _keys(package: Package) -> Iterator[str]:
    """How the scan may have counted a package: by its name as declared, or as its ecosystem compares it."""
    yield f"{package.ecosystem}:{package.name}@{package.version}"
    names = unquote(purl_without_version(package.purl)).split("/")[1:]
    for joint in ("/", ":"):
        yield f"{package.ecosystem}:{joint.join(names)}@{package.version}"


FORMAT = Format(name="cyclonedx", suffix=".cdx.json", title="CycloneDX 1.6 with VDR and VEX", parts=parts)
"""What the registry finds."""
