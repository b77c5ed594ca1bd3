"""AWS as a store of secrets: every value of every secret and SecureString parameter in scope, in all versions that can
be read.

A version counts as current where a label gives it to those who ask by that label: AWSCURRENT, AWSPENDING while a
rotation is under way, and labels of one's own. AWSPREVIOUS does not count, except where its user is another than that
of AWSCURRENT: then two users take turns, and the password of the other opens the door until the next rotation.
"""

from __future__ import annotations

import base64
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from secscan.findings.scan import timestamp
from secscan.secrets.secret import Secret
from secscan.stores.aws.client import AwsClient, Refused, expect
from secscan.stores.aws.settings import SECRETS_MANAGER, AwsSettings
from secscan.stores.contract import Denied, Held, Missed, MissedKind, Missing, Place, StoreError, Unavailable
from secscan.stores.vault.crawl import crawl

_CURRENT, _PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_MOST_TROUBLES = 5
"""Entries in trouble, with none between them that is well, after which the service is taken to be out of order."""
_WHOLE = "value"
"""Names the field of a value that has none."""


@dataclass(frozen=True, slots=True)
class _Task:
    """An entry to read."""

    service: str
    name: str
    deleted: str = ""
    """When it was marked as deleted; empty where it was not."""

    @property
    def path(self) -> str:
        return f"{self.service}:{self.name}"


@dataclass(frozen=True, slots=True)
class _Version:
    number: str
    created: datetime
    current: bool
    previous: bool = False
    newest: bool = False
    """Whether it is what those are given who name no label."""


class AwsStore:
    """Keeps `SecretStore`. The members of a value that is a JSON object are its fields."""

    name = "AWS"
    parts = ()

    def __init__(self, settings: AwsSettings, *, most_versions: int = 100) -> None:
        """Connects to nothing. Raises `StoreError` where boto3 is missing or its settings are wrong."""
        self.counts: Counter[str] = Counter()
        """Entries by service."""
        self._settings = settings
        self._most = most_versions
        self._clients = {service: AwsClient(service, settings) for service in settings.services}
        self._troubles = 0
        self._lock = threading.Lock()

    def read(self) -> Iterator[Held | Missed]:
        """Yield everything in scope, and what could not be read. Raises `StoreError` where it cannot go on."""
        tasks: list[_Task] = []
        for service in self._clients:
            try:
                tasks += self._listed(service)
            except Denied as error:
                yield Missed(f"{service}:", MissedKind.DENIED, error.message)
        for items in crawl(tasks, lambda task: ((), self._work(task)), self._settings.workers):
            yield from items
        self.counts.update(task.service for task in tasks)
        if not tasks:
            yield Missed("", MissedKind.UNAVAILABLE, "AWS shows this role no secret in scope")

    def close(self) -> None:
        """Close every connection; boto3's logins end by themselves."""
        for client in self._clients.values():
            client.close()

    def _listed(self, service: str) -> list[_Task]:
        client = self._clients[service]
        if service == SECRETS_MANAGER:
            found = client.pages("list_secrets", "SecretList", IncludePlannedDeletion=True, MaxResults=100)
        else:
            secure = [{"Key": "Type", "Option": "Equals", "Values": ["SecureString"]}]
            found = client.pages("describe_parameters", "Parameters", ParameterFilters=secure, MaxResults=50)
        tasks = [_Task(service, expect(one, "Name", str), _when(one.get("DeletedDate"))) for one in found]
        return [task for task in tasks if self._settings.covers(task.name)]

    def _work(self, task: _Task) -> list[Held | Missed]:
        if task.deleted:
            return [Missed(task.path, MissedKind.DELETED, f"it was marked as deleted {task.deleted}")]
        try:
            items = self._secret(task) if task.service == SECRETS_MANAGER else self._parameter(task)
        except (Denied, Missing, Refused) as error:
            items = [_missed(task, error)]
        except Unavailable as error:
            with self._lock:
                self._troubles += 1
                if self._troubles >= _MOST_TROUBLES:
                    raise
            return [_missed(task, error)]
        with self._lock:
            self._troubles = 0
        return items

    def _secret(self, task: _Task) -> list[Held | Missed]:
        """All versions of a secret, the newest first. Older ones count as that where all was read that is given now."""
        client = self._clients[task.service]
        listed = client.pages("list_secret_version_ids", "Versions", SecretId=task.name, IncludeDeprecated=True)
        versions = sorted(map(_version, listed), key=lambda one: (one.created, one.current, one.previous))
        held: list[Held] = []
        missed: list[Held | Missed] = []
        following = ""
        for number, one in enumerate(reversed(versions)):
            place = _place(task, one, following)
            following = timestamp(one.created)
            if number >= self._most and not one.current and not one.previous:
                missed.append(Missed(task.path, MissedKind.TOO_MUCH, "an older version", one.number))
                continue
            try:
                answer = client.ask("get_secret_value", SecretId=task.name, VersionId=one.number)
            except (Denied, Missing, Refused) as error:
                missed.append(_missed(task, error, one.number))
                continue
            held += _held(place, _text(answer))
        turns = {one.number for one in versions if one.previous} if _take_turns(held, versions) else set()
        held = [_as_current(one) if one.place.version in turns else one for one in held]
        given = {one.number for one in versions if one.current}
        named = any(one.newest for one in versions)
        if not named:
            missed.append(Missed(task.path, MissedKind.UNAVAILABLE, f"AWS names no version of it {_CURRENT}"))
        settled = named and given <= {one.place.version for one in held}
        return [*(held if settled else map(_unsettled, held)), *missed]

    def _parameter(self, task: _Task) -> list[Held | Missed]:
        """All versions of a parameter, the newest first."""
        client = self._clients[task.service]
        found = [
            *client.pages("get_parameter_history", "Parameters", Name=task.name, WithDecryption=True, MaxResults=50)
        ]
        found.sort(key=lambda one: int(expect(one, "Version", int)), reverse=True)
        items: list[Held | Missed] = []
        following = ""
        for number, one in enumerate(found):
            created: datetime = expect(one, "LastModifiedDate", datetime)
            version = _Version(str(one["Version"]), created, current=not number or bool(one.get("Labels")))
            items += _held(_place(task, version, following), expect(one, "Value", str))
            following = timestamp(created)
        return items or [Missed(task.path, MissedKind.UNAVAILABLE, "AWS listed it, and shows no version of it")]


def _version(told: dict[str, Any]) -> _Version:
    stages = set(told.get("VersionStages") or ())
    return _Version(
        expect(told, "VersionId", str),
        expect(told, "CreatedDate", datetime),
        current=bool(stages - {_PREVIOUS}),
        previous=_PREVIOUS in stages,
        newest=_CURRENT in stages,
    )


def _place(task: _Task, one: _Version, following: str) -> Place:
    return Place(
        path=task.path,
        field=_WHOLE,
        version=one.number,
        current=one.current,
        created=timestamp(one.created),
        replaced="" if one.current else following,
    )


def _text(answer: dict[str, Any]) -> str:
    """The value of a version. Bytes that are no text are given in base64, as code would hold them."""
    if "SecretString" in answer:
        return str(expect(answer, "SecretString", str))
    data: bytes = expect(answer, "SecretBinary", bytes)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


def _held(place: Place, text: str) -> list[Held]:
    fields = _members(text) or {_WHOLE: text}
    return [Held(replace(place, field=field), Secret(value)) for field, value in fields.items()]


def _members(text: str) -> dict[str, str]:
    """The members of a JSON object, those that are no text as JSON; none for anything else."""
    if not text.lstrip().startswith("{"):
        return {}
    try:
        members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        return {name: _member(bytes(value)) for name, value in members.items()}
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return {}


def _member(raw: bytes) -> str:
    return msgspec.json.decode(raw, type=str) if raw.lstrip().startswith(b'"') else raw.decode("utf-8")


def _take_turns(held: list[Held], versions: list[_Version]) -> bool:
    """Whether the current and the previous version belong to different users."""
    current = {one.number for one in versions if one.current}
    previous = {one.number for one in versions if one.previous}
    users = [(one.place.version, one.secret) for one in held if one.place.field.lower() == "username"]
    return any(
        old != new
        for number, old in users
        if number in previous
        for other, new in users
        if other in current and other not in previous
    )


def _as_current(held: Held) -> Held:
    return replace(held, place=replace(held.place, current=True, replaced=""))


def _unsettled(held: Held) -> Held:
    """An older version, where what is given now was not read and may be the same."""
    return held if held.place.current else replace(held, place=replace(held.place, settled=False, replaced=""))


def _missed(task: _Task, error: StoreError, version: str = "") -> Missed:
    """What a refusal means. That something was deleted is said by the date of its deletion only."""
    kind = MissedKind.DENIED if isinstance(error, Denied) else MissedKind.UNAVAILABLE
    return Missed(task.path, kind, error.message, version)


def _when(moment: object) -> str:
    return timestamp(moment) if isinstance(moment, datetime) else ""
