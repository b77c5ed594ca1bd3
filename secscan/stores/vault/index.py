"""The index of what Vault holds: HMACs by Transit -> where, which version, since when. No value, no path.

A trusted job writes it (`secscan vault index`); jobs that may read no secret look found values up in it, by asking
Transit for their HMACs. Without Vault nobody can try values against it, and paths are ids. Its seal is an HMAC over all
of it by a second key, with which those jobs can only verify: an index that was changed on its way, or made by somebody
else, is refused. So that Transit cannot answer something else without notice, a text known to all is indexed, too, and
looked up each time.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from secscan.findings.scan import timestamp
from secscan.stores.contract import Missed, Place, StoreError
from secscan.stores.vault.transit import Transit

FORMAT = "secscan.vault-index/2"
_MOST_BYTES = 1_000_000_000
_ID = 12


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One place that holds a value."""

    path: str
    """Id of the path."""
    field: str
    version: str
    current: bool
    deleted: bool
    settled: bool
    created: str
    replaced: str


class Lost(msgspec.Struct, frozen=True, array_like=True):
    """A part of Vault that the index does not know."""

    path: str
    """Id of the path."""
    kind: str
    version: str


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    format: str
    created: str
    scope: str
    """HMAC of what was read: namespace, mounts, and what was left out."""
    key_version: int
    control: str
    """The text known to all."""
    rows: list[Row]
    values: dict[str, list[int]]
    """HMAC -> numbers of rows."""
    missed: list[Lost]
    weak: int
    """How many values are too ordinary to be compared."""
    seal: str = ""


@dataclass(frozen=True)
class Written:
    """What an index was made of."""

    entries: int
    values: int
    missed: int
    weak: int
    paths: dict[str, str]
    """Id -> path, for those who may know it."""


def build(
    values: Iterable[tuple[str, Place]], missed: Iterable[Missed], weak: int, transit: Transit
) -> tuple[Document, Written]:
    """Return the index of texts and their places. Raises `StoreError`."""
    transit = Transit(transit.connection, version=transit.version or transit.newest_version())
    texts, places = [], []
    for text, place in values:
        texts.append(f"value:{text}")
        places.append(place)
    lost = tuple(missed)
    ids = path_ids({place.path for place in places} | {one.path for one in lost}, transit)
    control = secrets.token_hex(16)
    digests = transit.hmacs([*texts, f"value:{control}"])
    rows: dict[Row, int] = {}
    known: dict[str, dict[int, None]] = {}
    for digest, place in zip(digests, places, strict=False):
        number = rows.setdefault(_row(place, ids[place.path]), len(rows))
        known.setdefault(digest, {})[number] = None
    control_row = Row("control", "", "", current=True, deleted=False, settled=True, created="", replaced="")
    known[digests[-1]] = {rows.setdefault(control_row, len(rows)): None}
    document = Document(
        format=FORMAT,
        created=timestamp(datetime.now(UTC)),
        scope=_scope(transit),
        key_version=transit.version,
        control=control,
        rows=list(rows),
        values={digest: list(numbers) for digest, numbers in known.items()},
        missed=[Lost(ids[one.path], one.kind, one.version) for one in lost],
        weak=weak,
    )
    written = Written(
        entries=len({one.path for one in places}),
        values=len(known) - 1,
        missed=len(lost),
        weak=weak,
        paths={number: path for path, number in ids.items()},
    )
    return msgspec.structs.replace(document, seal=transit.seal(_sealed(document))), written


def path_ids(paths: Iterable[str], transit: Transit) -> dict[str, str]:
    """Return an id for each path: the same wherever it is made with the same key, and nothing without the key."""
    ordered = sorted(paths)
    digests = transit.hmacs([f"path:{path}" for path in ordered])
    return {path: f"id-{_short(digest)}" for path, digest in zip(ordered, digests, strict=True)}


def encode(document: Document) -> bytes:
    """Return the file's content."""
    return msgspec.json.encode(document)


class Index:
    """An index that was read, and found to be whole, ours and fresh."""

    def __init__(self, document: Document, transit: Transit) -> None:
        self.document = document
        self._transit = Transit(transit.connection, version=document.key_version)

    @classmethod
    def load(cls, path: str, transit: Transit, *, most_hours: float, now: datetime) -> Index:
        """Read the file. Raises `StoreError` where it is not there, not whole, not ours, too old, or without values."""
        document = _read(path)
        index = cls(document, transit)
        if not transit.is_sealed(_sealed(document), document.seal):
            raise StoreError(
                f"the index {path} does not carry the seal of this Vault: it was changed, or made elsewhere",
                hint="write it anew with `secscan vault index`",
            )
        if len(document.values) < 2:  # one is the control
            raise StoreError(
                f"the index {path} holds no value, so nothing can be looked up in it",
                hint="check what the job that writes it may read, and write it anew with `secscan vault index`",
            )
        if document.scope != _scope(index._transit):
            raise StoreError(
                f"the index {path} was made of another part of Vault",
                hint="write it with the same namespace, `mounts` and `not_read` as it is used with",
            )
        age = now - datetime.fromisoformat(document.created)
        if age > timedelta(hours=most_hours) or age < -timedelta(hours=1):
            raise StoreError(
                f"the index {path} is of {document.created}; older than {most_hours:g} hours does not count",
                hint="write it anew with `secscan vault index`, or raise `vault.max_index_age`",
            )
        return index

    def look_up(self, texts: list[str]) -> list[tuple[Place, ...]]:
        """Return where Vault holds each text; empty for one that it does not hold.

        Raises `StoreError`, also where the text known to all is not found.
        """
        *digests, control = self._transit.hmacs(
            [*(f"value:{text}" for text in texts), f"value:{self.document.control}"]
        )
        if not any(place.path == "control" for place in self._places(control)):
            raise StoreError(
                "the control of the index was not found in it, so nothing was looked up", hint="write the index anew"
            )
        return [tuple(self._places(digest)) for digest in digests]

    def _places(self, digest: str) -> Iterator[Place]:
        for number in self.document.values.get(digest, ()):
            row = self.document.rows[number]
            yield Place(
                path=row.path,
                field=row.field,
                version=row.version,
                current=row.current,
                deleted=row.deleted,
                settled=row.settled,
                created=row.created,
                replaced=row.replaced,
            )


def _read(path: str) -> Document:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MOST_BYTES)
        document = msgspec.json.decode(data, type=Document)
    except OSError as error:
        raise StoreError(
            f"cannot read the index {path}: {os.strerror(error.errno or 0)}",
            hint="a trusted job writes it with `secscan vault index`",
        ) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} is no index of Vault, or not whole", hint="write it anew") from error
    numbers = range(len(document.rows))
    if document.format != FORMAT or not _is_time(document.created):
        raise StoreError(f"{path} is no index that this secscan reads", hint="write it anew with this version")
    if any(number not in numbers for there in document.values.values() for number in there):
        raise StoreError(f"the index {path} is damaged", hint="write it anew")
    return document


def _scope(transit: Transit) -> str:
    """What of Vault the settings name. A job that asks of something else must not take the index for an answer."""
    settings = transit.connection.settings
    named = [settings.namespace, *sorted(settings.mounts), "", *sorted(settings.not_read)]
    (digest,) = transit.hmacs([f"scope:{msgspec.json.encode(named).decode()}"])
    return digest


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _sealed(document: Document) -> str:
    """What the seal is over: a digest of everything but the seal."""
    content = msgspec.json.encode(msgspec.structs.replace(document, seal=""), order="deterministic")
    return f"index:{hashlib.sha256(content).hexdigest()}"


def _row(place: Place, path: str) -> Row:
    return Row(
        path, place.field, place.version, place.current, place.deleted, place.settled, place.created, place.replaced
    )


def _short(digest: str) -> str:
    return hashlib.sha256(digest.encode()).hexdigest()[:_ID]
