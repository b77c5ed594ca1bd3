"""OCSF 1.5: one event per finding, and one for the verdict, as a JSON array. Schema: https://schema.ocsf.io/1.5.0/

Weaknesses in code and vulnerabilities of packages are Vulnerability Findings (2002), everything else is an Application
Security Posture Finding (2007), and the verdict with all that was not looked at is a Compliance Finding (2003): an
array without findings is not what a scan looks like that has seen nothing. An array is what consumers of files take
(and what prowler writes); pipelines that want one event per line cut it (`jq -c .[]`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from secscan.findings.defects import defect
from secscan.findings.levels import Action, Confidence, Kind, Severity, Verdict
from secscan.findings.model import Cvss, Finding
from secscan.findings.scan import Scan
from secscan.findings.weaknesses import cwes_of
from secscan.reports.contract import Format
from secscan.reports.escape import web_link
from secscan.reports.json_parts import json_document
from secscan.reports.present import Judged, Presentation, introduction, main_identifier, not_looked_at, sources_of
from secscan.reports.vulnerabilities import judged_at

_VERSION = "1.5.0"
_CREATE = 1
_VULNERABILITY, _POSTURE, _COMPLIANCE = 2002, 2007, 2003
_NAMES = {
    _VULNERABILITY: "Vulnerability Finding",
    _POSTURE: "Application Security Posture Finding",
    _COMPLIANCE: "Compliance Finding",
}
_SEVERITIES = {
    Severity.UNKNOWN: (0, "Unknown"),
    Severity.INFO: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
_CONFIDENCE = {Confidence.LOW: (1, "Low"), Confidence.MEDIUM: (2, "Medium"), Confidence.HIGH: (3, "High")}
_VERDICTS = {
    Verdict.PASSED: (1, "Pass", Severity.INFO),
    Verdict.INCOMPLETE: (2, "Warning", Severity.HIGH),
    Verdict.FAILED: (3, "Fail", Severity.HIGH),
}
_REGULAR_FILE = 1
_RULE = 1
"""An analytic that is a rule."""
_CODE_KINDS = frozenset({Kind.SAST, Kind.DAST, Kind.DEPENDENCY, Kind.CONTAINER})


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the events."""
    return json_document(build_events(view))


def build_events(view: Presentation) -> Iterator[dict[str, Any]]:
    """Yield the verdict, then each finding at each of its places."""
    yield build_verdict(view)
    for judged in view.judged:
        for one in (judged, *judged.places):
            yield build_event(one, view.scan)


def build_event(judged: Judged, scan: Scan) -> dict[str, Any]:
    """Return the event of a finding at one place."""
    finding, decision = judged.finding, judged.decision
    told = build_vulnerability(finding)
    class_uid = _VULNERABILITY if told and finding.kind in _CODE_KINDS else _POSTURE
    accepted = decision.action is Action.ACCEPT
    event = {
        **_event(class_uid, scan, finding.severity),
        "confidence_id": _CONFIDENCE[finding.confidence][0],
        "confidence": _CONFIDENCE[finding.confidence][1],
        "message": finding.title,
        "status_id": 3 if accepted else 1,
        "status": "Suppressed" if accepted else "New",
        "status_detail": decision.reason,
        "finding_info": {
            "uid": finding.fingerprint,
            "title": finding.title,
            "desc": finding.message,
            "types": [finding.kind.value, finding.defect],
            "analytic": _analytic(finding),
            "data_sources": [sources_of(finding)],
            **({"first_seen_time": _milliseconds(decision.first_seen)} if decision.first_seen else {}),
        },
        "resources": [_resource(finding, scan)],
        "unmapped": _unmapped(judged),
    }
    if told:
        event["vulnerabilities"] = [told]
    if class_uid == _POSTURE:
        event["application"] = _application(scan)
        event["remediation"] = _remediation(finding)
    return event


def build_vulnerability(finding: Finding) -> dict[str, Any]:
    """Return what is known of the weakness; empty where it has no name (the schema wants just one)."""
    name = main_identifier(finding)
    cwes = [f"CWE-{number}" for number in cwes_of(finding)]
    found: dict[str, Any] = {
        "title": finding.title,
        "desc": finding.message,
        "severity": _SEVERITIES[finding.severity][1],
        "references": [link for one in finding.references if (link := web_link(one))],
        "remediation": _remediation(finding),
        "vendor_name": "secscan",
    }
    if finding.package is not None and name:
        found |= _named(name, finding, cwes)
    elif cwes:
        found["cwe"] = {"uid": cwes[0]}
    else:
        return {}
    if finding.package is not None:
        found["affected_packages"] = [_package(finding)]
        found["is_fix_available"] = bool(finding.package.fixed_versions)
        found["related_vulnerabilities"] = [
            one for one in finding.identifiers if one != name and not one.startswith("CWE-")
        ]
    else:
        found["affected_code"] = [_code(finding)]
    return found


def build_verdict(view: Presentation) -> dict[str, Any]:
    """Return the event of the verdict, with everything that was not looked at."""
    scan, judgement = view.scan, view.judgement
    status_id, status, severity = _VERDICTS[judgement.verdict]
    failures = (". ".join(filter(None, (one.text, one.hint))) for one in view.failures)
    return {
        **_event(_COMPLIANCE, scan, severity),
        "message": f"verdict {judgement.verdict}: {view.sentence}",
        "status_id": 1,
        "status": "New",
        "finding_info": {
            "uid": f"secscan-verdict-{judgement.policy_digest[:16]}-{scan.target.digest[:16]}",
            "title": f"Security gate: {judgement.verdict}",
            "desc": view.sentence,
        },
        "compliance": {
            "control": "secscan gate",
            "standards": [judgement.policy or "no policy"],
            "status_id": status_id,
            "status": status,
            "status_details": [*failures, *not_looked_at(view)],
        },
        "resources": [{"uid": scan.target.digest, "name": scan.target.name or "target", "type": scan.target.kind}],
        "unmapped": {"verdict": judgement.verdict.value, "decisions": view.by_action},
    }


def _event(class_uid: int, scan: Scan, severity: Severity) -> dict[str, Any]:
    severity_id, caption = _SEVERITIES[severity]
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": class_uid,
        "class_name": _NAMES[class_uid],
        "type_uid": class_uid * 100 + _CREATE,
        "type_name": f"{_NAMES[class_uid]}: Create",
        "time": _milliseconds(judged_at(scan)),
        "severity_id": severity_id,
        "severity": caption,
        "metadata": {
            "version": _VERSION,
            "product": {"name": "secscan", "vendor_name": "secscan", "version": scan.secscan},
        },
    }


def _named(name: str, finding: Finding, cwes: list[str]) -> dict[str, Any]:
    related = [{"uid": one} for one in cwes]
    if not name.startswith("CVE-"):
        return {"advisory": {"uid": name, "related_cwes": related}}
    scores = [one for one in map(_cvss, finding.cvss) if one]
    epss = {"epss": {"score": f"{finding.epss:.5f}"}} if finding.epss is not None else {}
    return {"cve": {"uid": name, "cvss": scores, "related_cwes": related, **epss}}


def _cvss(one: Cvss) -> dict[str, Any]:
    if one.score is None:
        return {}
    start, _, _ = one.vector.partition("/")
    version = start.removeprefix("CVSS:") if start.startswith("CVSS:") else "2.0"
    found = {"base_score": one.score, "version": version, "vector_string": one.vector, "vendor_name": one.source}
    return {key: value for key, value in found.items() if value != ""}


def _package(finding: Finding) -> dict[str, Any]:
    package = finding.package
    assert package is not None  # noqa: S101 - the caller has looked
    found = {
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "path": finding.location.path,
        "package_manager": package.ecosystem,
        "fixed_in_version": next(iter(package.fixed_versions), ""),
        "license": package.licence,
    }
    return {key: value for key, value in found.items() if value}


def _code(finding: Finding) -> dict[str, Any]:
    path, region = finding.location.path, finding.location.region
    found: dict[str, Any] = {"file": {"name": path.rpartition("/")[2] or path, "path": path, "type_id": _REGULAR_FILE}}
    if region is not None:
        lines = {
            "start_line": region.start_line,
            "start_column": region.start_column,
            "end_line": region.last_line,
            "end_column": region.end_column,
        }
        found |= {name: value for name, value in lines.items() if value > 0}
    return found


def _analytic(finding: Finding) -> dict[str, Any]:
    source = next(iter(finding.sources), None)
    rule = f"{source.scanner} {source.rule}" if source else finding.defect
    return {"uid": rule, "name": rule, "type_id": _RULE, "type": "Rule"}


def _resource(finding: Finding, scan: Scan) -> dict[str, Any]:
    return {
        "uid": finding.location.path,
        "name": finding.place,
        "type": scan.target.kind,
        "namespace": scan.target.name,
    }


def _application(scan: Scan) -> dict[str, Any]:
    return {"uid": scan.target.digest, "name": scan.target.name or "target"}


def _remediation(finding: Finding) -> dict[str, Any]:
    return {"desc": finding.remediation or defect(finding.defect).remedy}


def _unmapped(judged: Judged) -> dict[str, Any]:
    """What the schema has no attribute for."""
    finding, decision = judged.finding, judged.decision
    values = {
        "action": decision.action.value,
        "policy_rule": decision.rule,
        "waiver": decision.waiver,
        "blocks_from": decision.due,
        "because": list(decision.because),
        "symbol": finding.location.symbol,
        "known_exploited": finding.known_exploited,
        "introduced": introduction(finding),
        "identifiers": list(finding.identifiers),
    }
    return {name: value for name, value in values.items() if value not in ("", [], None)}


def _milliseconds(time: str) -> int:
    moment = datetime.fromisoformat(time)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


FORMAT = Format(name="ocsf", suffix=".ocsf.json", title="OCSF 1.5 findings", parts=parts)
"""What the registry finds."""
