"""Asks a store of the secrets in files: in use, replaced, deleted, unknown. Three ways, by what the role may do.

`crawl` reads the store into fingerprints and looks for any of its values in the files, whether a pattern notices them
or not. The other two read no secret: what is worth a question is collected first, each value is asked about once, up to
a limit, what the detector noticed before anything else.

Each way has its control: something that it must find, which takes the same way as everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from secscan.secrets.detect.candidate import Candidate
from secscan.secrets.detect.detector import detect
from secscan.secrets.secret import Secret
from secscan.stores.alone import is_alone
from secscan.stores.contract import Held, Missed, MissedKind, Place, SecretStore, nothing_comparable
from secscan.stores.leaves import bare, is_comparable
from secscan.stores.matching import Asked, ValueIndex, worth_asking
from secscan.stores.vault.audit_log import AuditLog, audit_hashes
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.index import Index
from secscan.stores.vault.transit import Transit

ORDINARY = "it is too ordinary a value to be compared"
_TOO_MANY = "more values than may be asked about in one scan"


@dataclass(frozen=True)
class Text:
    """A file to look at."""

    place: str
    path: str
    content: str


@dataclass(frozen=True)
class Spot:
    """A value that stands in a file, and where the store holds it."""

    place: str
    start: int
    end: int
    form: str
    secret: Secret
    candidate: Candidate | None
    places: tuple[Place, ...] | None
    """None: it was not compared."""
    why: str = ""
    """Why not."""
    alone: bool = False
    """Whether it is the only value in its lines."""


@dataclass
class Seen:
    """What was learned beside."""

    missed: list[Missed] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    control: bool = False


def crawl(store: SecretStore, texts: Iterable[Text], seen: Seen) -> Iterator[Spot]:
    """Read the store, and yield every spot at which one of its values stands. Raises `StoreError`."""
    index, control = ValueIndex(), _Control()
    for one in store.read():
        if isinstance(one, Missed):
            seen.missed.append(one)
        else:
            index.add(one)
            control.consider(one, store.parts)
    seen.missed.extend(index.missed)
    seen.control = control.is_found(index)
    seen.facts.append(f"compared with the code: {index.values}, parts of values included")
    if index.weak:
        entries = len({path for path, _ in index.weak})
        seen.facts.append(
            f"not compared: {len(index.weak)} (of {entries} entries), too ordinary or no secrets by their fields' names"
        )
    for text in texts:
        yield from _spots(text, index)


def look_up_index(connection: Connection, path: str, texts: Iterable[Text], seen: Seen) -> Iterator[Spot]:
    """Look values up in an index that a trusted job wrote. Raises `StoreError`."""
    settings = connection.settings
    index = Index.load(path, Transit(connection), most_hours=settings.max_index_age, now=datetime.now(UTC))
    seen.facts.append(f"looked up in an index of {index.document.created}")
    seen.missed.extend(
        Missed(one.path, MissedKind(one.kind), "the index was made without it", one.version)
        for one in index.document.missed
    )
    yield from _asked(texts, index.look_up, settings.most_queries, seen)
    seen.control = True  # `look_up` raises where it does not find the index's own control


def look_up_audit_log(connection: Connection, accessor: str, texts: Iterable[Text], seen: Seen) -> Iterator[Spot]:
    """Look values up in the audit log. `accessor` is that of the token that asks: the control. Raises `StoreError`."""
    settings = connection.settings
    (control,) = audit_hashes(connection, [accessor])
    log = AuditLog.load(settings.audit_log)
    seen.control = log.knows(control)
    seen.facts.append(f"looked up in the audit log, which begins {log.since}; what it no longer holds is unknown")
    if log.not_understood:
        seen.missed.append(
            Missed("", MissedKind.UNAVAILABLE, f"{log.not_understood} lines of the audit log are damaged")
        )

    def places(values: list[str]) -> list[tuple[Place, ...]]:
        return [log.places(digest) for digest in audit_hashes(connection, values)]

    yield from _asked(texts, places, settings.most_queries, seen)


def _spots(text: Text, index: ValueIndex) -> Iterator[Spot]:
    taken = set()
    for one in detect(text.content, text.path):
        taken.add((one.start, one.end))
        places = index.places(one.secret.reveal())
        compared = bool(places) or is_comparable(one.secret.reveal(), "")
        why = "" if compared else ORDINARY
        alone = is_alone(text.content, one.start, one.end)
        known = places if compared else None
        yield Spot(text.place, one.start, one.end, one.form, one.secret, one, known, why, alone)
    for match in index.matches(text.content):
        if (match.start, match.end) not in taken:
            alone = is_alone(text.content, match.start, match.end)
            yield Spot(text.place, match.start, match.end, match.form, match.secret, None, match.places, alone=alone)


def _asked(
    texts: Iterable[Text],
    look_up: Callable[[list[str]], Sequence[tuple[Place, ...]]],
    most: int,
    seen: Seen,
) -> Iterator[Spot]:
    found = [
        (text.place, one, is_alone(text.content, one.start, one.end))
        for text in texts
        for one in worth_asking(text.content, text.path)
    ]
    values = dict.fromkeys(_value(one) for _, one, _ in sorted(found, key=lambda each: each[1].candidate is None))
    asked = [value for value in values if is_comparable(value, "")][:most]
    known = dict(zip(asked, look_up(asked), strict=True))
    seen.facts.append(f"values of the code that Vault was asked about: {len(asked)}")
    left = 0
    for place, one, alone in found:
        places = known.get(_value(one))
        why = "" if places is not None else _TOO_MANY if is_comparable(_value(one), "") else ORDINARY
        left += why == _TOO_MANY
        yield Spot(place, one.start, one.end, one.form, one.secret, one.candidate, places, why, alone)
    if left:
        seen.missed.append(
            Missed("", MissedKind.TOO_MUCH, f"{left} values of the files were not asked about: {_TOO_MANY}")
        )


def _value(one: Asked) -> str:
    return bare(one.secret.reveal())


class _Control:
    """One value of each part of the store, planted in a text of our own: each must come out, with its place."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}

    def consider(self, held: Held, parts: Sequence[str]) -> None:
        """Take the first value of each part that can be planted."""
        part = next((one for one in parts if held.place.path.startswith(f"{one}/")), "")
        if part not in self._held and is_comparable(held.secret.reveal().strip(), held.place.field):
            self._held[part] = held

    def is_found(self, index: ValueIndex) -> bool:
        """Whether the index finds them all."""
        if not self._held:
            raise nothing_comparable()
        return all(map(index.finds, self._held.values()))
