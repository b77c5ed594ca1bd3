"""OpenVEX 0.2: what was decided on each vulnerability. Format: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md

A waiver accepts a risk for a while; it does not say that there is none. So what is waived is `affected`, with the
waiver as its action statement; what nobody decided on is `under_investigation`. Only a VEX statement that held is told
as one again, and only where nothing else says of the same product that it is affected: a statement is about products,
and would reach further than the decision that it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from secscan.vex.document import Told, primary_id

_CLAIMS = ("not_affected", "fixed")


def document(told: Sequence[Told], *, uid: str, version: str, created: str, tooling: str = "") -> dict[str, Any]:
    """Return the document. `version` is that of secscan, `created` an RFC 3339 time;
    `tooling` says how the document came to be."""
    affected = {product for one in told if _status(one) == "affected" for product in _about(one)}
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"https://secscan.dev/openvex/{uid}",
        "author": f"secscan {version}",
        "timestamp": created,
        "version": 1,
        **({"tooling": tooling} if tooling else {}),
        "statements": [statement(one, contested=not affected.isdisjoint(_about(one))) for one in told],
    }


def statement(told: Told, *, contested: bool) -> dict[str, Any]:
    """Return one statement; `contested` where another one says that one of its products is affected."""
    finding, decision = told.finding, told.decision
    name = primary_id(finding)
    aliases = [one for one in finding.identifiers if one != name and not one.startswith("CWE-")]
    status = _status(told)
    found: dict[str, Any] = {
        "vulnerability": {"name": name, **({"aliases": aliases} if aliases else {})},
        "products": [{"@id": url} for url, _ in told.affects],
        "status_notes": f"declared in {finding.place}",
        "status": status,
    }
    if told.statement is not None and status in _CLAIMS:
        if not contested:
            return {**found, "impact_statement": told.statement.reason}
        return {**found, "status": "affected", "action_statement": "Elsewhere the same package is affected."}
    if decision is None:
        return found
    action = decision.reason if decision.waiver else finding.remediation or "No fixed version is known."
    return {**found, "action_statement": action}


def _status(told: Told) -> str:
    if told.decision is None:
        return "under_investigation"
    return told.statement.vex if told.statement is not None else "affected"


def _about(told: Told) -> set[tuple[str, str]]:
    names = [one for one in told.finding.identifiers if not one.startswith("CWE-")] or [primary_id(told.finding)]
    return {(name, url) for name in names for url, _ in told.affects}
