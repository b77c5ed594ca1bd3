"""The HTML report: one file for people, that loads nothing and trusts nothing.

Markup, style and script are data in `reports/html/`. The page carries the findings as JSON in a script element that
never runs, and a content security policy that lets only our own style and script run, by their SHA-256. Without
script, and in print, the same page shows the first findings as a table.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Action, Severity
from secscan.findings.model import Finding
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.escape import json_in_html, plain, web_link
from secscan.reports.layers import base_sentences, layer_rows, layer_words
from secscan.reports.present import GapGroup, Judged, Presentation, introduction, newness, other_decision, sources_of
from secscan.resources import data_dir

_STATIC = 200
"""Findings in the table that needs no script."""
_MOST_ROWS = 500
"""Rows of one table about coverage; what is beyond is counted, and in the saved scan."""

_MOST_PLACES = 200
"""Places of one finding that are listed."""

_ACTION_WORDS = {"block": "blocked", "warn": "warned of", "accept": "accepted"}


def render(scan: Scan) -> bytes:
    """Return the page of a judged scan, UTF-8."""
    folder = data_dir("reports") / "html"
    css = (folder / "report.css").read_text(encoding="utf-8")
    js = (folder / "report.js").read_text(encoding="utf-8")
    view = Presentation(scan)
    page = _template(folder).render(
        build_page(view),
        # The three are ours, or have been made safe for where they stand.
        css=Markup(css),  # noqa: S704
        js=Markup(js),  # noqa: S704
        data=Markup(json_in_html(build_data(view))),  # noqa: S704
        csp=(
            f"default-src 'none'; style-src '{_digest(css)}'; script-src '{_digest(js)}'; "
            "base-uri 'none'; form-action 'none'"
        ),
    )
    return page.encode("utf-8")


@functools.cache
def _template(folder: Path) -> Template:
    """The template, which takes longer to compile than a small scan to show."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.finalize = _finalize
    return environment.get_template("report.html.jinja")


def build_page(view: Presentation) -> dict[str, Any]:
    """Return what the template shows without script."""
    scan, judgement = view.scan, view.judgement
    bar = _bar(view.by_severity)
    return {
        "verdict": judgement.verdict.value,
        "sentence": view.sentence,
        "judgement": judgement,
        "doubts": view.doubts,
        "remedy": _remedy(view),
        "waivers": judgement.waivers[:_MOST_ROWS],
        "more_waivers": max(0, len(judgement.waivers) - _MOST_ROWS),
        "fixed": judgement.fixed[:_MOST_ROWS],
        "more_fixed": max(0, len(judgement.fixed) - _MOST_ROWS),
        "target": scan.target,
        "run": scan.run,
        "secscan": scan.secscan,
        "scanners": scan.scanners,
        "by_action": view.by_action,
        "action_words": _ACTION_WORDS,
        "bar": bar,
        "bar_words": ", ".join(f"{part['count']} {part['name']}" for part in bar),
        "finding_count": len(scan.findings),
        "static": [_brief(one) for one in view.judged[:_STATIC]],
        "gap_count": len(scan.gaps),
        "gap_groups": [_gap_group(group) for group in view.gap_groups],
        "notices": scan.notices[:_MOST_ROWS],
        "more_notices": max(0, len(scan.notices) - _MOST_ROWS),
        "out_of_scope": scan.target.out_of_scope[:_MOST_ROWS],
        "more_out_of_scope": max(0, len(scan.target.out_of_scope) - _MOST_ROWS),
        "layers": layer_rows(view)[:_MOST_ROWS],
        "more_layers": max(0, len(layer_rows(view)) - _MOST_ROWS),
        "base_sentences": base_sentences(view),
        "actions": list(Action),
        "about": _about(view),
    }


def build_data(view: Presentation) -> dict[str, Any]:
    """Return what the script shows: every finding, in the order of what to do first."""
    used = {one.finding.defect for one in view.judged}
    return {
        "findings": [_full(one) for one in view.judged],
        "words": _ACTION_WORDS,
        "classes": {name: DEFECTS[name].title for name in used if name in DEFECTS},
        "order": {
            "action": list(_ACTION_WORDS),
            "severity": [level.value for level in sorted(Severity, key=lambda one: one.order)],
        },
    }


def _brief(judged: Judged) -> dict[str, str]:
    finding = judged.finding
    return {
        "action": judged.decision.action.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "place": finding.place + (f" and {len(judged.places)} more" if judged.places else ""),
        "by": sources_of(finding),
    }


def _full(judged: Judged) -> dict[str, Any]:
    finding, decision = judged.finding, judged.decision
    region = finding.location.region
    first = region.start_line if region else 0
    value = {
        **_brief(judged),
        "place": finding.place,
        "id": finding.fingerprint,
        "rule": decision.rule,
        "reason": decision.reason,
        "because": list(decision.because),
        "waiver": decision.waiver,
        "newness": newness(decision),
        "other": other_decision(decision),
        "kind": finding.kind.value,
        "defect": finding.defect,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "remediation": finding.remediation,
        "symbol": finding.location.symbol,
        "layer": layer_words(finding.layer),
        "snippet": finding.location.snippet.rstrip("\n"),
        "snippetLine": finding.location.snippet_line,
        "line": first,
        "endLine": region.last_line if region else 0,
        "purl": finding.package.purl if finding.package else "",
        "fixed": list(finding.package.fixed_versions) if finding.package else [],
        "identifiers": list(finding.identifiers),
        "cvss": [f"{one.vector} {one.score if one.score is not None else ''}".strip() for one in finding.cvss],
        "trace": [{"place": f"{one.path}:{one.region.start_line}", "text": one.text} for one in finding.trace],
        "markers": [f"{one.text}{f': {one.reason}' if one.reason else ''}" for one in finding.markers],
        "notes": list(finding.notes),
        "references": [{"text": one, "link": web_link(one)} for one in finding.references],
        "sources": _sources(finding),
        "commit": introduction(finding),
        "places": [_place(one) for one in judged.places[:_MOST_PLACES]],
        "morePlaces": max(0, len(judged.places) - _MOST_PLACES),
    }
    made_visible: dict[str, Any] = _visible(value)
    return made_visible


def _place(judged: Judged) -> dict[str, str]:
    """A further place of a finding, with what the policy says of it there."""
    finding, decision = judged.finding, judged.decision
    by = f"waiver {decision.waiver}" if decision.waiver else f"rule {decision.rule or 'none'}"
    return {
        "place": finding.place,
        "symbol": finding.location.symbol,
        "action": decision.action.value,
        "severity": finding.severity.value,
        "about": "; ".join(
            part for part in (f"{finding.confidence} confidence", by, newness(decision), introduction(finding)) if part
        ),
        "id": finding.fingerprint,
    }


def _sources(finding: Finding) -> list[dict[str, str]]:
    """Who reported it here, and who did so at further places only."""
    here = {(one.scanner, one.rule) for one in finding.sources}
    others = (one for place in finding.places for one in place.sources)
    elsewhere = {(one.scanner, one.rule): one for one in others if (one.scanner, one.rule) not in here}
    return [
        {
            "scanner": one.scanner,
            "rule": one.rule,
            "message": one.message,
            "note": one.note,
            "url": web_link(one.url),
        }
        for one in (*finding.sources, *elsewhere.values())
    ]


def _remedy(view: Presentation) -> dict[str, Any] | None:
    if view.judgement.remedy is None:
        return None
    steps = view.judgement.remedy.steps
    return {
        "steps": [{"text": one.text, "clears": view.cleared_by(one)} for one in steps[:_MOST_ROWS]],
        "count": len(steps),
        "more": max(0, len(steps) - _MOST_ROWS),
    }


def _gap_group(group: GapGroup) -> dict[str, Any]:
    return {
        "scanner": group.scanner,
        "kind": group.kind,
        "remedy": group.remedy,
        "count": len(group.gaps),
        "gaps": group.gaps[:_MOST_ROWS],
        "more": max(0, len(group.gaps) - _MOST_ROWS),
    }


def _bar(by_severity: dict[str, int]) -> list[dict[str, Any]]:
    """Parts of the severity bar, in thousandths of its width."""
    total = sum(by_severity.values())
    parts, x = [], 0.0
    for name, count in by_severity.items():
        if count:
            width = 1000 * count / total
            parts.append({"name": name, "count": count, "x": f"{x:.2f}", "width": f"{width:.2f}"})
            x += width
    return parts


def _about(view: Presentation) -> list[tuple[str, str]]:
    scan, judgement, run = view.scan, view.judgement, view.scan.run
    target = scan.target
    rows = [
        ("Target", f"{target.name} ({target.kind})"),
        ("Files", f"{target.files} ({target.bytes} bytes)"),
        ("Image id" if target.image else "Digest of the files", target.digest),
        ("Distribution", target.image.distribution if target.image else ""),
        ("Commit", target.revision + (" with local changes" if target.dirty else "")),
        ("Compared with", target.base),
        ("Policy", judgement.policy),
        ("Digest of the policy", judgement.policy_digest),
        *((f"Rules of {one.scanner} {one.version}", one.rules_digest) for one in scan.scanners),
        ("secscan", scan.secscan),
        ("Started", run.started if run else ""),
        ("Judged as at", run.judged_at if run else ""),
        ("Seconds", f"{run.seconds:.1f}" if run else ""),
        ("Python", f"{run.python} on {run.platform}" if run else ""),
    ]
    return [(name, value) for name, value in rows if value]


def _finalize(value: Any) -> Any:
    """Everything a template shows passes here before it is escaped, so that nothing in it is invisible."""
    return value if isinstance(value, Markup) else plain(value) if isinstance(value, str) else value


def _visible(value: Any) -> Any:
    """The same value with nothing invisible in its texts."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [_visible(one) for one in value]
    if isinstance(value, dict):
        return {name: _visible(one) for name, one in value.items()}
    return value


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


FORMAT = Format(name="html", suffix=".html", title="A page for people", render=render)
"""What the registry finds."""
