"""Words and small values that several parts of the page share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from secscan.findings.levels import Kind
from secscan.reports.present import Judged, Presentation

ACTIONS = {"block": "blocked", "warn": "warned of", "accept": "accepted"}
"""What the policy says of a finding, as a person reads it."""

KINDS = {
    Kind.SAST: "Code",
    Kind.DEPENDENCY: "Dependencies",
    Kind.CONTAINER: "Container",
    Kind.SECRET: "Secrets",
    Kind.MISCONFIGURATION: "Configuration",
    Kind.DAST: "Running application",
    Kind.LICENCE: "Licences",
}

MOST_ROWS = 500
"""Rows of one table; what is beyond is counted, and in the saved scan."""

Row = TypeVar("Row")


def cut(rows: Sequence[Row], most: int = MOST_ROWS) -> dict[str, Any]:
    """The first rows, how many there are beyond, and how many in all."""
    return {"rows": rows[:most], "more": max(0, len(rows) - most), "count": len(rows)}


def query(**wanted: str) -> str:
    """The address, within the page, of the findings that fit."""
    return "#" + urlencode({name: value for name, value in wanted.items() if value})


def judged_on(view: Presentation) -> date | None:
    """The day (UTC) of the judgement; None where nobody says."""
    return day(view.scan.run.judged_at) if view.scan.run else None


def day(text: str) -> date | None:
    """The day (UTC) of a time of RFC 3339, or of a day; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def days(number: int) -> str:
    """`today`, `1 day`, `2 days`."""
    return "today" if number == 0 else f"{number} day{'' if number == 1 else 's'}"


def brief(judged: Judged) -> dict[str, str]:
    """A finding in one row of a table, with the address of the whole."""
    finding = judged.finding
    return {
        "action": judged.decision.action.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "place": finding.place + (f" and {len(judged.places)} more" if judged.places else ""),
        "link": query(id=finding.fingerprint),
    }
