"""Charts, as parts of bars: the template draws them as SVG, without a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from secscan.findings.levels import Severity
from secscan.reports.html.words import KINDS, query
from secscan.reports.present import Presentation

_WIDTH = 1000
_GAP = 3
_LEAST = 8
"""The least width of a part, so that one critical finding among thousands is seen."""

_SEVERITIES = [level.value for level in sorted(Severity, key=lambda one: one.order)]


def severity_chart(view: Presentation) -> dict[str, Any]:
    """One bar of all findings by severity, worst first."""
    counts = {name: count for name, count in view.by_severity.items() if count}
    return {
        "parts": _parts(counts, _WIDTH),
        "legend": [{"name": name, "count": count, "link": query(severity=name)} for name, count in counts.items()],
        "words": _words(counts),
    }


def kind_chart(view: Presentation) -> list[dict[str, Any]]:
    """One bar for each kind of finding, the most frequent first, in parts by severity; the longest fills the width."""
    kinds = Counter(one.finding.kind for one in view.judged)
    most = max(kinds.values(), default=1)
    bars = []
    for kind, count in kinds.most_common():
        found = Counter(one.finding.severity.value for one in view.judged if one.finding.kind is kind)
        counts = {name: found[name] for name in _SEVERITIES if found[name]}
        width = max(_WIDTH * count / most, len(counts) * _LEAST)
        bar = {"title": KINDS[kind], "count": count, "link": query(kind=kind)}
        bars.append({**bar, "parts": _parts(counts, width), "words": _words(counts)})
    return bars


def _parts(counts: Mapping[str, int], width: float) -> list[dict[str, str]]:
    """The counts as stretches of a bar."""
    total = sum(counts.values())
    wanted = {name: max(_LEAST, width * count / total) for name, count in counts.items()}
    scale = width / sum(wanted.values()) if wanted else 1
    parts, x = [], 0.0
    for name, wide in wanted.items():
        parts.append({"name": name, "x": f"{x:.1f}", "width": f"{max(1, wide * scale - _GAP):.1f}"})
        x += wide * scale
    return parts


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
