"""OpenVEX 0.2: what was decided on each vulnerability. Format: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md

A waiver accepts a risk for a while; it does not say that there is none. So what is waived is `affected`, with the
waiver as its action statement; what nobody decided on is `under_investigation`.
"""

from __future__ import annotations

import json
from typing import Any

from secscan import __version__
from secscan.findings.judgement import Decision
from secscan.findings.model import Finding
from secscan.sbom.contents import Contents, affected
from secscan.sbom.cyclonedx import primary_id


def render(contents: Contents) -> bytes:
    """Return the document."""
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"https://secscan.dev/openvex/{contents.id('openvex')}",
        "author": f"secscan {__version__}",
        "timestamp": contents.created,
        "version": 1,
        "statements": [_statement(*one, contents) for one in contents.findings],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", errors="backslashreplace") + b"\n"


def _statement(finding: Finding, decision: Decision | None, contents: Contents) -> dict[str, Any]:
    package = finding.package
    assert package is not None  # noqa: S101 - contents hold no other
    name = primary_id(finding)
    aliases = [one for one in finding.identifiers if one != name and not one.startswith("CWE-")]
    found: dict[str, Any] = {
        "vulnerability": {"name": name, **({"aliases": aliases} if aliases else {})},
        "products": [{"@id": url} for url in affected(package)],
        "status_notes": f"declared in {finding.place}",
    }
    if decision is None:
        return {**found, "status": "under_investigation"}
    if decision.waiver in contents.vex:
        statement = contents.vex[decision.waiver]
        return {**found, "status": statement.vex, "impact_statement": statement.reason}
    action = decision.reason if decision.waiver else finding.remediation or "No fixed version is known."
    return {**found, "status": "affected", "action_statement": action}
