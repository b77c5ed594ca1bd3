"""Looks up where references lead, with the least rights: names, versions and names of keys, never a value.

What this role may not see is never called missing: Vault answers alike for what is not there and what is not for
everybody.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from secscan.findings.globs import any_glob
from secscan.stores.contract import Denied, Missed, MissedKind
from secscan.stores.references.checked import Checked, State, Unreferenced
from secscan.stores.references.reference import Form, Reference, as_glob, unknown_part
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.mounts import Mount, mounts_in_scope
from secscan.stores.vault.names import Enough, Names
from secscan.stores.vault.paths import problem_with
from secscan.stores.vault.transport import not_vault

_MOST_COMPARED = 1_000
"""Names among which the nearest is looked for."""


class Resolver:
    """Looks references up on one connection. Every method raises `StoreError` where Vault cannot be asked at all."""

    def __init__(self, connection: Connection) -> None:
        settings = connection.settings
        self.mounts, self.missed = mounts_in_scope(connection, settings.mounts)
        """The mounts in scope, and those that were named and cannot be seen."""
        self._other = _other_engines(connection, self.mounts)
        self._names = Names(connection)
        self._not_read = any_glob(settings.not_read)
        self._namespace = settings.namespace.strip("/")
        self._enough = f"Vault was asked {settings.most_queries} times already"

    @property
    def asked(self) -> int:
        """How many questions about references were asked."""
        return self._names.asked

    def check(self, one: Reference) -> Checked:
        """Say where a reference leads."""
        if refused := _refused(one):
            return refused
        if one.namespace and one.namespace != self._namespace:
            return Checked(one, State.UNCHECKED, detail=f"it is in the namespace {one.namespace}")
        mount, placed = self._place(one)
        if mount is None or placed.state is not State.FOUND:
            return placed
        if self._not_read(placed.entry):
            return replace(placed, state=State.NOT_READ)
        entry = placed.entry.removeprefix(f"{mount.path}/")
        try:
            return self._versioned(placed, mount, entry) if mount.version == 2 else self._plain(placed, mount, entry)
        except Denied:
            return replace(placed, state=State.DENIED, detail="this role may not see it")
        except Enough:
            return replace(placed, state=State.TOO_MANY, detail=self._enough)

    def unreferenced(self, references: Iterable[Reference]) -> Unreferenced:
        """Return the entries of the mounts in scope that none of the references names. One of which a part is unknown
        names all that it could mean."""
        references = tuple(references)
        named = {placed.entry for _, placed in map(self._place, references)}
        meant = any_glob(tuple(glob for one in references if one.unknown for glob in _globs(one)))
        entries: list[str] = []
        missed = list(self.missed)
        folders = [(mount, "") for mount in self.mounts]
        try:
            while folders:
                mount, folder = folders.pop()
                for name in self._listed(mount, folder, missed):
                    path = f"{mount.path}/{folder}{name}"
                    if name.endswith("/"):
                        folders += [] if self._not_read(f"{path}x") else [(mount, f"{folder}{name}")]
                    elif path not in named and not meant(path) and not self._not_read(path):
                        entries.append(path)
        except Enough:
            missed.append(Missed("", MissedKind.TOO_MUCH, self._enough))
        return Unreferenced(tuple(sorted(entries)), tuple(missed))

    def _listed(self, mount: Mount, folder: str, missed: list[Missed]) -> tuple[str, ...]:
        try:
            return self._names.folder(mount, folder.rstrip("/"))
        except Denied:
            missed.append(Missed(f"{mount.path}/{folder}", MissedKind.DENIED, "this role may not list it"))
            return ()

    def _place(self, one: Reference) -> tuple[Mount | None, Checked]:
        """Return the mount and the entry that are meant, without asking: `FOUND` where they can be asked about."""
        mount = self._mount_of(one)
        if mount is None:
            return None, self._without_mount(one)
        rest = one.path if one.mount else one.path.removeprefix(mount.path).strip("/")
        if mount.version == 2 and one.form is not Form.ENTRY:
            sort, _, below = rest.partition("/")
            if sort in {"data", "metadata"}:
                rest = below
            elif one.form is Form.API:
                detail = "on KV 2 the API has `data/` behind the mount, and nobody adds it here"
                entry = f"{mount.path}/{rest}"
                return mount, Checked(one, State.MISSING_ENTRY, entry, detail, near=f"{mount.path}/data/{rest}")
        if not rest:
            return mount, Checked(one, State.UNCHECKED, detail="it names a mount, and no entry in it")
        return mount, Checked(one, State.FOUND, f"{mount.path}/{rest}")

    def _mount_of(self, one: Reference) -> Mount | None:
        if one.mount:
            return next((mount for mount in self.mounts if mount.path == one.mount), None)
        fitting = (mount for mount in self.mounts if f"{one.path}/".startswith(f"{mount.path}/"))
        return max(fitting, key=lambda mount: len(mount.path), default=None)

    def _without_mount(self, one: Reference) -> Checked:
        other = next((path for path in self._other if f"{one.whole}/".startswith(f"{path}/")), "")
        if other:
            return Checked(one, State.UNCHECKED, detail=f"{other} is no KV mount, or is not among those looked at")
        return Checked(one, State.DENIED, detail="there is no such mount, or this role may not see it")

    def _versioned(self, placed: Checked, mount: Mount, entry: str) -> Checked:
        asked_for = placed.reference.version
        versions = self._names.versions(mount, entry)
        if not versions:
            return self._missing(placed, mount, entry)
        if unknown_part(asked_for):
            return replace(placed, state=State.UNCHECKED, detail="its version is known only when the code runs")
        newest = max(versions)
        wanted = int(asked_for) if asked_for.isdecimal() and int(asked_for) else newest
        placed = replace(placed, current=str(newest) if wanted != newest else "")
        version = versions.get(wanted)
        if version is None:
            return replace(placed, state=State.MISSING_VERSION)
        if version.is_deleted(datetime.now(UTC)):
            return replace(placed, state=State.DESTROYED if version.destroyed else State.DELETED)
        if wrong := self._wrong_key(placed, mount, entry, wanted):
            return wrong
        return replace(placed, state=State.OLD if placed.current else State.FOUND)

    def _wrong_key(self, placed: Checked, mount: Mount, entry: str, version: int) -> Checked | None:
        key = placed.reference.key
        if not key:
            return None
        if unknown_part(key):
            return replace(placed, state=State.UNCHECKED, detail="its key is known only when the code runs")
        keys = self._names.keys(mount, entry, version)
        if keys is None:
            return replace(placed, state=State.DELETED)
        if _has(keys, key):
            return None
        return replace(placed, state=State.MISSING_KEY, near=_nearest(key, keys))

    def _plain(self, placed: Checked, mount: Mount, entry: str) -> Checked:
        """KV 1 tells the names of entries; their keys cannot be told without reading values."""
        folder, _, name = entry.rpartition("/")
        if name not in self._names.folder(mount, folder):
            return self._missing(placed, mount, entry)
        if placed.reference.key:
            return replace(placed, state=State.UNCHECKED, detail="the entry is there; KV 1 does not tell its keys")
        return placed

    def _missing(self, placed: Checked, mount: Mount, entry: str) -> Checked:
        """Nothing is there: say what is near, where this role may list that."""
        folder, _, name = entry.rpartition("/")
        try:
            near = _nearest(name, (one for one in self._names.folder(mount, folder) if not one.endswith("/")))
        except (Denied, Enough):
            near = ""
        again = mount.version == 2 and entry.startswith("data/")
        return replace(
            placed,
            state=State.MISSING_ENTRY,
            detail="whoever reads this adds the `data/` of the API itself" if again else "",
            near="/".join(part for part in (mount.path, folder, near) if part) if near else "",
        )


def _refused(one: Reference) -> Checked | None:
    """What is decided without asking, of a path that somebody wrote whom nobody trusts."""
    if one.unknown:
        if {"..", "."} & set(one.whole.split("/")):
            return Checked(one, State.WALKS_OUT, detail="it has a `.` or `..` part")
        return Checked(one, State.UNCHECKED, detail=f"a part is known only when the code runs: {one.unknown}")
    problem = problem_with(one.whole)
    return Checked(one, State.WALKS_OUT, detail=problem) if problem else None


def _other_engines(connection: Connection, mounts: Iterable[Mount]) -> tuple[str, ...]:
    data = connection.get("sys/internal/ui/mounts").get("data")
    engines = data.get("secret") if isinstance(data, dict) else None
    if not isinstance(engines, dict):
        raise not_vault()
    known = {mount.path for mount in mounts}
    return tuple(path for path in (str(name).strip("/") for name in engines) if path and path not in known)


def _globs(one: Reference) -> tuple[str, ...]:
    """What a reference with unknown parts could name, also without the `data/` of the API."""
    glob = as_glob(one.whole)
    mount, data, rest = glob.partition("/data/")
    return (glob, f"{mount}/{rest}") if data and one.form is not Form.ENTRY else (glob,)


def _nearest(name: str, known: Iterable[str]) -> str:
    names = [one for one in known if len(one) <= 2 * len(name) + 8][:_MOST_COMPARED]
    return next(iter(difflib.get_close_matches(name, names, n=1, cutoff=0.6)), "")


def _has(keys: Mapping[str, Any], key: str) -> bool:
    """Whether an entry has a key, which may lead into a structured value by dots."""
    if key in keys:
        return True
    head, _, rest = key.partition(".")
    inner = keys.get(head)
    return bool(rest) and isinstance(inner, dict) and _has(inner, rest)
