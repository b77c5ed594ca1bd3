"""Results: one per finding, with its way, its further places, and what was decided."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from secscan.findings.judgement import Fixed
from secscan.findings.levels import Action
from secscan.findings.model import Finding, Location, Marker, TraceStep
from secscan.policy.decide import MARKER_RULE
from secscan.reports.escape import sarif_text
from secscan.reports.layers import layer_words
from secscan.reports.present import Judged, counted, decided_by, introduction, sources_of
from secscan.reports.sarif_log.numbers import FIXED
from secscan.reports.sarif_log.places import Addresses, physical, pointer
from secscan.reports.sarif_log.rules import MESSAGE
from secscan.reports.sarif_log.words import LEVELS, ended

_MOST_STEPS = 1_000
"""GitHub shows no more steps of a flow (and refuses more than 10,000)."""
_MOST_RELATED = 100
"""Further places of one result; GitHub shows no more (and refuses more than 1,000)."""
_MOST_LINKS = 5
"""Of those, the ones that the message links to: platforms show only related locations that it names."""


def build_result(
    judged: Judged, rule: tuple[str, int], addresses: Addresses, places: Sequence[Judged] | None = None
) -> dict[str, Any]:
    """Return what every reader of SARIF takes of a finding. `rule` is the id and index of its rule; `places` are the
    further places to name, all of them if not given."""
    finding = judged.finding
    places = judged.places if places is None else places
    location: dict[str, Any] = {"physicalLocation": physical(finding, addresses)}
    if logical := list(_logical(finding)):
        location["logicalLocations"] = logical
    result: dict[str, Any] = {
        "ruleId": rule[0],
        "ruleIndex": rule[1],
        "level": LEVELS[finding.severity],
        # The text is what people read; by its id and arguments others can translate the rule's message.
        "message": {
            "text": _text(finding) + _links(places),
            "id": MESSAGE,
            "arguments": [finding.place, sources_of(finding)],
        },
        "locations": [location],
        "partialFingerprints": {"secscan/v1": finding.fingerprint},
    }
    if places:
        result["relatedLocations"] = [
            _related(at, one, addresses) for at, one in enumerate(places[:_MOST_RELATED], start=1)
        ]
    if finding.trace:
        steps = [_step(step, addresses) for step in finding.trace[:_MOST_STEPS]]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def suppressions(judged: Judged) -> Iterator[dict[str, Any]]:
    """Yield what hides the finding, and what tried to: a marker in the source hides nothing by itself."""
    decision = judged.decision
    if decision.action is Action.ACCEPT:
        by = f"waiver {decision.waiver}" if decision.waiver else f"policy rule {decision.rule}"
        yield {"kind": "external", "status": "accepted", "justification": f"{decision.reason} ({by})"}
    for marker in judged.finding.markers:
        status = "accepted" if decision.rule == MARKER_RULE else "rejected"
        yield {"kind": "inSource", "status": status, "justification": _marker(marker)}


def build_fixed(fixed: Fixed, rule_index: int, addresses: Addresses) -> dict[str, Any]:
    """Return a finding of the baseline that is there no more, as far as it was looked at."""
    text = ended(sarif_text(f"Fixed: {fixed.title}"))
    gone = {"rendered": {"text": sarif_text(fixed.title)}}
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1, "snippet": gone}
    place = pointer(fixed.path, None, addresses)
    place |= {"region": region, "contextRegion": {"startLine": 1, "endLine": 1, "snippet": gone}}
    return {
        "ruleId": FIXED,
        "ruleIndex": rule_index,
        "kind": "pass",
        "level": "none",
        "message": {"text": text, "id": MESSAGE, "arguments": [fixed.path]},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"secscan/v1": fixed.fingerprint},
        "baselineState": "absent",
    }


def _text(finding: Finding) -> str:
    text = ended(sarif_text(finding.message or finding.title))
    layer = layer_words(finding.layer)
    return f"{text} Brought by {sarif_text(layer)}." if layer else text


def _logical(finding: Finding) -> Iterator[dict[str, Any]]:
    if finding.location.symbol:
        yield {"fullyQualifiedName": finding.location.symbol}
    if finding.layer is not None:
        digest = finding.layer.digest
        yield {"name": f"layer {finding.layer.index}", "fullyQualifiedName": digest, "kind": "layer"}


def _marker(marker: Marker) -> str:
    reason = f": {marker.reason}" if marker.reason else ""
    return f"{marker.text}{reason}"


def _links(places: Sequence[Judged]) -> str:
    """Name the further places; each name links to the related location of that number (SARIF 2.1.0, 3.11.6)."""
    if not places:
        return ""
    named = [f"[{_label(one.finding.place)}]({at})" for at, one in enumerate(places[:_MOST_LINKS], start=1)]
    beyond = len(places) - len(named)
    more = f" and {beyond} more" if beyond else ""
    return f" The same secret stands in {counted(len(places), 'more place')}: {', '.join(named)}{more}."


def _label(place: str) -> str:
    """A place as the text of a link: brackets and backslashes in it are escaped."""
    return re.sub(r"([\[\]\\])", r"\\\1", sarif_text(place))


def _related(number: int, judged: Judged, addresses: Addresses) -> dict[str, Any]:
    finding, decision = judged.finding, judged.decision
    by = decided_by(decision)
    said = f"The same secret ({decision.action} by the {by}; {finding.severity}, {finding.confidence} confidence)."
    brought = introduction(finding)
    properties = {"fingerprint": finding.fingerprint, "introduced": brought}
    return {
        "id": number,
        "physicalLocation": _pointer(finding.location, addresses),
        "message": {"text": sarif_text(f"{said} Brought by {brought}." if brought else said)},
        "properties": {name: value for name, value in properties.items() if value},
    }


def _pointer(location: Location, addresses: Addresses) -> dict[str, Any]:
    return pointer(location.path, location.region, addresses)


def _step(step: TraceStep, addresses: Addresses) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": pointer(step.path, step.region, addresses)}
    if step.text:
        location["message"] = {"text": sarif_text(step.text)}
    return {"location": location}
