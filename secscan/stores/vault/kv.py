"""Reads what Vault's KV engines hold: every entry in scope, every version that can be read, and what could not be.

Several threads take from one queue of folders and entries, newest first, so that memory stays flat: the tree is walked
in depth, and what was read waits in a queue of bounded length until somebody takes it. An entry costs one question, or
two and one for each older version where there is more than one.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from secscan.findings.globs import any_glob
from secscan.findings.scan import timestamp
from secscan.secrets.secret import Secret
from secscan.stores.contract import (
    AuthenticationFailed,
    Denied,
    Held,
    Missed,
    MissedKind,
    Missing,
    Place,
    StoreError,
    Unavailable,
)
from secscan.stores.vault.connection import Connection

_WAITING = 2_000
"""Values that wait to be taken."""
_MOST_VERSIONS = 100
"""Of one entry that are read, the newest; older ones are said to be missed."""
_MOST_UNAVAILABLE = 20
"""Paths without an answer after which reading ends."""


@dataclass(frozen=True)
class Mount:
    """A KV engine."""

    path: str
    """Without slashes around it."""
    version: int


@dataclass
class Counts:
    """What was read."""

    mounts: int = 0
    entries: int = 0
    versions: int = 0
    left_out: int = 0
    """Entries and folders that the settings say are not read."""
    unavailable: int = 0
    """Entries and folders for which no answer could be had."""


class VaultStore:
    """See `stores.contract.SecretStore`. What it yields comes in no particular order."""

    name = "Vault"

    def __init__(self, connection: Connection, *, older: bool = True) -> None:
        """`older`: whether versions that are no longer current are read, too."""
        self.connection = connection
        self.counts = Counts()
        self._older = older

    def read(self) -> Iterator[Held | Missed]:
        """See the contract. Nothing visible at all is something missed, too."""
        mounts, missed = kv_mounts(self.connection)
        yield from missed
        self.counts.mounts = len(mounts)
        if not mounts and not missed:
            yield Missed("", MissedKind.DENIED, "Vault shows this token no KV engine")
        yield from _Crawl(self.connection, mounts, self.counts, older=self._older).run()
        if mounts and not self.counts.entries:
            yield Missed("", MissedKind.DENIED, "Vault shows this token engines, and in them not one secret")

    def close(self) -> None:
        """See the contract."""
        self.connection.close()


def kv_mounts(connection: Connection) -> tuple[tuple[Mount, ...], tuple[Missed, ...]]:
    """Return the KV engines in scope, and those that were named and cannot be seen. Raises `StoreError`."""
    if not connection.settings.mounts:
        engines = connection.get("sys/internal/ui/mounts").get("data", {}).get("secret")
        if not isinstance(engines, dict):
            raise Unavailable("what answers is not Vault: it tells of no engines", hint="check the address")
        return tuple(
            Mount(path.strip("/"), _version(engine))
            for path, engine in sorted(engines.items())
            if isinstance(engine, dict) and engine.get("type") in ("kv", "generic")
        ), ()
    found, missed = [], []
    for path in connection.settings.mounts:
        try:
            engine = connection.get(f"sys/internal/ui/mounts/{path}").get("data") or {}
        except (Denied, Missing):
            missed.append(Missed(path, MissedKind.DENIED, "there is no such engine, or this token may not see it"))
            continue
        found.append(Mount(path, _version(engine)))
    return tuple(found), tuple(missed)


def _version(engine: dict[str, Any]) -> int:
    return 2 if str((engine.get("options") or {}).get("version", "1")) == "2" else 1


@dataclass(frozen=True)
class _Task:
    mount: Mount
    path: str
    """Below the mount; a folder ends with a slash, the mount itself is empty."""

    @property
    def name(self) -> str:
        return f"{self.mount.path}/{self.path}".strip("/")

    @property
    def is_folder(self) -> bool:
        return not self.path or self.path.endswith("/")


class _Crawl:
    """One walk over the mounts."""

    def __init__(self, connection: Connection, mounts: tuple[Mount, ...], counts: Counts, *, older: bool) -> None:
        self._connection = connection
        self._counts = counts
        self._older = older
        self._not_read = any_glob(connection.settings.not_read)
        self._tasks: queue.LifoQueue[_Task | None] = queue.LifoQueue()
        self._results: queue.Queue[Held | Missed | StoreError | None] = queue.Queue(_WAITING)
        self._open = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        for mount in mounts:
            self._add(_Task(mount, ""))

    def run(self) -> Iterator[Held | Missed]:
        """Yield everything. Raises the first error after which reading cannot go on."""
        if not self._open:
            return
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(self._connection.settings.workers)]
        for worker in workers:
            worker.start()
        try:
            while (one := self._results.get()) is not None:
                if isinstance(one, StoreError):
                    raise one
                yield one
        finally:
            self._stop.set()
            for _ in workers:
                self._tasks.put(None)
            while any(worker.is_alive() for worker in workers):
                _drain(self._results)
                workers[0].join(0.01)
                workers = [worker for worker in workers if worker.is_alive()] or workers[:1]

    def _add(self, task: _Task) -> None:
        with self._lock:
            self._open += 1
        self._tasks.put(task)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None and not self._stop.is_set():
            try:
                self._do(task)
            except StoreError as error:
                self._results.put(error)
                return
            with self._lock:
                self._open -= 1
                done = self._open == 0
            if done:
                self._results.put(None)

    def _do(self, task: _Task) -> None:
        if self._not_read(f"{task.name}/x" if task.is_folder else task.name):
            self._count("left_out")
            return
        try:
            if task.is_folder:
                self._list(task)
            elif task.mount.version == 2:
                self._entry(task)
            else:
                data = self._connection.get(task.name).get("data")
                self._count("entries")
                self._fields(Place(path=task.name, field=""), data)
        except AuthenticationFailed:
            raise
        except Denied:
            self._results.put(Missed(task.name, MissedKind.DENIED, "this token may not read it"))
        except Missing:
            self._results.put(Missed(task.name, MissedKind.DELETED, "it was deleted while it was read"))
        except StoreError as error:
            self._results.put(Missed(task.name, MissedKind.UNAVAILABLE, error.message))
            if self._count("unavailable") >= _MOST_UNAVAILABLE:
                raise

    def _list(self, task: _Task) -> None:
        below = f"{task.mount.path}/metadata/" if task.mount.version == 2 else f"{task.mount.path}/"
        for key in self._connection.list(f"{below}{task.path}".rstrip("/")):
            self._add(_Task(task.mount, f"{task.path}{key}"))

    def _entry(self, task: _Task) -> None:
        """Read the newest version, which tells whether there are others."""
        self._count("entries")
        path = f"{task.mount.path}/data/{task.path}"
        try:
            data = self._connection.get(path).get("data") or {}
            newest, gone = _number(data), False
        except Missing:
            data, newest, gone = {}, 0, True
        metadata: dict[str, Any] = {}
        if gone or (newest > 1 and self._older):
            metadata = self._connection.get(f"{task.mount.path}/metadata/{task.path}").get("data") or {}
        if not gone:
            made = str((data.get("metadata") or {}).get("created_time", ""))
            self._fields(Place(path=task.name, field="", version=str(newest), created=made), data.get("data"))
        if metadata:
            self._versions(task, metadata, gone=gone)

    def _versions(self, task: _Task, metadata: dict[str, Any], *, gone: bool) -> None:
        versions = metadata.get("versions")
        if not isinstance(versions, dict):
            raise Unavailable("what answers is not Vault: metadata without versions", hint="check the address")
        made = {int(number): one for number, one in versions.items() if number.isdecimal() and isinstance(one, dict)}
        newest = max(made, default=0)
        for number in sorted(made, reverse=True):
            one = made[number]
            if number == newest and not gone:
                continue
            if one.get("destroyed") or "" < str(one.get("deletion_time") or "") <= _now():
                detail = "the version was destroyed" if one.get("destroyed") else "the version was deleted"
                self._results.put(Missed(task.name, MissedKind.DELETED, detail, str(number)))
            elif not self._older:
                continue
            elif newest - number >= _MOST_VERSIONS:
                self._results.put(
                    Missed(task.name, MissedKind.TOO_MUCH, f"only the newest {_MOST_VERSIONS} are read", str(number))
                )
            else:
                place = Place(
                    path=task.name,
                    field="",
                    version=str(number),
                    current=False,
                    deleted=gone,
                    created=str(one.get("created_time", "")),
                    replaced=str((made.get(number + 1) or {}).get("created_time", "")),
                )
                self._old(task, place)

    def _old(self, task: _Task, place: Place) -> None:
        try:
            answer = self._connection.get(f"{task.mount.path}/data/{task.path}", version=place.version)
        except Missing:
            self._results.put(Missed(task.name, MissedKind.DELETED, "the version was deleted", place.version))
            return
        self._fields(place, (answer.get("data") or {}).get("data"))

    def _fields(self, place: Place, data: Any) -> None:
        if not isinstance(data, dict):
            raise Unavailable("what answers is not Vault: an entry without fields", hint="check the address")
        self._count("versions")
        for name, value in data.items():
            if value is None:
                continue
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            self._results.put(Held(replace(place, field=str(name)), Secret(text)))

    def _count(self, what: str) -> int:
        with self._lock:
            number: int = getattr(self._counts, what) + 1
            setattr(self._counts, what, number)
        return number


def _number(data: dict[str, Any]) -> int:
    number = (data.get("metadata") or {}).get("version")
    if not isinstance(number, int):
        raise Unavailable("what answers is not Vault: an entry without a version", hint="check the address")
    return number


def _now() -> str:
    """As Vault writes times, to the second: a version may have a time of deletion that is yet to come."""
    return timestamp(datetime.now(UTC))


def _drain(results: queue.Queue[Any]) -> None:
    try:
        while True:
            results.get_nowait()
    except queue.Empty:
        pass
