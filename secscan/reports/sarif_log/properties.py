"""What the complete log says of a finding beyond what SARIF has a place for."""

from __future__ import annotations

from typing import Any

from secscan.findings.judgement import Decision
from secscan.findings.model import Finding, Source
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
        return decided | _filled(_known(judged.finding, len(judged.places) + 1 if judged.places else None))


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value or value == 0}


def _decided(decision: Decision) -> dict[str, Any]:
    return {
        "action": decision.action.value,
        "policyRule": decision.rule,
        "reason": decision.reason,
        "because": decision.because,
        "waiver": decision.waiver,
        "blocksFrom": decision.due,
        "cause": decision.cause,
        "firstSeen": decision.first_seen,
        "floor": other_decision(decision),
    }


def _known(finding: Finding, places: int | None) -> dict[str, Any]:
    """`places`: at how many it stands, where those are several."""
    known = {
        "kind": finding.kind.value,
        "class": finding.defect,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "identifiers": finding.identifiers,
        "sources": [_source(one) for one in finding.sources],
        "notes": finding.notes,
        "remediation": finding.remediation,
        "references": finding.references,
        "cvss": [one.vector for one in finding.cvss] if finding.cvss else None,
        "epss": finding.epss,
        "knownExploited": finding.known_exploited,
        "secretId": finding.secret_id,
        "introduced": introduction(finding) if finding.introduced else None,
        "layer": layer_words(finding.layer) if finding.layer else None,
        "places": places,
    }
    if package := finding.package:
        known |= {"purl": package.purl, "version": package.version, "fixedVersions": package.fixed_versions}
    return known


def _source(source: Source) -> str:
    note = f" ({source.note})" if source.note else ""
    return f"{source.scanner} {source.rule}{note}"
