"""JSON Lines for log pipelines: one object a line, each of which can be understood without the others.

The first is the scan with its verdict; then come the reasons, the findings at each of their places, the gaps, the
scanners and the waivers. Every one says which scan it belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from secscan.reports.contract import Format
from secscan.reports.escape import plain_values, web_link
from secscan.reports.json_parts import is_plain
from secscan.reports.present import Judged, Presentation


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the lines."""
    about = plain_values(_about(view))
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
    # Nothing invisible in the texts: who reads a log reads it in a terminal.
    for record in build_records(view):
        line = encode(about | record).encode("utf-8", errors="backslashreplace")
        yield line if is_plain(line) else encode(about | plain_values(record)).encode("utf-8")
        yield b"\n"


def build_records(view: Presentation) -> Iterator[dict[str, Any]]:
    """Yield the records, without what all of them share."""
    scan, judgement = view.scan, view.judgement
    yield {
        "type": "scan",
        "text": view.sentence,
        "log_only": judgement.log_only,
        "findings": view.by_action,
        "severities": view.by_severity,
        "gaps": len(scan.gaps),
        "fixed": len(judgement.fixed),
        "target": _about(view)["target"] | _values(scan.target, "digest", "files", "bytes", "repository", "branch"),
        "run": _values(scan.run, "started", "seconds", "ci", "python", "platform") if scan.run else {},
    }
    for reason in judgement.reasons:
        yield {"type": "reason", "reason": msgspec.to_builtins(reason)}
    for judged in view.judged:
        for place in (judged, *judged.places):
            yield _finding(place)
    for gap in scan.gaps:
        yield {"type": "gap", "gap": msgspec.to_builtins(gap)}
    for run in scan.scanners:
        yield {"type": "scanner", "scanner": msgspec.to_builtins(run)}
    for notice in scan.notices:
        yield {"type": "notice", "notice": msgspec.to_builtins(notice)}
    for waiver in judgement.waivers:
        yield {"type": "waiver", "waiver": msgspec.to_builtins(waiver)}


def _finding(judged: Judged) -> dict[str, Any]:
    """One place of a finding. Its other places have lines of their own, and the data flow is for other readers."""
    finding = msgspec.to_builtins(msgspec.structs.replace(judged.finding, places=(), trace=()))
    for source in finding.get("sources", ()):
        if not web_link(source.get("url", "")):
            source.pop("url", None)
    return {
        "type": "finding",
        "finding": finding,
        "decision": msgspec.to_builtins(judged.decision),
    }


def _about(view: Presentation) -> dict[str, Any]:
    scan, judgement = view.scan, view.judgement
    return {
        "tool": "secscan",
        "version": scan.secscan,
        "time": scan.run.judged_at or scan.run.started if scan.run else "",
        "verdict": judgement.verdict.value,
        "policy": judgement.policy,
        "target": _values(scan.target, "kind", "name", "revision", "prefix"),
    }


def _values(value: Any, *names: str) -> dict[str, Any]:
    """These fields of a value, but for empty ones."""
    return {name: found for name in names if (found := getattr(value, name)) not in ("", None)}


FORMAT = Format(name="jsonl", suffix=".jsonl", title="JSON Lines for log pipelines", parts=parts)
"""What the registry finds."""
