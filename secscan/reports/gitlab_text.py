"""Identifiers, CVSS vectors and details of a finding, as GitLab's security reports want them."""

from __future__ import annotations

import re

from secscan.findings.levels import Action
from secscan.findings.model import Finding
from secscan.findings.weaknesses import cwes_of
from secscan.reports.escape import one_line
from secscan.reports.layers import layer_words
from secscan.reports.present import Judged, introduction, main_identifier, newness, sources_of

_MOST_VECTORS = 10
_ID = re.compile(r"(?P<type>CVE|CWE|GHSA|PYSEC|RUSTSEC|GO|OSV|DSA|DLA|USN)-[0-9A-Za-z.-]{1,60}")
_PAGES = {
    "cve": "https://nvd.nist.gov/vuln/detail/{0}",
    "ghsa": "https://github.com/advisories/{0}",
    "pysec": "https://osv.dev/vulnerability/{0}",
    "rustsec": "https://osv.dev/vulnerability/{0}",
    "go": "https://osv.dev/vulnerability/{0}",
}
_CVSS3 = re.compile(
    r"CVSS:3\.[01](?:/(?:AV:[NALP]|AC:[LH]|PR:[NLH]|UI:[NR]|S:[UC]|[CIA]:[NLH]|E:[XUPFH]|RL:[XOTWU]|RC:[XURC]"
    r"|[CIA]R:[XLMH]|MAV:[XNALP]|MAC:[XLH]|MPR:[XNLH]|MUI:[XNR]|MS:[XUC]|M[CIA]:[XNLH]))+"
)
"""The form that GitLab accepts; a vector in any other makes it refuse the whole report."""


def identifiers(finding: Finding) -> list[dict[str, str]]:
    """Return what a finding is called. GitLab follows a finding by the first one, so that is never a CWE."""
    primary = main_identifier(finding) if finding.package else ""
    named = [primary] if primary else []
    named += [one for one in finding.identifiers if one != primary]
    named += [name for number in cwes_of(finding) if (name := f"CWE-{number}") not in named]
    values = [_identifier(one) for one in named]
    if not primary:
        values.insert(0, _own(finding.defect))
    return values


def cvss_vectors(finding: Finding) -> list[dict[str, str]]:
    """Return the vectors that GitLab can read, each with who gave it."""
    fit = [one for one in finding.cvss if _CVSS3.fullmatch(one.vector) and 32 <= len(one.vector) <= 128]
    return [{"vendor": one_line(one.source) or "unknown", "vector": one.vector} for one in fit[:_MOST_VECTORS]]


def details(judged: Judged) -> dict[str, dict[str, str]]:
    """Return what GitLab has no field for, foremost what was decided."""
    finding, decision = judged.finding, judged.decision
    said = f"{decision.action}: {decision.reason}" if decision.reason else decision.action.value
    rows = {
        "decision": ("Decision", said),
        "rule": ("Policy rule", decision.rule),
        "waiver": ("Waiver", decision.waiver if decision.action is Action.ACCEPT else ""),
        "baseline": ("Baseline", newness(decision)),
        "confidence": ("Confidence", finding.confidence.value),
        "scanners": ("Reported by", sources_of(finding)),
        "introduced": ("Introduced by", introduction(finding)),
        "layer": ("Layer", layer_words(finding.layer)),
        "fingerprint": ("Fingerprint", finding.fingerprint),
    }
    return {key: {"type": "text", "name": name, "value": one_line(text)} for key, (name, text) in rows.items() if text}


def _identifier(text: str) -> dict[str, str]:
    known = _ID.fullmatch(text)
    if not known:
        return {"type": "secscan_id", "name": one_line(text) or "?", "value": one_line(text) or "?"}
    kind = known["type"].lower()
    if kind == "cwe":
        number = text[4:]
        page = {"url": f"https://cwe.mitre.org/data/definitions/{number}.html"} if number.isdecimal() else {}
        return {"type": "cwe", "name": text, "value": number, **page}
    page = {"url": _PAGES[kind].format(text)} if kind in _PAGES else {}
    return {"type": kind, "name": text, "value": text, **page}


def _own(name: str) -> dict[str, str]:
    return {"type": "secscan_class", "name": f"secscan {one_line(name)}", "value": one_line(name) or "?"}
