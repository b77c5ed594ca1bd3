"""What both SARIF formats say the same way: levels, scores, sentences."""

from __future__ import annotations

from secscan.findings.levels import Confidence, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://secscan.dev"

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNKNOWN: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}
PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}

_BANDS = {
    Severity.CRITICAL: (9.1, 9.5, 10.0),
    Severity.HIGH: (7.0, 8.0, 8.9),
    Severity.MEDIUM: (4.0, 5.5, 6.9),
    Severity.LOW: (0.1, 2.0, 3.9),
}
"""The lowest, usual and highest `security-severity` that platforms show by that name. None for `unknown`, which must
not be shown as a low number, nor for `info`."""

_MOST_TEXT = 1_000
"""Platforms refuse descriptions of more than 1,024 characters."""


def score(severity: Severity, given: float | None) -> str:
    """Return the `security-severity` of a severity: the CVSS score as far as the severity allows; empty for none."""
    if severity not in _BANDS:
        return ""
    lowest, usual, highest = _BANDS[severity]
    return f"{min(max(usual if given is None else given, lowest), highest):.1f}"


def sentence(text: str) -> str:
    """Return a text of at most 1,000 characters with a full stop."""
    return ended(text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 3]}...")


def ended(text: str) -> str:
    """Return a text with a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def pascal(name: str) -> str:
    """`sql-injection` as `SqlInjection`."""
    return "".join(part.capitalize() for part in name.split("-"))
