"""One finding, with everything that the page shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secscan.findings.judgement import Decision
from secscan.findings.levels import Action, SecretState
from secscan.findings.model import Finding, Package
from secscan.reports.escape import web_link
from secscan.reports.html.shared import Shared
from secscan.reports.layers import layer_words
from secscan.reports.present import Judged, alike, decided_by, introduction, newness, other_decision

_MOST_PLACES = 200
"""Places of one finding that are listed."""

_NEW = {True: "new", False: "known", None: ""}

_SECRET_STATES = {
    SecretState.LIVE: "The secret store knows it: it is in use.",
    SecretState.ROTATED: "The secret store knows it: it was replaced.",
    SecretState.DELETED: "The secret store knows it: it was deleted.",
    SecretState.UNKNOWN: "The secret store was asked and does not know it.",
}


class Details:
    """Says it for the findings of one page."""

    def __init__(self, steps: Mapping[str, str], shared: Shared) -> None:
        """`steps` is what clears a finding, by its fingerprint."""
        self._steps = steps
        self._shared = shared

    def of(self, judged: Judged) -> dict[str, Any]:
        """Return the finding's members that are not empty: those that are its own, and the positions of the others."""
        finding, decision, shared = judged.finding, judged.decision, self._shared
        package = finding.package
        members = _own(judged)
        sort = (finding.title, decision.action, finding.severity, finding.kind, finding.defect, finding.confidence)
        members |= shared.group(sort, lambda: _sort(judged))
        members |= shared.positions(_place(finding))
        members |= shared.group(alike(decision), lambda: _decision(decision))
        if package is not None:
            # Where no package is to be upgraded, the step says again what stands here already.
            step = self._steps.get(finding.fingerprint, "")
            members |= shared.group((step, package), lambda: _package(step, package))
        return members | shared.positions(_known(judged))


def _own(judged: Judged) -> dict[str, Any]:
    """What hardly two findings have in common, and numbers."""
    finding = judged.finding
    location, region = finding.location, finding.location.region
    members: dict[str, Any] = {"id": finding.fingerprint}
    if region and region.start_line:
        members["line"] = region.start_line
    if region and region.last_line != region.start_line:
        members["endLine"] = region.last_line
    if location.snippet and (first := location.snippet_line):
        members["snippetLine"] = first
    if len(judged.places) > _MOST_PLACES:
        members["morePlaces"] = len(judged.places) - _MOST_PLACES
    return members


def _sort(judged: Judged) -> dict[str, Any]:
    finding = judged.finding
    return {
        "title": finding.title,
        "action": judged.decision.action.value,
        "severity": finding.severity.value,
        "kind": finding.kind.value,
        "defect": finding.defect,
        "confidence": finding.confidence.value,
    }


def _place(finding: Finding) -> dict[str, Any]:
    location = finding.location
    return {
        "path": location.path,
        "symbol": location.symbol,
        "layer": str(finding.layer.index) if finding.layer else "",
        "layerWords": layer_words(finding.layer),
        "snippet": location.snippet.rstrip("\n"),
        "message": finding.message,
        "remediation": finding.remediation,
    }


def _package(step: str, package: Package) -> dict[str, Any]:
    return {"step": step, "package": package.name, "purl": package.purl, "fixed": package.fixed_versions}


def _known(judged: Judged) -> dict[str, Any]:
    finding = judged.finding
    return {
        "identifiers": finding.identifiers,
        "ratings": _ratings(finding),
        "trace": [{"place": f"{one.path}:{one.region.start_line}", "text": one.text} for one in finding.trace],
        "markers": [f"{one.text}{f': {one.reason}' if one.reason else ''}" for one in finding.markers],
        "notes": [*finding.notes, *([_SECRET_STATES[finding.secret_state]] if finding.secret_state else [])],
        "references": [{"text": one, "link": web_link(one)} for one in finding.references],
        "sources": _sources(finding),
        "commit": introduction(finding),
        "places": [_other(one) for one in judged.places[:_MOST_PLACES]],
    }


def _decision(decision: Decision) -> dict[str, Any]:
    accepted = decision.action is Action.ACCEPT
    return {
        "rule": decision.rule,
        "reason": decision.reason,
        "because": [text.removeprefix("yes: ") for text in decision.because],
        "waiver": decision.waiver,
        "accepted": ("by a waiver" if decision.waiver else "by a rule") if accepted else "",
        "new": _NEW[decision.new],
        "newness": newness(decision),
        "other": other_decision(decision),
    }


def _ratings(finding: Finding) -> list[str]:
    """How bad others say it is, and whether it is exploited."""
    texts = []
    for one in finding.cvss:
        score = f"{one.score} " if one.score is not None else ""
        texts.append(f"{score}{one.vector}{f' ({one.source})' if one.source else ''}")
    if finding.epss is not None:
        texts.append(f"EPSS: exploited within 30 days with a probability of {finding.epss:.1%}")
    if finding.known_exploited:
        texts.append("CISA lists it as exploited")
    if finding.published:
        texts.append(f"Published {finding.published[:10]}")
    return texts


def _other(judged: Judged) -> dict[str, str]:
    """A further place of a finding, with what the policy says of it there."""
    finding, decision = judged.finding, judged.decision
    about = (f"{finding.confidence} confidence", decided_by(decision), newness(decision), introduction(finding))
    return {
        "place": finding.place,
        "symbol": finding.location.symbol,
        "action": decision.action.value,
        "severity": finding.severity.value,
        "about": "; ".join(part for part in about if part),
        "id": finding.fingerprint,
    }


def _sources(finding: Finding) -> list[dict[str, str]]:
    """Who reported it here, and who did so at further places only. A message that is the finding's own is left out."""
    here = {(one.scanner, one.rule) for one in finding.sources}
    others = (one for place in finding.places for one in place.sources)
    elsewhere = {(one.scanner, one.rule): one for one in others if (one.scanner, one.rule) not in here}
    return [
        {
            "scanner": one.scanner,
            "rule": one.rule,
            "message": one.message if one.message != finding.message else "",
            "note": one.note,
            "url": web_link(one.url),
        }
        for one in (*finding.sources, *elsewhere.values())
    ]
