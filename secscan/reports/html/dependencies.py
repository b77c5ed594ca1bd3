"""The tab about dependencies: which version to change to, and how much that clears."""

from __future__ import annotations

from typing import Any

from secscan.findings.levels import Action, Kind
from secscan.gate.upgrades import Upgrade, upgrades
from secscan.reports.html.words import cut, query
from secscan.reports.present import Judged, Presentation

_WAYS = {True: "asked for by the project", False: "brought by another package", None: ""}


def build_dependencies(view: Presentation) -> dict[str, Any] | None:
    """Return one row for each package and version in a file, what clears most of what blocks first; None where no
    package has a vulnerability."""
    vulnerable = [one for one in view.judged if _is_vulnerable(one)]
    if not vulnerable:
        return None
    found = {place.fingerprint: one for one in vulnerable for place in one.finding.each}
    steps = upgrades(one.finding for one in vulnerable)
    rows = sorted((_row(one, found) for one in steps), key=lambda one: (-one["blocking"], not one["target"]))
    return {
        **cut(rows),
        "fixable": sum(bool(one.target) for one in steps),
        "clears": sum(len(one.clears) for one in steps),
        "unfixed": sum(len(one.unfixed) for one in steps),
        "command": fix_command(view),
    }


def fix_command(view: Presentation, *, everything: bool = True) -> str:
    """What a person runs to change the versions; empty where the target is no folder in which they could be changed."""
    if view.scan.target.kind not in ("tree", "diff", "staged"):
        return ""
    return "secscan fix --scan secscan.json" + (" --all" if everything else "")


def _is_vulnerable(judged: Judged) -> bool:
    return judged.finding.package is not None and judged.finding.kind is not Kind.LICENCE


def _row(step: Upgrade, found: dict[str, Judged]) -> dict[str, Any]:
    about = [found[one] for one in (*step.clears, *step.unfixed)]
    worst = min((one.finding.severity for one in about), key=lambda one: one.order)
    return {
        "name": step.name,
        "version": step.version,
        "ecosystem": step.ecosystem,
        "place": f"{step.path}:{step.line}" if step.line else step.path,
        "way": _WAYS[step.direct],
        "target": step.target,
        "clears": len(step.clears),
        "unfixed": len(step.unfixed),
        "worst": worst.value,
        "blocking": sum(one.decision.action is Action.BLOCK for one in about),
        "link": query(package=step.name),
    }
