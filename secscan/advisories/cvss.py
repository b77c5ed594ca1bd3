"""CVSS base scores, computed from the vector by the public formulas.

Sources: FIRST, "Common Vulnerability Scoring System v3.1: Specification Document", section 7.1 and appendix A;
"A Complete Guide to the Common Vulnerability Scoring System Version 2.0", section 3.2.1. Version 4 is in `cvss4`.
Threat and environment are no part of a base score: what a vector says of them is not counted.
"""

from __future__ import annotations

from secscan.advisories import cvss4
from secscan.findings.levels import Severity

_V3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_V3_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}

_V2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.66},
    "I": {"N": 0.0, "P": 0.275, "C": 0.66},
    "A": {"N": 0.0, "P": 0.275, "C": 0.66},
}


def base_score(vector: str) -> float | None:
    """Return the base score (0.0 to 10.0) of a CVSS 2, 3.0, 3.1 or 4.0 vector; None for any other text."""
    metrics = dict(part.split(":", 1) for part in vector.strip("()").split("/") if ":" in part)
    try:
        if vector.startswith("CVSS:3."):
            return _score_v3(metrics)
        if vector.startswith("CVSS:4.0/"):
            return cvss4.base_score(metrics)
        if not vector.startswith("CVSS:"):
            return _score_v2(metrics)
    except KeyError:
        return None
    return None


def severity_of(score: float | None) -> Severity:
    """Return the level of a base score, by CVSS's qualitative rating scale; unknown without a score."""
    if score is None:
        return Severity.UNKNOWN
    for least, level in ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW)):
        if score >= least:
            return level
    return Severity.INFO


def _score_v3(metrics: dict[str, str]) -> float:
    weight = {name: levels[metrics[name]] for name, levels in _V3.items()}
    privileges = _V3_PRIVILEGES[metrics["S"]][metrics["PR"]]
    base = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    changed = metrics["S"] == "C"
    impact = 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 if changed else 6.42 * base
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    return _round_up(min((1.08 if changed else 1.0) * (impact + exploitability), 10.0))


def _round_up(value: float) -> float:
    """The specification's Roundup, in whole numbers so that binary fractions do not matter."""
    hundred_thousandths = round(value * 100_000)
    if hundred_thousandths % 10_000 == 0:
        return hundred_thousandths / 100_000
    return (hundred_thousandths // 10_000 + 1) / 10


def _score_v2(metrics: dict[str, str]) -> float:
    weight = {name: levels[metrics[name]] for name, levels in _V2.items()}
    impact = 10.41 * (1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"]))
    exploitability = 20 * weight["AV"] * weight["AC"] * weight["Au"]
    factor = 0.0 if impact == 0 else 1.176
    return round((0.6 * impact + 0.4 * exploitability - 1.5) * factor, 1)
