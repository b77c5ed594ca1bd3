"""What Vault says of one KV entry, as values of the contract. Pure: nothing is asked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from secscan.findings.scan import timestamp
from secscan.secrets.secret import Secret
from secscan.stores.contract import Held, Missed, MissedKind, Place
from secscan.stores.vault.transport import not_vault

NOT_GIVEN = "Vault did not give it, and does not say that it was deleted"

_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Version:
    """What the metadata of KV 2 says of one version."""

    number: int
    created: str
    destroyed: bool
    deletion: str
    """When it was or will be deleted, RFC 3339; empty for never."""

    def is_deleted(self, now: datetime) -> bool:
        """Whether it was deleted or destroyed; a time of deletion may be yet to come."""
        return self.destroyed or "" < self.deletion[:19] <= timestamp(now)[:19]


@dataclass(frozen=True, slots=True)
class Read:
    """One version whose values were read."""

    number: int
    created: str
    fields: Mapping[str, Any]


def read_version(answer: Mapping[str, Any]) -> Read | None:
    """The values in an answer of KV 2 to a reading; None for a version that is deleted or destroyed."""
    data = answer.get("data")
    if not isinstance(data, dict):
        return None
    told, fields = data.get("metadata"), data.get("data")
    if not isinstance(told, dict) or not isinstance(told.get("version"), int):
        raise not_vault()
    return Read(told["version"], str(told.get("created_time", "")), fields) if isinstance(fields, dict) else None


def versions_of(answer: Mapping[str, Any]) -> tuple[Version, ...]:
    """All versions that the metadata of an entry names, oldest first."""
    data = answer.get("data")
    told = data.get("versions") if isinstance(data, dict) else None
    if not isinstance(told, dict):
        raise not_vault()
    found = []
    for number, one in told.items():
        if not number.isdecimal() or not isinstance(one, dict):
            raise not_vault()
        created, deletion = one.get("created_time") or "", one.get("deletion_time") or ""
        found.append(Version(int(number), str(created), one.get("destroyed") is True, str(deletion)))
    return tuple(sorted(found, key=lambda version: version.number))


def held_alone(path: str, read: Read) -> list[Held]:
    """The values of an entry's only version, or of the newest where no other is asked for."""
    return _held(read.fields, Place(path=path, field="", version=str(read.number), created=read.created))


def held_unversioned(path: str, answer: Mapping[str, Any]) -> list[Held]:
    """The values in an answer of KV 1 to a reading."""
    fields = answer.get("data")
    if not isinstance(fields, dict):
        raise not_vault()
    return _held(fields, Place(path=path, field=""))


def held_versions(
    path: str, versions: tuple[Version, ...], reads: Mapping[int, Read], unasked: Mapping[int, Missed], now: datetime
) -> list[Held | Missed]:
    """Everything of an entry with several versions, newest first: what was read, and what could not be.

    Only what the metadata says is deleted counts as that. What is merely not given may be in use: a control group, for
    one, answers a reading with status 200 and no value. Where that is the newest version, it may hold what the older
    ones do, and nothing is settled of them.
    """
    newest = max((one.number for one in versions), default=0)
    gone = {one.number for one in versions if one.is_deleted(now)}
    deleted = newest in gone and newest not in reads
    settled = newest in gone or newest in reads
    next_created = {one.number - 1: one.created for one in versions}
    items: list[Held | Missed] = []
    for number in sorted({*reads, *unasked, *(one.number for one in versions)}, reverse=True):
        read = reads.get(number)
        if read is not None:
            place = Place(
                path=path,
                field="",
                version=str(number),
                current=number >= newest,
                deleted=deleted,
                settled=settled,
                created=read.created,
                replaced=next_created.get(number, "") if settled else "",
            )
            items.extend(_held(read.fields, place))
        elif number in unasked:
            items.append(unasked[number])
        elif number in gone:
            items.append(Missed(path, MissedKind.DELETED, "this version was deleted or destroyed", str(number)))
        else:
            items.append(Missed(path, MissedKind.UNAVAILABLE, NOT_GIVEN, str(number)))
    return items


def _held(fields: Mapping[str, Any], place: Place) -> list[Held]:
    return [Held(_at(place, name), Secret(_text(value))) for name, value in fields.items()]


def _at(place: Place, name: str) -> Place:
    return Place(
        path=place.path,
        field=name,
        version=place.version,
        current=place.current,
        deleted=place.deleted,
        settled=place.settled,
        created=place.created,
        replaced=place.replaced,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else _encode(value).decode("utf-8")
