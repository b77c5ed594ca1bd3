"""DefectDojo's "Generic Findings Import", as JSON.

Field names: https://docs.defectdojo.com/supported_tools/parsers/generic_findings_import/ (the parser refuses a finding
with any other). Descriptions and mitigations are Markdown there. What was accepted comes along, inactive and with who
accepted it. A scan that did not look at everything brings a finding that says so: without it, a product would look
clean because nobody looked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from secscan.findings.defects import defect
from secscan.findings.judgement import Decision
from secscan.findings.levels import Action, Kind, Severity
from secscan.findings.model import Finding, Gap
from secscan.findings.weaknesses import cwes_of
from secscan.reports.contract import Format
from secscan.reports.escape import markdown, markdown_code, plain, web_link
from secscan.reports.json_parts import json_document
from secscan.reports.layers import layer_words
from secscan.reports.present import (
    Judged,
    Presentation,
    decided_by,
    introduction,
    main_identifier,
    newness,
    not_done,
    other_decision,
    sources_of,
)
from secscan.reports.vulnerabilities import judged_at
from secscan.vex.document import statements_of

_SEVERITIES = {
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.UNKNOWN: "High",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
    Severity.INFO: "Info",
}
"""`unknown` is not low: somebody has to look."""
_CONFIDENCE = {"high": 1, "medium": 4, "low": 7}
"""DefectDojo's numbers: 1 is certain, 10 tentative."""
_LONGEST_TITLE = 500
"""Characters; its column has 511."""
_LONGEST_PATH = 4000
_VECTORS = (("CVSS:3", "cvssv3"), ("CVSS:4", "cvssv4"))
_URL = re.compile(r"https?://[\w.:/?&=%#~+@,;-]+", re.ASCII)
_COVERAGE = "secscan-coverage"
"""One id in every import: the finding closes when a later scan looked at everything."""


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the document."""
    scan = view.scan
    document = {
        "name": "secscan",
        "type": "secscan",
        "version": scan.secscan,
        "description": f"{markdown(scan.target.name)}: verdict {view.judgement.verdict}: {view.sentence}",
        "static_tool": True,
        "findings": build_findings(view),
    }
    return json_document(document)


def build_findings(view: Presentation) -> Iterator[dict[str, Any]]:
    """Yield what was not looked at, then each finding at each of its places."""
    yield from build_coverage(view)
    statements = frozenset(statements_of(view.judgement.waivers))
    day = judged_at(view.scan)[:10]
    for judged in view.judged:
        for one in (judged, *judged.places):
            yield build_finding(one, day, vex=one.decision.waiver in statements)


def build_finding(judged: Judged, day: str, *, vex: bool) -> dict[str, Any]:
    """Return one finding at one place. `day` is that of the judgement; `vex`: whether a VEX statement accepted it."""
    finding, decision = judged.finding, judged.decision
    region, package = finding.location.region, finding.package
    accepted = decision.action is Action.ACCEPT
    values: dict[str, Any] = {
        "title": _short(finding.title),
        "severity": _SEVERITIES[finding.severity],
        "severity_justification": "No scanner knows how bad it is." if finding.severity is Severity.UNKNOWN else "",
        "description": "\n\n".join(build_description(judged)),
        "mitigation": markdown(finding.remediation or defect(finding.defect).remedy),
        "references": "\n".join(_link(one) for one in finding.references if web_link(one)),
        "date": day,
        "active": not accepted,
        "verified": False,
        "false_p": False,
        "risk_accepted": accepted and not vex,
        # As DefectDojo itself takes `not_affected` and `resolved` of a VEX document.
        "is_mitigated": accepted and vex,
        "static_finding": finding.kind is not Kind.DAST,
        "dynamic_finding": finding.kind is Kind.DAST,
        "scanner_confidence": _CONFIDENCE[finding.confidence],
        "unique_id_from_tool": finding.fingerprint,
        "vuln_id_from_tool": main_identifier(finding) if package else finding.defect,
        "cwe": next(iter(cwes_of(finding)), None),
        "vulnerability_ids": [one for one in finding.identifiers if not one.startswith("CWE-")],
        "file_path": finding.location.path[:_LONGEST_PATH],
        "line": region.start_line if region else None,
        "component_name": _short(package.name) if package else "",
        "component_version": package.version[:100] if package else "",
        "fix_available": bool(package.fixed_versions) if package else None,
        "fix_version": package.fixed_versions[0][:100] if package and package.fixed_versions else "",
        "publish_date": finding.published[:10],
        "known_exploited": finding.known_exploited,
        "epss_score": finding.epss,
        "tags": [f"kind:{finding.kind}", f"action:{decision.action}"],
        **_scores(finding),
    }
    return {name: value for name, value in values.items() if value not in ("", [], None)}


def build_description(judged: Judged) -> Iterator[str]:
    """Yield the paragraphs of a finding's description, in Markdown."""
    finding, decision = judged.finding, judged.decision
    yield markdown(finding.message or finding.title)
    names = {
        "Place": finding.place,
        "In": finding.location.symbol,
        "Package": finding.package.purl if finding.package else "",
    }
    facts = {
        "Layer": layer_words(finding.layer),
        "Brought by": introduction(finding),
        "Reported by": sources_of(finding),
        "Decision": _decision(decision),
        "Floor": other_decision(decision),
        "Since": newness(decision),
    }
    said = {name: markdown_code(text) for name, text in names.items()}
    said |= {name: markdown(text) for name, text in facts.items()}
    yield "\n".join(f"* **{name}:** {text}" for name, text in said.items() if text)
    if finding.trace:
        steps = (f"{step.path}:{step.region.start_line} {step.text}" for step in finding.trace[:50])
        yield "\n".join(["Data flow:", "", *(f"* {markdown_code(step)}" for step in steps)])
    for note in (*decision.because, *finding.notes, *(f"marker in the source: {one.text}" for one in finding.markers)):
        yield markdown(note)


def build_coverage(view: Presentation) -> Iterator[dict[str, Any]]:
    """Yield a finding about everything that was not looked at; none where there is nothing."""
    unjudged = ("nobody has judged this scan",) if view.scan.judgement is None else ()
    lines = [*map(markdown, (*unjudged, *not_done(view))), *map(_gap, view.scan.gaps)]
    holds = bool(view.doubts) or view.scan.judgement is None
    if lines:
        yield {
            "title": "Scan incomplete" if holds else "Not looked at, which the policy tolerates",
            "severity": "High" if holds else "Info",
            "description": "\n".join(["What was not looked at can hold anything.", "", *(f"* {one}" for one in lines)]),
            "mitigation": "Let the scan look at it, or decide in the policy that it need not.",
            "date": judged_at(view.scan)[:10],
            "active": holds,
            "verified": False,
            "risk_accepted": not holds,
            "static_finding": True,
            "dynamic_finding": False,
            "unique_id_from_tool": _COVERAGE,
            "tags": ["secscan:coverage"],
        }


def _gap(gap: Gap) -> str:
    why = f": {gap.detail}" if gap.detail else ""
    return (
        f"{markdown(f'{gap.scanner} could not look at')} {markdown_code(gap.subject)} {markdown(f'({gap.kind}){why}')}"
    )


def _link(url: str) -> str:
    """A link of Markdown, where nothing in it could end it; else its text."""
    return f"<{url}>" if _URL.fullmatch(url) else markdown(url)


def _decision(decision: Decision) -> str:
    return f"{decision.action} by {decided_by(decision)}" + (f": {decision.reason}" if decision.reason else "")


def _scores(finding: Finding) -> dict[str, Any]:
    """The worst vector of each version, with its score."""
    found: dict[str, Any] = {}
    for one in sorted(finding.cvss, key=lambda one: -(one.score or 0.0)):
        for start, name in _VECTORS:
            if one.vector.startswith(start) and name not in found:
                found[name] = one.vector
                if one.score is not None:
                    found[f"{name}_score"] = one.score
    return found


def _short(text: str) -> str:
    line = " ".join(plain(text).split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 3]}..."


FORMAT = Format(name="defectdojo", suffix=".defectdojo.json", title="DefectDojo Generic Findings Import", parts=parts)
"""What the registry finds."""
