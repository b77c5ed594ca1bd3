"""Which versions of a package an OSV record affects, by the version order of the package's ecosystem.

The evaluation follows the OSV schema: a version is affected if it is listed, or if it lies in a range. A range's events
are sorted by version; `introduced` opens, `fixed` closes before, `last_affected` closes after. Ranges of git commits
say nothing of versions, and are not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from secscan.advisories.osv import Affected, Event, Range, Score
from secscan.versions.order import Order

_COMPARED = frozenset({"ECOSYSTEM", "SEMVER"})


class Rule(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What of an `affected` entry decides, in short form, with versions in their normal spelling."""

    ranges: tuple[tuple[Event, ...], ...] = ()
    versions: tuple[str, ...] = ()
    custom: tuple[tuple[Event, ...], ...] = ()
    """Go's custom ranges."""
    severity: tuple[Score, ...] = ()

    @property
    def says_nothing(self) -> bool:
        """Whether it names no version that can be compared."""
        return not self.ranges and not self.versions


@dataclass(frozen=True)
class Hit:
    """A rule that affects a version, and how surely."""

    rule: Rule
    sure: bool = True
    """False: the Go database could not tell the versions, and by the project's own the version is not affected."""


def rule_of(affected: Affected, order: Order) -> Rule:
    """Return what decides of an entry."""
    custom = affected.ecosystem_specific.custom_ranges if affected.ecosystem_specific else ()
    return Rule(
        ranges=_events(affected.ranges),
        versions=tuple(sorted({order.normal(version) for version in affected.versions})),
        custom=_events(custom),
        severity=affected.severity,
    )


def _events(ranges: Iterable[Range]) -> tuple[tuple[Event, ...], ...]:
    return tuple(one.events for one in ranges if one.type in _COMPARED)


def hit(rules: Iterable[Rule], version: str, order: Order) -> Hit | None:
    """Return the first rule that affects the version, a sure one before others; None where none does."""
    unsure = None
    for rule in rules:
        if is_affected(rule, version, order):
            if not rule.custom or any(_in_range(events, version, order) for events in rule.custom):
                return Hit(rule)
            unsure = unsure or Hit(rule, sure=False)
    return unsure


def is_affected(rule: Rule, version: str, order: Order) -> bool:
    """Whether a version is affected. One that the order does not know is compared with the list only."""
    if rule.versions:
        if order.normal(version) in rule.versions:
            return True
        public = order.public(version)
        if public != version and order.normal(public) in rule.versions:
            return True
    return any(_in_range(events, version, order) for events in rule.ranges)


def fixed_versions(rule: Rule, version: str, order: Order) -> tuple[str, ...]:
    """Return the versions above `version` in which the rule says it is fixed, smallest first."""
    current = order.key(version)
    found = {}
    for event in (event for events in (*rule.ranges, *rule.custom) for event in events):
        key = order.key(event.fixed) if event.fixed else None
        if event.fixed and key is not None and (current is None or key > current):
            found[event.fixed] = key
    return tuple(sorted(found, key=lambda text: found[text]))


def _in_range(events: tuple[Event, ...], version: str, order: Order) -> bool:
    key = order.key(version)
    ends = [end for event in events for end in (event.fixed, event.last_affected) if end]
    if any(order.line(end) != order.line(version) for end in ends):
        return False
    if key is None or _beyond_limits(events, key, order):
        return False
    inside = False
    for mark, _, kind in sorted(_marks(events, order), key=lambda one: one[:2]):
        if mark[1:] and mark[1] > key:
            break
        if kind == "introduced":
            inside = True
        elif kind == "fixed" or not _same(version, key, mark[1], order):
            inside = False
    return inside


def _beyond_limits(events: tuple[Event, ...], key: Any, order: Order) -> bool:
    limits = [event.limit for event in events if event.limit is not None]
    if not limits or "*" in limits:
        return False
    return all((limit := order.key(text)) is not None and key >= limit for text in limits)


def _same(version: str, key: Any, mark: Any, order: Order) -> bool:
    """Whether a record that names a version means this one: a local build (`1.13.1+cu117`) is its public version."""
    return bool(key == mark or order.key(order.public(version)) == mark)


def _marks(events: tuple[Event, ...], order: Order) -> Iterator[tuple[tuple[Any, ...], int, str]]:
    """Where a range opens and closes; `(0,)` stands before every version, `(1, key)` at one.

    A beginning that the order does not know is the first, and such an end never comes: affected too much, never too
    little.
    """
    for event in events:
        if event.introduced is not None:
            known = order.key(event.introduced) if event.introduced != "0" else None
            yield (0,) if known is None else (1, known), 0, "introduced"
        if event.fixed is not None and (fixed := order.key(event.fixed)) is not None:
            yield (1, fixed), 1, "fixed"
        if event.last_affected is not None and (last := order.key(event.last_affected)) is not None:
            yield (1, last), 2, "last_affected"
