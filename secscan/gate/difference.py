"""What changed between two saved scans, as a value; `compare` makes it."""

from __future__ import annotations

from typing import Any

import msgspec

from secscan.findings.levels import Action, Cause, Confidence, Kind, Severity, Verdict
from secscan.findings.model import Gap, Value

FORMAT = "secscan.diff/1"
"""Name and version of the document."""


class Side(Value, frozen=True, kw_only=True, omit_defaults=False):
    """One of the two scans."""

    kind: str
    """Of its target."""
    name: str
    digest: str
    revision: str
    started: str
    verdict: Verdict | None
    """None where nobody judged it."""
    policy: str
    findings: int
    gaps: int


class Entry(Value, frozen=True, kw_only=True, omit_defaults=False):
    """One finding, as the later scan has it; of what is gone, as the earlier one had it."""

    fingerprint: str
    kind: Kind
    severity: Severity
    confidence: Confidence
    title: str
    place: str
    """`path:line`."""
    places: int = 1
    """At how many places it stands."""
    action: Action | None = None
    """The decision; None where nobody judged."""
    cause: Cause | None = None
    """Of a new one: why it is new."""


class NotSeen(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A finding that the later scan does not have, and could not have seen."""

    finding: Entry
    reason: str


class Change(Value, frozen=True, kw_only=True, omit_defaults=False):
    """One thing that is otherwise."""

    what: str
    """`severity`, `decision`, `confidence`, `fixed versions`, `location`, `new place`, `place fixed` or
    `place not seen`."""
    before: str = ""
    after: str = ""


class Changed(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A finding that both scans have, and what is otherwise."""

    finding: Entry
    changes: tuple[Change, ...]


class Difference(Value, frozen=True, kw_only=True, omit_defaults=False):
    """What changed from the one scan to the other."""

    format: str
    before: Side
    after: Side
    warnings: tuple[str, ...]
    """Why the two may not be comparable."""
    new: tuple[Entry, ...]
    changed: tuple[Changed, ...]
    fixed: tuple[Entry, ...]
    not_seen: tuple[NotSeen, ...]
    same: int
    """How many findings are as they were."""
    new_gaps: tuple[Gap, ...]
    """What the later scan could not look at, and the earlier one could."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the document, generated from the model."""
    document = msgspec.json.schema(Difference)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://secscan.dev/schema/diff-1.json",
        "title": "secscan difference of two scans, format 1",
        **document,
    }
