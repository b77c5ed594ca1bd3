"""The tab about the scan itself: what exactly was looked at and judged, and how to do it again."""

from __future__ import annotations

import re
from typing import Any

from secscan.reports.escape import web_link
from secscan.reports.present import Presentation

_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def build_about(view: Presentation) -> dict[str, Any]:
    """Return what the template shows."""
    return {"count": None, "rows": [one for one in _rows(view) if one["text"]], "again": _again(view)}


def _rows(view: Presentation) -> list[dict[str, str]]:
    scan, judgement, run = view.scan, view.judgement, view.scan.run
    target = scan.target
    rows = [
        ("Target", f"{target.name} ({target.kind})"),
        ("Files", f"{target.files:,} ({target.bytes:,} bytes)"),
        ("Image id" if target.image else "Digest of the files", target.digest),
        ("Distribution", target.image.distribution if target.image else ""),
        ("Repository", target.repository),
        ("Folder in it", target.prefix),
        ("Branch", target.branch),
        ("Commit", target.revision + (" with local changes" if target.dirty else "")),
        ("Compared with", target.base),
        ("CI run", run.ci if run else ""),
        ("Policy", judgement.policy),
        ("Digest of the policy", judgement.policy_digest),
        ("secscan", scan.secscan),
        *((one.scanner, one.version) for one in scan.scanners if one.version != scan.secscan),
        *((f"Rules of {one.scanner}", one.rules_digest) for one in scan.scanners),
        ("Started", run.started if run else ""),
        ("Judged as of", run.judged_at if run else ""),
        ("Took", f"{run.seconds:.1f} seconds" if run and run.seconds else ""),
        ("Python", f"{run.python} on {run.platform}" if run and run.python else ""),
    ]
    return [{"name": name, "text": text, "link": web_link(text)} for name, text in rows]


def _again(view: Presentation) -> list[dict[str, str]]:
    """Commands that do it again, each with what it does. Of the scan they hold only what a shell takes for a word."""
    run, policy = view.scan.run, view.judgement.policy
    named = policy if _PLAIN_NAME.fullmatch(policy) else "POLICY"
    at = f" --at {run.judged_at}" if run and _TIME.fullmatch(run.judged_at) else ""
    return [
        {
            "text": "Judge it again; no scanner is needed",
            "command": f"secscan gate secscan.json --policy {named}{at}",
        },
        {"text": "Ask why, and what turns the gate green", "command": "secscan explain --scan secscan.json --verdict"},
        {"text": "Make this page again", "command": "secscan report secscan.json --format html --output report.html"},
    ]
