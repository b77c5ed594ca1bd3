"""From the places that hold a value to what that means: in use, replaced, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from secscan.findings.levels import SecretState
from secscan.stores.contract import Place


@dataclass(frozen=True)
class Standing:
    """What the store says of a value."""

    state: SecretState
    places: tuple[Place, ...] = ()
    """The places that decide, the one to look at first."""


def standing(places: Sequence[Place]) -> Standing:
    """Return the state of a value that stands at these places and nowhere else in the store.

    A new version with the same value is no rotation: the value then also stands in the current version. What is held by
    entries that were deleted and by others as an old version counts as replaced, the weaker of the two words. What may
    be in the current version of any entry, because that was not read, counts as neither.
    """
    if not places:
        return Standing(SecretState.UNKNOWN)
    live = [place for place in places if place.current and not place.deleted]
    if live:
        return Standing(SecretState.LIVE, _ordered(live))
    if unsettled := [place for place in places if not place.settled]:
        return Standing(SecretState.UNKNOWN, _ordered(unsettled))
    kept = [place for place in places if not place.deleted]
    if kept:
        return Standing(SecretState.ROTATED, _ordered(kept))
    return Standing(SecretState.DELETED, _ordered(places))


def _ordered(places: Sequence[Place]) -> tuple[Place, ...]:
    """Of each path and field the newest version that holds the value; first what was replaced last."""
    newest: dict[tuple[str, str], Place] = {}
    for place in sorted(places, key=lambda one: (one.path, one.field, one.created, one.version)):
        newest[place.path, place.field] = place
    ordered = sorted(newest.values(), key=lambda one: (one.path, one.field))
    return tuple(sorted(ordered, key=lambda one: one.replaced, reverse=True))
