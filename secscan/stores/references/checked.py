"""What became of references when a store was asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from secscan.stores.contract import Missed
from secscan.stores.references.reference import Reference


class State(StrEnum):
    """Where a reference leads."""

    FOUND = "found"
    MISSING_ENTRY = "missing-entry"
    MISSING_KEY = "missing-key"
    MISSING_VERSION = "missing-version"
    """A version that never was, or that was dropped as too old."""
    DESTROYED = "destroyed"
    DELETED = "deleted"
    OLD = "old"
    """There, but not what the entry holds now."""
    WALKS_OUT = "walks-out"
    """The path would lead to another place than it says. Nobody was asked about it."""
    DENIED = "denied"
    """This role may not see it, or there is no such mount: a store answers alike to both."""
    UNCHECKED = "unchecked"
    """It cannot be looked up: a part is known only when the code runs, or the engine tells nothing of it."""
    NOT_READ = "not-read"
    """The settings say that this role is not meant to see it."""
    TOO_MANY = "too-many"
    """More questions than the settings allow."""


BROKEN = frozenset(
    {State.MISSING_ENTRY, State.MISSING_KEY, State.MISSING_VERSION, State.DESTROYED, State.DELETED, State.WALKS_OUT}
)
"""States in which whoever follows the reference gets nothing."""


@dataclass(frozen=True)
class Checked:
    """A reference, and where it leads."""

    reference: Reference
    state: State
    entry: str = ""
    """Mount and path of the entry, without the `data/` of the API; empty where that is not known."""
    detail: str = ""
    """What is to be said beside the state."""
    near: str = ""
    """The name in the store that is nearest to one that is not there. Not for everybody's eyes."""
    current: str = ""
    """The version that the entry has now, where another one is asked for."""


@dataclass(frozen=True)
class Unreferenced:
    """Entries that no reference names, and what could not be listed."""

    entries: tuple[str, ...]
    missed: tuple[Missed, ...]
