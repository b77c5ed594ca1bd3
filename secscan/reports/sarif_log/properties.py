"""What the complete log says of a finding beyond what SARIF has a place for."""

from __future__ import annotations

from typing import Any

from secscan.findings.model import Source
from secscan.reports.layers import layer_words
from secscan.reports.present import Judged, introduction, other_decision


def result_properties(judged: Judged) -> dict[str, Any]:
    """Return what was decided and why, and what is known of the finding; only what there is."""
    values = _decided(judged) | _known(judged)
    return {name: value for name, value in values.items() if value not in ("", [], None)}


def _decided(judged: Judged) -> dict[str, Any]:
    decision = judged.decision
    return {
        "action": decision.action.value,
        "policyRule": decision.rule,
        "reason": decision.reason,
        "because": list(decision.because),
        "waiver": decision.waiver,
        "blocksFrom": decision.due,
        "cause": decision.cause,
        "firstSeen": decision.first_seen,
        "floor": other_decision(decision),
    }


def _known(judged: Judged) -> dict[str, Any]:
    finding = judged.finding
    package = finding.package
    return {
        "kind": finding.kind.value,
        "class": finding.defect,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "identifiers": list(finding.identifiers),
        "sources": [_source(one) for one in finding.sources],
        "notes": list(finding.notes),
        "remediation": finding.remediation,
        "references": list(finding.references),
        "cvss": [one.vector for one in finding.cvss],
        "epss": finding.epss,
        "knownExploited": finding.known_exploited,
        "secretId": finding.secret_id,
        "introduced": introduction(finding),
        "layer": layer_words(finding.layer),
        "places": len(judged.places) + 1 if judged.places else None,
        "purl": package.purl if package else "",
        "version": package.version if package else "",
        "fixedVersions": list(package.fixed_versions) if package else [],
    }


def _source(source: Source) -> str:
    note = f" ({source.note})" if source.note else ""
    return f"{source.scanner} {source.rule}{note}"
