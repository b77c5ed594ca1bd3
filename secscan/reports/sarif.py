"""SARIF 2.1.0 (OASIS, errata 01), as code scanning platforms consume it.

One run, by the driver `secscan`; the scanners are its extensions. A rule is a class of defect or, for a vulnerable
package, the advisory. Results are complete: what the policy accepts is there with a suppression that says so, since a
report that drops it would let it vanish. The document holds no clock and no place on this machine.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from secscan.findings.defects import defect
from secscan.findings.levels import Action, Confidence, RunStatus, Severity
from secscan.findings.model import Finding, Gap, Marker, Region, ScannerRun, Source, TraceStep
from secscan.findings.scan import Scan
from secscan.policy.decide import MARKER_RULE
from secscan.reports.contract import Format
from secscan.reports.escape import plain, sarif_text, uri, web_link
from secscan.reports.layers import layer_words
from secscan.reports.present import Judged, Presentation, counted, introduction, main_identifier, other_decision

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_HOME = "https://secscan.dev"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNKNOWN: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}

_SCORES = {Severity.CRITICAL: 9.5, Severity.HIGH: 8.0, Severity.MEDIUM: 5.5, Severity.LOW: 2.0}
"""`security-severity` where there is no CVSS score: a value within the platform's band of that name. None for
`unknown`, which must not be shown as a low number, nor for `info`."""

_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}
_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
_MOST_TEXT = 1_000
"""Platforms refuse descriptions of more than 1,024 characters."""
_MOST_STEPS = 1_000
_MOST_RELATED = 100
"""Further places of one result; GitHub shows no more (and refuses more than 1,000)."""
_MOST_LINKS = 5
"""Of those, the ones that the message links to: platforms show only related locations that it names."""

_NOTIFICATIONS = {
    "incomplete": "Something that the policy demands was not looked at.",
    "scanner-failed": "A scanner did not do its work.",
    "scanner-skipped": "A scanner had nothing to do or was not able to start.",
    "gap": "Something that should have been looked at was not.",
    "notice": "Something the reader should know.",
}


def render(scan: Scan) -> bytes:
    """Return the SARIF log of a judged scan."""
    return (json.dumps(build_log(Presentation(scan)), ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def build_log(view: Presentation) -> dict[str, Any]:
    """Return the log as plain values."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for judged in view.judged:
        groups[rule_id(judged.finding)].append(judged)
    ids = sorted(groups)
    index = {name: at for at, name in enumerate(ids)}
    cwes = sorted({cwe for one in view.judged for cwe in _cwes(one.finding)}, key=lambda cwe: int(cwe[4:]))
    scan = view.scan
    run = {
        "tool": {
            "driver": {
                "name": "secscan",
                "version": plain(scan.secscan),
                "semanticVersion": plain(scan.secscan),
                "informationUri": _HOME,
                "rules": [build_rule(name, [one.finding for one in groups[name]], cwes) for name in ids],
                "notifications": [_descriptor(name, text) for name, text in _NOTIFICATIONS.items()],
                "supportedTaxonomies": [{"name": "CWE", "index": 0}],
            },
            "extensions": [_extension(one) for one in scan.scanners],
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of what was scanned."}}},
        "invocations": [build_invocation(view)],
        "taxonomies": [_taxonomy(cwes)],
        "results": [build_result(one, index[rule_id(one.finding)]) for one in view.judged],
        "properties": {
            "verdict": view.judgement.verdict.value,
            "policy": plain(view.judgement.policy),
            "policyDigest": plain(view.judgement.policy_digest),
            "targetDigest": plain(scan.target.digest),
            "decisions": view.by_action,
        },
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def rule_id(finding: Finding) -> str:
    """The rule of a finding: the advisory of a vulnerable package, else the class of defect."""
    return plain(main_identifier(finding) if finding.package is not None else "") or plain(finding.defect)


def build_rule(name: str, findings: list[Finding], cwes: list[str]) -> dict[str, Any]:
    """Return the rule that these findings share. Its severity is that of the worst: platforms know one per rule."""
    worst = min(findings, key=lambda one: (one.severity.order, -_score(one)))
    about = defect(worst.defect)
    level = _LEVELS[worst.severity]
    advisory = name != worst.defect
    title = sarif_text(worst.title if advisory else about.title)
    help_text = sarif_text(worst.remediation or about.remedy)
    score = max(_score(one) for one in findings)
    tags = ["security", *sorted({f"external/cwe/cwe-{int(cwe[4:]):03d}" for one in findings for cwe in _cwes(one)})]
    links = [link for one in findings for ref in one.references if (link := web_link(ref))]
    properties: dict[str, Any] = {
        "tags": tags[:20],
        "precision": _PRECISION[min((one.confidence for one in findings), key=lambda one: one.order)],
        "problem.severity": _PROBLEMS[level],
    }
    if score > 0:
        properties["security-severity"] = f"{score:.1f}"
    rule: dict[str, Any] = {
        "id": name,
        "name": "".join(part.capitalize() for part in plain(worst.defect).split("-")) + "Defect",
        "shortDescription": {"text": _sentence(title)},
        "fullDescription": {"text": _sentence(f"{title}. {help_text}" if not advisory else title)},
        "help": {"text": _sentence(help_text)},
        "helpUri": next(iter(links), f"{_HOME}/classes#{uri(worst.defect)}"),
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }
    relationships = [
        {"target": {"id": cwe, "index": cwes.index(cwe), "toolComponent": {"name": "CWE", "index": 0}}}
        for cwe in sorted({cwe for one in findings for cwe in _cwes(one)})
    ]
    if relationships:
        rule["relationships"] = relationships
    return rule


def build_result(judged: Judged, rule_index: int) -> dict[str, Any]:
    """Return one result."""
    finding = judged.finding
    location = _location(finding.location.path, finding.location.region or Region(start_line=1))
    context = _context(finding)
    if context:
        location["physicalLocation"]["contextRegion"] = context
    if finding.location.symbol:
        location["logicalLocations"] = [{"fullyQualifiedName": plain(finding.location.symbol)}]
    result: dict[str, Any] = {
        "ruleId": rule_id(finding),
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": sarif_text(finding.message or finding.title) + _links(judged)},
        "locations": [location],
        "partialFingerprints": {"secscan/v1": plain(finding.fingerprint)},
        "properties": _result_properties(judged),
    }
    if judged.places:
        result["relatedLocations"] = [
            _related(at, one) for at, one in enumerate(judged.places[:_MOST_RELATED], start=1)
        ]
    if judged.decision.new is not None:
        result["baselineState"] = "new" if judged.decision.new else "unchanged"
    if finding.trace:
        steps = [_step(step) for step in finding.trace[:_MOST_STEPS]]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    suppressions = list(_suppressions(judged))
    if suppressions:
        result["suppressions"] = suppressions
    return result


def build_invocation(view: Presentation) -> dict[str, Any]:
    """Return how the scan went: unsuccessful as soon as anything that the policy demands was not looked at."""
    scan = view.scan
    notes = [
        *(_notification("incomplete", "error", ". ".join(filter(None, (one.text, one.hint)))) for one in view.doubts),
        *(_run_notification(run) for run in scan.scanners if run.status is not RunStatus.COMPLETED),
        *(_gap_notification(gap) for gap in scan.gaps),
        *(
            _notification("notice", "note", f"{one.subject}: {one.text}", properties={"topic": plain(one.topic)})
            for one in scan.notices
        ),
    ]
    invocation: dict[str, Any] = {"executionSuccessful": not view.doubts}
    if notes:
        invocation["toolExecutionNotifications"] = notes
    return invocation


def _result_properties(judged: Judged) -> dict[str, Any]:
    finding, decision = judged.finding, judged.decision
    package = finding.package
    values: dict[str, Any] = {
        "action": decision.action.value,
        "policyRule": plain(decision.rule),
        "reason": plain(decision.reason),
        "because": [plain(one) for one in decision.because],
        "waiver": plain(decision.waiver),
        "blocksFrom": plain(decision.due),
        "cause": decision.cause,
        "firstSeen": decision.first_seen,
        "floor": plain(other_decision(decision)),
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
    return {name: value for name, value in values.items() if value not in ("", [], None)}


def _source(source: Source) -> str:
    note = f" ({source.note})" if source.note else ""
    return plain(f"{source.scanner} {source.rule}{note}")


def _suppressions(judged: Judged) -> Iterator[dict[str, Any]]:
    """What hides the finding, and what tried to: a marker in the source hides nothing by itself."""
    decision = judged.decision
    if decision.action is Action.ACCEPT:
        why = f"{decision.reason} (policy rule {decision.rule})"
        yield {"kind": "external", "status": "accepted", "justification": plain(why)}
    for marker in judged.finding.markers:
        status = "accepted" if decision.rule == MARKER_RULE else "rejected"
        yield {"kind": "inSource", "status": status, "justification": plain(_marker(marker))}


def _marker(marker: Marker) -> str:
    reason = f": {marker.reason}" if marker.reason else ""
    return f"{marker.text}{reason}"


def _links(judged: Judged) -> str:
    """Name the further places; each name links to the related location of that number (SARIF 2.1.0, 3.11.6)."""
    if not judged.places:
        return ""
    named = [f"[{_label(one.finding.place)}]({at})" for at, one in enumerate(judged.places[:_MOST_LINKS], start=1)]
    beyond = len(judged.places) - len(named)
    more = f" and {beyond} more" if beyond else ""
    return f" The same secret stands in {counted(len(judged.places), 'more place')}: {', '.join(named)}{more}."


def _label(place: str) -> str:
    """A place as the text of a link: brackets and backslashes in it are escaped."""
    return re.sub(r"([\[\]\\])", r"\\\1", sarif_text(place))


def _related(number: int, judged: Judged) -> dict[str, Any]:
    finding, decision = judged.finding, judged.decision
    location = _location(finding.location.path, finding.location.region or Region(start_line=1))
    by = f"waiver {decision.waiver}" if decision.waiver else f"rule {decision.rule}"
    said = f"The same secret ({decision.action} by the {by}; {finding.severity}, {finding.confidence} confidence)."
    brought = introduction(finding)
    properties = {"fingerprint": plain(finding.fingerprint), "introduced": plain(brought)}
    return {
        "id": number,
        **location,
        "message": {"text": sarif_text(f"{said} Brought by {brought}." if brought else said)},
        "properties": {name: value for name, value in properties.items() if value},
    }


def _location(path: str, region: Region) -> dict[str, Any]:
    where = {"artifactLocation": {"uri": uri(path), "uriBaseId": _ROOT}, "region": _region(region)}
    return {"physicalLocation": where}


def _region(region: Region) -> dict[str, Any]:
    given = {
        "startLine": region.start_line,
        "startColumn": region.start_column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }
    return {name: value for name, value in given.items() if value > 0}


def _context(finding: Finding) -> dict[str, Any]:
    """The lines of the snippet, where they are more than the region itself (SARIF 2.1.0, 3.29.5)."""
    region, statement, snippet = finding.location.region, finding.location.statement, finding.location.snippet
    if region is None or statement is None or not snippet or not region.start_column:
        return {}
    first = finding.location.snippet_line
    last = first + snippet.rstrip("\n").count("\n")
    if first > region.start_line or last < region.last_line:
        return {}
    return {"startLine": first, "endLine": last, "snippet": {"text": plain(snippet)}}


def _step(step: TraceStep) -> dict[str, Any]:
    location = _location(step.path, step.region)
    if step.text:
        location["message"] = {"text": sarif_text(step.text)}
    return {"location": location}


def _run_notification(run: ScannerRun) -> dict[str, Any]:
    failed = run.status is RunStatus.FAILED
    text = ". ".join(part for part in (f"{run.scanner} {run.status}: {run.reason}", run.hint) if part)
    return _notification("scanner-failed" if failed else "scanner-skipped", "error" if failed else "note", text)


def _gap_notification(gap: Gap) -> dict[str, Any]:
    parts = (f"{gap.scanner} could not look at {gap.subject} ({gap.kind})", gap.detail, gap.remedy)
    text = ". ".join(part for part in parts if part)
    properties = {"scanner": plain(gap.scanner), "gap": gap.kind.value, "subject": plain(gap.subject)}
    return _notification("gap", "warning", text, properties=properties)


def _notification(name: str, level: str, text: str, *, properties: dict[str, str] | None = None) -> dict[str, Any]:
    at = list(_NOTIFICATIONS).index(name)
    value: dict[str, Any] = {
        "descriptor": {"id": f"secscan/{name}", "index": at},
        "level": level,
        "message": {"text": sarif_text(text)},
    }
    if properties:
        value["properties"] = properties
    return value


def _descriptor(name: str, text: str) -> dict[str, Any]:
    return {
        "id": f"secscan/{name}",
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": "See the coverage part of the HTML report."},
    }


def _extension(run: ScannerRun) -> dict[str, Any]:
    value = {"name": plain(run.scanner), "version": plain(run.version)}
    return {name: text for name, text in value.items() if text}


def _taxonomy(cwes: Iterable[str]) -> dict[str, Any]:
    return {
        "name": "CWE",
        "organization": "MITRE",
        "informationUri": "https://cwe.mitre.org/",
        "shortDescription": {"text": "The MITRE Common Weakness Enumeration."},
        "isComprehensive": False,
        "taxa": [{"id": cwe, "helpUri": f"https://cwe.mitre.org/data/definitions/{cwe[4:]}.html"} for cwe in cwes],
    }


def _cwes(finding: Finding) -> list[str]:
    """CWE ids of a finding: our class's first, else those that the advisory names."""
    named = [one for one in finding.identifiers if one.startswith("CWE-") and one[4:].isascii() and one[4:].isdigit()]
    return named or [f"CWE-{number}" for number in defect(finding.defect).cwes[:1]]


def _score(finding: Finding) -> float:
    given = [one.score for one in finding.cvss if one.score is not None]
    return max(given, default=_SCORES.get(finding.severity, 0.0))


def _sentence(text: str) -> str:
    short = text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 3]}..."
    return short if short.endswith((".", "!", "?")) else f"{short}."


FORMAT = Format(name="sarif", suffix=".sarif", title="SARIF 2.1.0", render=render)
"""What the registry finds."""
