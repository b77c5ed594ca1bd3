"""Follows the references in files to where they lead in Vault. No value is asked for, so it is done in this process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from secscan.secrets.texts import decoded
from secscan.stores.contract import Missed, MissedKind
from secscan.stores.references.checked import Checked, State, Unreferenced
from secscan.stores.references.find import Found, find, linked
from secscan.stores.references.reference import Reference
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.references import Resolver
from secscan.stores.vault.settings import VaultSettings

CONTROL = "secscan_control.txt"
"""Name of the file with the positive control: a reference to an entry that nobody makes."""
_CONTROL_ENTRY = "secscan-control/nobody-makes-this"

MOST_BYTES = 5_000_000
"""Of one file that is read for references; a larger one is a gap, if it speaks of Vault at all."""
_SPEAKS = (b"vault", b"bao", b"secret", b"Secret")


class OutOfTime(Exception):
    """It took longer than it may."""


class Told(msgspec.Struct, frozen=True):
    """A reference that is not simply fine, and the file it stands in."""

    place: str
    checked: Checked


class Lost(msgspec.Struct, frozen=True):
    """A file that was not, or not entirely, read."""

    place: str
    kind: str
    detail: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the references of all files."""

    told: list[Told]
    lost: list[Lost]
    missed: list[Missed]
    """Mounts that were named in the settings and cannot be seen."""
    looked_at: list[str]
    facts: list[str]
    """What a reader of the report should know."""
    control: bool
    complete: bool


def follow(
    settings: VaultSettings, environment: Mapping[str, str], files: Mapping[str, str], *, seconds: float
) -> Answer:
    """Find and look up the references of files (absolute path -> path text).

    Raises `StoreError` where Vault cannot be asked, and `OutOfTime`.
    """
    until = time.monotonic() + seconds
    read = _Read(files, until)
    with Connection(settings, environment) as connection:
        resolver = Resolver(connection)
        control = _control(resolver)
        checked = []
        for place, reference in read.references():
            _look_at_clock(until)
            checked.append(Told(place, resolver.check(reference)))
        return Answer(
            told=[one for one in checked if one.checked.state is not State.FOUND],
            lost=read.lost,
            missed=list(resolver.missed),
            looked_at=read.looked_at,
            facts=_facts(checked, resolver.asked),
            control=control,
            complete=True,
        )


def unreferenced(connection: Connection, files: Mapping[str, str]) -> Unreferenced:
    """Return the entries in scope that no reference of the files (absolute path -> path text) names; a file that could
    not be read may name some of them, and is among what was missed. Raises `StoreError`."""
    read = _Read(files, float("inf"))
    found = Resolver(connection).unreferenced(reference for _, reference in read.references())
    lost = (Missed(files[one.place], MissedKind.UNAVAILABLE, one.detail) for one in read.lost)
    return Unreferenced(found.entries, (*found.missed, *lost))


def control_text(mount: str) -> str:
    """Return the content of the positive control."""
    return f"control: vault:{mount}/{_CONTROL_ENTRY}#key\n"


def _control(resolver: Resolver) -> bool:
    """Whether the control is found in its text, and Vault says of it what it must say: that it is not there, or that
    this role may not know. A server that finds everything does not pass."""
    for mount in [mount.path for mount in resolver.mounts] or ["secret"]:
        found = find(CONTROL, control_text(mount)).references
        if len(found) != 1:
            continue
        state = resolver.check(found[0]).state
        if state is not State.NOT_READ:
            return state in {State.MISSING_ENTRY, State.DENIED}
    return False


class _Read:
    """The references of files, which complete one another."""

    def __init__(self, files: Mapping[str, str], until: float) -> None:
        self.lost: list[Lost] = []
        self.looked_at: list[str] = []
        self._found: dict[str, Found] = {}
        for place, path in files.items():
            _look_at_clock(until)
            self._read(place, path)

    def references(self) -> list[tuple[str, Reference]]:
        """All of them, each with the place of its file."""
        declared = [one for found in self._found.values() for one in found.declared]
        return [(place, one) for place, found in self._found.items() for one in linked(found.references, declared)]

    def _read(self, place: str, path: str) -> None:
        try:
            data = Path(place).read_bytes()
        except OSError as error:
            self.lost.append(Lost(place, "unreadable", error.strerror or "it cannot be read"))
            return
        if len(data) > MOST_BYTES:
            if any(word in data for word in _SPEAKS):
                self.lost.append(Lost(place, "too-large", f"more than {MOST_BYTES} bytes are not read for references"))
                return
        else:
            found = find(path, decoded(data)[0])
            if found.references or found.declared:
                self._found[place] = found
            if found.more:
                self.lost.append(Lost(place, "partial", "it has more references than are read of one file"))
        self.looked_at.append(place)


def _look_at_clock(until: float) -> None:
    if time.monotonic() > until:
        raise OutOfTime


def _facts(checked: list[Told], asked: int) -> list[str]:
    if not checked:
        return ["no reference to Vault was found"]
    states = Counter(one.checked.state for one in checked)
    there = [one.checked for one in checked if one.checked.state in {State.FOUND, State.OLD}]
    moving = sum(not one.reference.version for one in there)
    facts = [f"{len(checked)} references were followed with {asked} questions; {len(there)} lead to what is there"]
    if moving:
        facts.append(f"{moving} of those name no version: what they give changes with the entry")
    if states[State.NOT_READ]:
        facts.append(f"{states[State.NOT_READ]} were left out, as the settings say")
    return facts
