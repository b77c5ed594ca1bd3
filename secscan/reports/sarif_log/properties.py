"""What the complete log says of a finding beyond what SARIF has a place for."""

from __future__ import annotations

from typing import Any

from secscan.findings.judgement import Decision
from secscan.findings.model import Source
from secscan.reports.layers import layer_words
from secscan.reports.present import Judged, alike, introduction, other_decision


class Properties:
    """Says it for the results of one log."""

    def __init__(self) -> None:
        self._decided: dict[tuple[object, ...], dict[str, Any]] = {}

    def of(self, judged: Judged) -> dict[str, Any]:
        """Return what was decided and why, and what is known of the finding; only what there is."""
        key = alike(judged.decision)
        decided = self._decided.get(key)
        if decided is None:
            decided = self._decided[key] = _filled(_decided(judged.decision))
        return decided | _filled(_known(judged))


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value or value == 0}


def _decided(decision: Decision) -> dict[str, Any]:
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
