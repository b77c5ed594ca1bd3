"""CVSS 4.0 base scores.

Source: FIRST, "Common Vulnerability Scoring System version 4.0: Specification Document", section 8. A vector belongs to
a class (a MacroVector) that experts have given a score; within the class the score falls towards that of the next
lower classes, by how far the vector is from the worst of its own class.
"""

from __future__ import annotations

from collections.abc import Iterator

_LEVELS = {
    "AV": "NALP",
    "PR": "NLH",
    "UI": "NPA",
    "AC": "LH",
    "AT": "NP",
    "VC": "HLN",
    "VI": "HLN",
    "VA": "HLN",
    "SC": "HLN",
    "SI": "HLN",
    "SA": "HLN",
}
"""The values of each base metric, the worst first."""

_SCORES = (
    (((100, 93), (96, 90), (93, 88), (92, 80), (79, 69)), ((95, 92), (91, 81), (92, 84), (82, 70), (71, 63))),
    (((94, 87), (89, 75), (86, 72), (76, 57), (65, 53)), ((90, 77), (77, 66), (74, 61), (59, 52), (58, 23))),
    (((86, 70), (74, 54), (72, 53), (57, 36), (47, 24)), ((73, 54), (55, 43), (61, 46), (51, 18), (24, 10))),
)
"""Scores in tenths, by EQ1, EQ2, EQ3 with EQ6, EQ4: those that a base vector and its lower neighbours can have (EQ4
from its level 1 on, EQ5 at 0, as threat and environment are not part of a base score)."""

_NEXT_IMPACT: dict[int, tuple[int, ...]] = {0: (1, 2), 2: (3,), 4: ()}
"""The next lower classes of EQ3 with EQ6; where there are two, the one with the higher score counts."""


def base_score(metrics: dict[str, str]) -> float:
    """Return the base score of a vector's metrics. Raises `KeyError` where one is missing or has no such value."""
    level = {name: _level(values, metrics[name]) for name, values in _LEVELS.items()}
    if all(level[name] == 2 for name in ("VC", "VI", "VA", "SC", "SI", "SA")):
        return 0.0
    reach, ease, impact, beyond = _classes(level)
    value = _SCORES[reach][ease][impact][beyond]
    falls = [0.0]  # of EQ5: there is a lower class, and a base vector is always the worst of its own
    for lower, distance, depth in _neighbours(level, reach, ease, impact, beyond):
        falls.append((value - lower) * distance / depth)
    # Half a tenth goes up, as in the reference implementation; binary fractions must not decide.
    return max(0, min(100, int(round(value - sum(falls) / len(falls), 6) + 0.5))) / 10


def _level(values: str, value: str) -> int:
    at = values.find(value) if len(value) == 1 else -1
    if at < 0:
        raise KeyError(value)
    return at


def _classes(level: dict[str, int]) -> tuple[int, int, int, int]:
    """EQ1, EQ2, EQ3 with EQ6 (as `_SCORES` counts them) and EQ4 (from 0)."""
    worst = [level[name] == 0 for name in ("AV", "PR", "UI")]
    reach = 0 if all(worst) else 1 if any(worst) and level["AV"] != 3 else 2
    ease = int(level["AC"] + level["AT"] > 0)
    high = [level[name] == 0 for name in ("VC", "VI", "VA")]
    impact = 0 if high[0] and high[1] else 2 if any(high) else 4
    beyond = 0 if 0 in (level["SC"], level["SI"], level["SA"]) else 1
    return reach, ease, impact, beyond


def _neighbours(
    level: dict[str, int], reach: int, ease: int, impact: int, beyond: int
) -> Iterator[tuple[int, int, int]]:
    """The score of each next lower class, the steps from the worst vector of the own one, and how many there can be."""

    def steps(*names: str) -> int:
        return sum(level[name] for name in names)

    if reach < 2:
        yield _SCORES[reach + 1][ease][impact][beyond], steps("AV", "PR", "UI") - reach, (1, 4)[reach]
    if ease == 0:
        yield _SCORES[reach][1][impact][beyond], 0, 1
    if impact < 4:
        lower = max(_SCORES[reach][ease][one][beyond] for one in _NEXT_IMPACT[impact])
        yield lower, steps("VC", "VI", "VA") - impact // 2, (7, 8)[impact // 2]
    if beyond == 0:
        yield _SCORES[reach][ease][impact][1], steps("SC", "SI", "SA"), 5
