"""The findings as a table that needs no script: for print, and for who lets no script run."""

from __future__ import annotations

from typing import Any

from secscan.reports.html.words import brief
from secscan.reports.present import Judged, Presentation, sources_of

MOST_STATIC = 200
"""Findings in the table."""


def build_findings(view: Presentation) -> dict[str, Any]:
    """Return the first findings, and what is beyond, by what the policy says of it."""
    rest = view.judged[MOST_STATIC:]
    beyond = {
        action.value: sum(one.decision.action is action for one in rest)
        for action in dict.fromkeys(one.decision.action for one in rest)
    }
    return {"count": len(view.judged), "rows": [_row(one) for one in view.judged[:MOST_STATIC]], "beyond": beyond}


def _row(judged: Judged) -> dict[str, str]:
    finding, decision = judged.finding, judged.decision
    return {
        **brief(judged),
        "by": sources_of(finding),
        "why": f"{decision.rule or 'no rule'}: {decision.reason}" if decision.reason else decision.rule,
        "waiver": decision.waiver,
        "remediation": finding.remediation,
    }
