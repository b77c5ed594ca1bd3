"""Controls over time: what each scan of a subject showed, when findings were first seen, and when they were gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from secscan.compliance.inputs import Input
from secscan.compliance.model import ControlState, Found, Life, Point, Trend


def trends_of(inputs: Sequence[Input], states: Sequence[Sequence[ControlState]]) -> tuple[Trend, ...]:
    """Return one trend for each control whose status ever changed or that ever had findings.

    `states` holds, for each scan in the order of time, the state of every control. Empty for a single scan.
    """
    if len(inputs) < 2:
        return ()
    trends = []
    for row in zip(*states, strict=True):
        if len({state.status for state in row}) > 1 or any(state.found for state in row):
            points = tuple(
                Point(input=one.digest, at=one.at, status=state.status, open=state.open)
                for one, state in zip(inputs, row, strict=True)
            )
            trends.append(Trend(id=row[0].id, points=points, lives=tuple(_lives(inputs, row))))
    return tuple(trends)


def _lives(inputs: Sequence[Input], row: Sequence[ControlState]) -> Iterator[Life]:
    seen: dict[str, list[tuple[int, Found]]] = {}
    for at, state in enumerate(row):
        for found in state.found:
            seen.setdefault(found.fingerprint, []).append((at, found))
    for fingerprint, times in seen.items():
        last, found = times[-1]
        later = range(last + 1, len(row))
        gone = next((inputs[at].at for at in later if not row[at].doubts), "")
        yield Life(
            fingerprint=fingerprint,
            title=found.title,
            first_seen=min(filter(None, (inputs[times[0][0]].at, times[0][1].first_seen)), key=datetime.fromisoformat),
            last_seen=inputs[last].at,
            gone=gone,
            unsure=bool(later) and not gone,
        )
