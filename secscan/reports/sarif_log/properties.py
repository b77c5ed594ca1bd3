"""What the complete log says of a finding beyond what SARIF has a place for."""

from __future__ import annotations

from typing import Any

from secscan.findings.model import Source
from secscan.reports.escape import plain
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
        "policyRule": plain(decision.rule),
        "reason": plain(decision.reason),
        "because": [plain(one) for one in decision.because],
        "waiver": plain(decision.waiver),
        "blocksFrom": plain(decision.due),
        "cause": decision.cause,
        "firstSeen": decision.first_seen,
        "floor": plain(other_decision(decision)),
    }


def _known(judged: Judged) -> dict[str, Any]:
    finding = judged.finding
    package = finding.package
    return {
        "kind": finding.kind.value,
        "class": plain(finding.defect),
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "identifiers": [plain(one) for one in finding.identifiers],
        "sources": [_source(one) for one in finding.sources],
        "notes": [plain(one) for one in finding.notes],
        "remediation": plain(finding.remediation),
        "references": [plain(one) for one in finding.references],
        "cvss": [plain(one.vector) for one in finding.cvss],
        "epss": finding.epss,
        "knownExploited": finding.known_exploited,
        "secretId": plain(finding.secret_id),
        "introduced": plain(introduction(finding)),
        "layer": plain(layer_words(finding.layer)),
        "places": len(judged.places) + 1 if judged.places else None,
        "purl": plain(package.purl) if package else "",
        "version": plain(package.version) if package else "",
        "fixedVersions": [plain(one) for one in package.fixed_versions] if package else [],
    }


def _source(source: Source) -> str:
    note = f" ({source.note})" if source.note else ""
    return plain(f"{source.scanner} {source.rule}{note}")
