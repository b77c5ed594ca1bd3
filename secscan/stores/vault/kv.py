"""Vault as a store of secrets: every value of every KV mount in scope, in all versions that can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from secscan.findings.globs import any_glob
from secscan.stores.contract import Denied, Held, Missed, MissedKind, StoreError
from secscan.stores.vault import entries
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.crawl import crawl
from secscan.stores.vault.entries import Read, Version
from secscan.stores.vault.mounts import Mount, mounts_in_scope
from secscan.stores.vault.paths import problem_with

_DEEPEST = 3
"""Of the made-up paths that tell whether a glob covers a whole folder."""


@dataclass(frozen=True, slots=True)
class _Task:
    mount: Mount
    path: str
    """Within the mount; empty for the mount itself."""
    folder: bool

    @property
    def whole(self) -> str:
        return f"{self.mount.path}/{self.path}" if self.path else self.mount.path


@dataclass(slots=True)
class _Result:
    counted: str
    items: list[Held | Missed] = field(default_factory=list)


class VaultStore:
    """Keeps `SecretStore`. Values that are no text are given as JSON."""

    name = "Vault"

    def __init__(self, connection: Connection, *, versions: bool = True, most_versions: int = 100) -> None:
        """Read over a connection, which `close` closes. With `versions`, older ones too, the newest of them first."""
        self.counts: Counter[str] = Counter()
        """What was looked at so far: mounts, folders, entries, and entries or folders not asked for (`not-read`)."""
        self.mounts: tuple[Mount, ...] = ()
        """In scope; known as soon as reading has begun."""
        self._connection = connection
        self._versions = versions
        self._most = most_versions
        self._unwanted = any_glob(connection.settings.not_read)

    @property
    def parts(self) -> tuple[str, ...]:
        """See `SecretStore.parts`."""
        return tuple(mount.path for mount in self.mounts)

    def read(self) -> Iterator[Held | Missed]:
        """Yield everything in scope, and what could not be read. Raises `StoreError` where it cannot go on."""
        self._connection.expect_long_work()
        settings = self._connection.settings
        self.mounts, missed = mounts_in_scope(self._connection, settings.mounts)
        self.counts["mounts"] = len(self.mounts)
        yield from missed
        denied = False
        for result in crawl((_Task(mount, "", True) for mount in self.mounts), self._work, settings.workers):
            self.counts[result.counted] += 1
            denied = denied or any(isinstance(one, Missed) and one.kind is MissedKind.DENIED for one in result.items)
            yield from result.items
        if denied:
            self._connection.check_login()  # a login that ended in the middle is refused everywhere, too
        if self.mounts and not self.counts["entries"]:
            yield Missed("", MissedKind.UNAVAILABLE, "Vault shows this token no secret")

    def close(self) -> None:
        """End the login and every connection."""
        self._connection.close()

    def _work(self, task: _Task) -> tuple[list[_Task], _Result]:
        if self._not_read(task):
            return [], _Result("not-read")
        counted = "folders" if task.folder else "entries"
        try:
            if task.folder:
                return self._folder(task)
            items = self._entry(task)
            if items is None:  # listed a moment ago
                items = self._entry(task)
            return [], _Result(counted, [self._vanished(task)] if items is None else items)
        except StoreError as error:
            if self._connection.lost:
                raise
            kind = MissedKind.DENIED if isinstance(error, Denied) else MissedKind.UNAVAILABLE
            return [], _Result(counted, [Missed(task.whole, kind, error.message)])

    def _folder(self, task: _Task) -> tuple[list[_Task], _Result]:
        found: list[_Task] = []
        missed: list[Held | Missed] = []
        listing = task.mount.listing(task.path)
        keys = self._connection.list(listing)
        if not keys and task.path:  # Vault keeps no empty folder, and listed this one a moment ago
            keys = self._connection.list(listing)
            # Even if it was emptied meanwhile, what was moved out of it was read nowhere.
            missed += [] if keys else [Missed(task.whole, MissedKind.UNAVAILABLE, "it was listed, and shows no entry")]
        for key in keys:
            name = key.removesuffix("/")
            path = f"{task.path}/{name}" if task.path else name
            if problem := problem_with(path):
                missed.append(Missed(f"{task.mount.path}/{path}", MissedKind.UNAVAILABLE, f"not asked for: {problem}"))
            else:
                found.append(_Task(task.mount, path, key.endswith("/")))
        return found, _Result("folders", missed)

    def _entry(self, task: _Task) -> list[Held | Missed] | None:
        """Everything of one entry, or None if it is no longer there."""
        given, answer = self._connection.get_or_missing(task.mount.data(task.path))
        if task.mount.version == 1:
            return [*entries.held_unversioned(task.whole, answer)] if given else None
        newest = entries.read_version(answer)
        if newest and (newest.number == 1 or not self._versions):
            return [*entries.held_alone(task.whole, newest)]
        try:
            there, told = self._connection.get_or_missing(task.mount.metadata(task.path))
        except Denied as error:
            held = entries.held_alone(task.whole, newest) if newest else []
            return [*held, Missed(task.whole, MissedKind.DENIED, f"its other versions are not known: {error.message}")]
        if not there:
            return None
        items = self._all_versions(task, newest, entries.versions_of(told))
        if given and not items:  # Vault answers 404 for an entry without versions
            return [Missed(task.whole, MissedKind.UNAVAILABLE, entries.NOT_GIVEN)]
        return items

    def _all_versions(self, task: _Task, newest: Read | None, versions: tuple[Version, ...]) -> list[Held | Missed]:
        reads = {newest.number: newest} if newest else {}
        unasked: dict[int, Missed] = {}
        for one in reversed(versions if self._versions else ()):
            number = str(one.number)
            if one.number in reads or one.destroyed:
                continue
            if len(reads) >= self._most:
                unasked[one.number] = Missed(task.whole, MissedKind.TOO_MUCH, "an older version", number)
                continue
            try:
                there, answer = self._connection.get_or_missing(task.mount.data(task.path), version=number)
            except Denied as error:
                unasked[one.number] = Missed(task.whole, MissedKind.DENIED, error.message, number)
                continue
            if there and (read := entries.read_version(answer)):
                reads[one.number] = read
        wanted = versions if self._versions else versions[-1:]
        return entries.held_versions(task.whole, wanted, reads, unasked, datetime.now(UTC))

    def _vanished(self, task: _Task) -> Missed:
        """What an entry is that was listed, and is not there: deleted only if the listing has lost it, too."""
        folder, _, name = task.path.rpartition("/")
        if name in self._connection.list(task.mount.listing(folder)):
            return Missed(task.whole, MissedKind.UNAVAILABLE, entries.NOT_GIVEN)
        return Missed(task.whole, MissedKind.DELETED, "it was removed while it was being read")

    def _not_read(self, task: _Task) -> bool:
        """Whether the settings say that this role is not meant to read it; their globs may begin with the mount."""
        if not self._connection.settings.not_read or not task.path:
            return False
        if not task.folder:
            return self._unwanted(task.path) or self._unwanted(task.whole)
        return any(
            all(self._unwanted(top + "/\0" * deep) for deep in range(1, _DEEPEST + 1))
            for top in (task.path, task.whole)
        )
