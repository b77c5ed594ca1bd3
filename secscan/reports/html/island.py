"""The data of the page: every finding, small enough that 25,000 open at once.

What findings have in common (a message, a rule's reason, a list of sources) stands once, in `shared`; a finding holds
its position there. Which of its members are such positions, `positions` says. What is empty is left out.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Severity
from secscan.policy.model import Waiver
from secscan.policy.waiver_file import entry
from secscan.reports.escape import plain
from secscan.reports.html.dependencies import fix_command
from secscan.reports.html.detail import build_finding
from secscan.reports.html.words import ACTIONS, KINDS, judged_on
from secscan.reports.present import Presentation

WAIVER_DAYS = 90
"""How long a waiver lasts unless somebody says otherwise, as with `secscan waiver add`."""

_OWN = frozenset({"id", "line", "endLine", "snippetLine", "morePlaces"})
"""Members that hardly two findings have in common, or that are numbers."""


def build_island(view: Presentation) -> dict[str, Any]:
    """Return what the script shows: every finding, in the order of what to do first."""
    shared = _Shared()
    steps = _steps(view)
    findings = [_packed(build_finding(one, steps), shared) for one in view.judged]
    used = {one.finding.defect for one in view.judged}
    kinds = {one.finding.kind for one in view.judged}
    return {
        "findings": findings,
        "shared": shared.values,
        "positions": sorted(shared.names),
        "steps": len(view.judgement.remedy.steps) if view.judgement.remedy else 0,
        "waiver": _waiver(view),
        "fix": {"block": fix_command(view, everything=False), "other": fix_command(view)},
        "words": {
            "action": ACTIONS,
            "kind": {kind.value: KINDS[kind] for kind in kinds},
            "defect": {name: DEFECTS[name].title for name in used if name in DEFECTS},
            "layer": {str(one.index): f"{one.index}: {plain(one.command)[:60]}" for one in _layers(view)},
        },
        "order": {
            "action": list(ACTIONS),
            "severity": [level.value for level in sorted(Severity, key=lambda one: one.order)],
        },
    }


class _Shared:
    """Values, each once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.names: set[str] = set()
        self._places: dict[str, int] = {}

    def place(self, name: str, value: Any) -> int:
        self.names.add(name)
        key = f"text {value}" if isinstance(value, str) else json.dumps(value, sort_keys=True)
        at = self._places.setdefault(key, len(self.values))
        if at == len(self.values):
            self.values.append(visible(value))
        return at


def _packed(finding: dict[str, Any], shared: _Shared) -> dict[str, Any]:
    packed = {}
    for name, value in finding.items():
        if value in ("", 0, None, []):
            continue
        packed[name] = visible(value) if name in _OWN else shared.place(name, value)
    return packed


def _steps(view: Presentation) -> dict[str, str]:
    """What clears a finding, by the fingerprints of its places, in the words of the remedy."""
    steps = view.judgement.remedy.steps if view.judgement.remedy else ()
    return {name: step.text for step in steps for name in step.clears}


def _waiver(view: Presentation) -> str:
    """A waiver as it stands in a file, without the words of the person who decides: it does not count, nor can it be
    read, until reason and owner are filled in. The script puts id and fingerprints in, which are letters and digits."""
    today = judged_on(view)
    ends = (today + timedelta(days=WAIVER_DAYS)).isoformat() if today else ""
    blank = Waiver(id="@id", fingerprints=("@fingerprint",), reason="", owner="", expires=ends)
    return "\n".join(entry(blank, 2))


def _layers(view: Presentation) -> tuple[Any, ...]:
    image = view.scan.target.image
    return image.layers if image else ()


def visible(value: Any) -> Any:
    """The same value with nothing invisible in its texts."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [visible(one) for one in value]
    if isinstance(value, dict):
        return {name: visible(one) for name, one in value.items()}
    return value
