"""The data of the page: every finding, small enough that 25,000 open at once.

What findings have in common (a message, a rule's reason, a list of sources) stands once, in `shared`; a finding holds
its position there. Which of its members are such positions, `positions` says. What is empty is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Severity
from secscan.policy.model import Waiver
from secscan.policy.waiver_file import entry
from secscan.reports.escape import json_in_html, plain
from secscan.reports.html.dependencies import fix_command
from secscan.reports.html.detail import Details
from secscan.reports.html.shared import Shared, in_order
from secscan.reports.html.words import ACTIONS, KINDS, judged_on
from secscan.reports.present import Presentation

WAIVER_DAYS = 90
"""How long a waiver lasts unless somebody says otherwise, as with `secscan waiver add`."""

_AT_ONCE = 500
"""Values that are written together."""


def build_island(view: Presentation) -> Iterator[str]:
    """Yield what the script reads, as JSON for a script element, part by part: every finding, in the order of what to
    do first; what they share; and all the rest. Its members are sorted."""
    shared = Shared()
    details = Details(_steps(view), shared)
    yield '{"findings":['
    yield from _listed(in_order(details.of(one)) for one in view.judged)
    rest = _rest(view)
    rest["positions"] = sorted(shared.names)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in sorted(rest):
        (before if name < "shared" else after)[name] = rest[name]
    yield "]," + json_in_html(in_order(before)[1:-1]) + ',"shared":['
    yield from _listed(shared.values)
    yield "]," + json_in_html(in_order(after)[1:])


def _rest(view: Presentation) -> dict[str, Any]:
    used = {one.finding.defect for one in view.judged}
    kinds = {one.finding.kind for one in view.judged}
    return {
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


def _listed(values: Iterable[bytes]) -> Iterator[str]:
    """The items of a list, some at a time."""
    each = iter(values)
    between = ""
    while few := list(islice(each, _AT_ONCE)):
        yield between + json_in_html(b",".join(few))
        between = ","


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
