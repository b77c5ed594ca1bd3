"""Vulnerabilities as CycloneDX 1.6 tells them. Format: https://cyclonedx.org/docs/1.6/json/#vulnerabilities

What a policy or a waiver accepts is told with how it was accepted, never left out.
"""

from __future__ import annotations

import re
from typing import Any

from secscan.findings.levels import Severity
from secscan.findings.model import Cvss
from secscan.vex.document import Told, primary_id

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_METHODS = (("CVSS:4", "CVSSv4"), ("CVSS:3.1", "CVSSv31"), ("CVSS:3.0", "CVSSv3"))
_URL = re.compile(r"https?://[\w.:-]+(?:/[\w./?&=%#~+:@!$'()*,;-]*)?")


def vulnerability(told: Told) -> dict[str, Any]:
    """Return one vulnerability."""
    finding = told.finding
    names = [one for one in finding.identifiers if not one.startswith("CWE-")]
    found: dict[str, Any] = {
        "bom-ref": finding.fingerprint,
        "id": primary_id(finding),
        "references": [{"id": one, "source": {"name": one.partition("-")[0]}} for one in names],
        "ratings": [_rating(one, finding.severity) for one in finding.cvss] or [{"severity": str(finding.severity)}],
        "cwes": [int(one[4:]) for one in finding.identifiers if re.fullmatch(r"CWE-[0-9]{1,9}", one)],
        "description": finding.title,
        "detail": finding.message,
        "recommendation": finding.remediation,
        "advisories": [{"url": one} for one in finding.references if _URL.fullmatch(one)],
        "affects": [
            {"ref": ref, "versions": [{"version": version, "status": "affected"}]} for ref, version in told.affects
        ],
        "properties": [{"name": "secscan:place", "value": finding.place}],
    }
    if told.decision is not None:
        found["analysis"] = _analysis(told)
    return {name: value for name, value in found.items() if value not in ([], "")}


def _analysis(told: Told) -> dict[str, Any]:
    decision = told.decision
    assert decision is not None  # noqa: S101 - the caller has looked
    if told.statement is not None:
        state = {"fixed": "resolved"}.get(told.statement.vex, "not_affected")
        return {"state": state, "detail": decision.reason}
    if decision.waiver:
        # Accepted for a while: nobody has said that it does no harm.
        return {"state": "exploitable", "response": ["will_not_fix"], "detail": decision.reason}
    # What the policy says of it is no statement of whether it does harm here.
    why = f": {decision.reason}" if decision.reason else ""
    return {"state": "in_triage", "detail": f"{decision.action} by the policy{why}"}


def _rating(one: Cvss, severity: Severity) -> dict[str, Any]:
    method = next((word for start, word in _METHODS if one.vector.startswith(start)), "CVSSv2")
    score = {"score": one.score} if one.score is not None else {}
    return {**score, "severity": str(severity), "method": method, "vector": one.vector}
