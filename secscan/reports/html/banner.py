"""What stands above the tabs: the verdict, why, and what turns it green."""

from __future__ import annotations

from collections import Counter
from typing import Any

from secscan.findings.levels import Action, RunStatus
from secscan.reports.escape import web_link
from secscan.reports.html.charts import kind_chart, severity_chart
from secscan.reports.html.coverage import holes
from secscan.reports.html.words import ACTIONS, cut, query
from secscan.reports.present import Presentation, ran_as


def build_banner(view: Presentation) -> dict[str, Any]:
    """Return what the head of the page shows."""
    scan, judgement = view.scan, view.judgement
    return {
        "verdict": judgement.verdict.value,
        "name": scan.target.name,
        "sentence": view.sentence,
        "facts": _facts(view),
        "numbers": _numbers(view),
        "compared": _compared(view),
        "rules": cut(_rules(view)),
        "others": cut([one for one in view.failures if one.about != "finding"]),
        "doubts": cut(view.doubts),
        "idle": _idle(view),
        "remedy": _remedy(view),
        "severities": severity_chart(view),
        "kinds": kind_chart(view),
    }


def _facts(view: Presentation) -> list[dict[str, str]]:
    target, run = view.scan.target, view.scan.run
    dirty = " with local changes" if target.dirty else ""
    facts = [
        {"name": "Policy", "text": view.judgement.policy or "none", "link": ""},
        {"name": "Judged", "text": run.judged_at.replace("T", " ").replace("Z", " UTC") if run else "", "link": ""},
        {"name": "Commit", "text": target.revision[:12] + dirty if target.revision else "", "link": ""},
        {"name": "Branch", "text": target.branch, "link": ""},
        {"name": "Run", "text": run.ci if run else "", "link": web_link(run.ci) if run else ""},
    ]
    return [one for one in facts if one["text"]]


def _numbers(view: Presentation) -> list[dict[str, Any]]:
    numbers = [
        {"name": ACTIONS[action], "count": count, "link": query(action=action)}
        for action, count in view.by_action.items()
    ]
    return [*numbers, {"name": "not looked at", "count": holes(view), "link": query(tab="coverage")}]


def _compared(view: Presentation) -> list[dict[str, Any]]:
    """New, known and fixed; empty where no baseline tells."""
    counts = Counter(one.decision.new for one in view.judged)
    fixed = len(view.judgement.fixed)
    if not fixed and not counts[True] and not counts[False]:
        return []
    return [
        {"name": "new", "count": counts[True], "link": query(new="new")},
        {"name": "known before", "count": counts[False], "link": query(new="known")},
        {"name": "fixed", "count": fixed, "link": query(tab="waivers") if fixed else ""},
    ]


def _rules(view: Presentation) -> list[dict[str, Any]]:
    """The rules that block, with how much they block, most first."""
    blocked = [one.decision for one in view.with_action(Action.BLOCK)]
    reasons = {one.rule: one.reason for one in reversed(blocked)}
    return [
        {"rule": rule, "reason": reasons[rule], "count": count, "link": query(action="block", rule=rule)}
        for rule, count in Counter(one.rule for one in blocked).most_common()
    ]


def _idle(view: Presentation) -> list[str]:
    """Scanners that failed, of which no reason for the verdict speaks."""
    told = {one.subject for one in view.doubts}
    return [
        f"{run.scanner}: {ran_as(run)}"
        for run in view.scan.scanners
        if run.status is RunStatus.FAILED and run.scanner not in told
    ]


def _remedy(view: Presentation) -> dict[str, Any] | None:
    remedy = view.judgement.remedy
    if remedy is None or not remedy.steps:
        return None
    shown = cut(remedy.steps)
    steps = [{"text": one.text, "clears": view.cleared_by(one)} for one in shown["rows"]]
    return {**shown, "rows": steps, "left": remedy.left.value}
