"""The tab about waivers and the baseline: who accepts what, until when, and what is gone."""

from __future__ import annotations

from datetime import date
from typing import Any

from secscan.findings.judgement import WaiverUse
from secscan.findings.levels import WaiverState
from secscan.reports.html.words import brief, cut, day, days, judged_on
from secscan.reports.present import Judged, Presentation

_MOST_FINDINGS = 50
"""Findings of one waiver that are named."""

_COUNTS = {WaiverState.USED, WaiverState.EXPIRING}
"""States in which a waiver accepts what it matches."""


def build_waivers(view: Presentation) -> dict[str, Any] | None:
    """Return the waivers, those that need somebody first; None where there is neither a waiver nor a repair."""
    judgement, today = view.judgement, judged_on(view)
    if not judgement.waivers and not judgement.fixed:
        return None
    findings = {place.fingerprint: one for one in view.judged for place in one.finding.each}
    ordered = sorted(judgement.waivers, key=lambda one: (one.state is WaiverState.USED, one.expires, one.id))
    shown = cut(ordered)
    return {
        **shown,
        "rows": [_waiver(one, findings, today) for one in shown["rows"]],
        "fixed": cut(judgement.fixed),
    }


def _waiver(use: WaiverUse, findings: dict[str, Judged], today: date | None) -> dict[str, Any]:
    matched = {one.finding.fingerprint: one for name in use.fingerprints if (one := findings.get(name)) is not None}
    return {
        "id": use.id,
        "state": use.state.value,
        "state_words": use.state.replace("-", " "),
        "counts": use.state in _COUNTS,
        "expires": use.expires,
        "left": _left(use, today),
        "owner": use.owner,
        "approved_by": use.approved_by,
        "reason": use.reason,
        "ticket": use.ticket,
        "origin": use.origin,
        "vex": use.vex.replace("_", " "),
        "text": use.text,
        "findings": cut([brief(one) for one in matched.values()], _MOST_FINDINGS),
    }


def _left(use: WaiverUse, today: date | None) -> str:
    """How long it still counts, as of the judgement."""
    last = day(use.expires)
    if today is None or last is None:
        return ""
    left = (last - today).days
    if left == 0:
        return "ends today"
    return f"{days(left)} left" if left > 0 else f"ended {days(-left)} ago"
