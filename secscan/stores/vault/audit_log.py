"""Vault's audit log, as a list of what was ever served or written, and when: values in it are hashes by Vault.

For a role that may read no secret at all: it asks Vault for the hash of what was found (`sys/audit-hash`), which stands
in the log wherever Vault gave or took that value. What the log no longer holds, and parts of structured values, are not
known. Format: Vault's documentation, "Audit devices" (one JSON object per line; texts are `hmac-sha256:...`).
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secscan.stores.contract import Place, StoreError, Unavailable
from secscan.stores.vault.connection import Connection

_LINE = 4_000_000
"""Bytes of one line that are read; what is longer is counted as not understood."""
_HASH = "hmac-sha256:"
_DEEPEST = 20


@dataclass
class _Value:
    """One value of one field, as the log saw it."""

    first: str
    last: str
    life: int = 0
    """Which entry of this path: one that was deleted with its metadata begins anew, with version 1."""
    version: int = 0


@dataclass
class _Field:
    """All values of one field of one entry, by their hashes."""

    values: dict[str, _Value] = field(default_factory=dict)


class AuditLog:
    """What a log says of the values that went through Vault."""

    def __init__(self) -> None:
        self._fields: defaultdict[tuple[str, str], _Field] = defaultdict(_Field)
        self._by_hash: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self._deleted: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._lives: defaultdict[str, int] = defaultdict(int)
        self._accessors: set[str] = set()
        self.not_understood = 0
        """Lines that are no entries of a log."""
        self.since = ""
        """Time of the first entry."""

    @classmethod
    def load(cls, path: str) -> AuditLog:
        """Read a log. Raises `StoreError` where it cannot be read or holds no entry."""
        log = cls()
        try:
            with Path(path).open("rb") as file:
                while line := file.readline(_LINE):
                    log._take(line)
        except OSError as error:
            raise StoreError(
                f"cannot read the audit log {path}: {os.strerror(error.errno or 0)}", hint="check `vault.audit_log`"
            ) from error
        if not log.since:
            raise StoreError(f"{path} holds no entry of an audit log", hint="check `vault.audit_log`")
        return log

    def knows(self, accessor_hash: str) -> bool:
        """Whether the log has a request of the token with this accessor: then it is the log of the Vault that is asked,
        and up to date."""
        return accessor_hash in self._accessors

    def places(self, digest: str) -> tuple[Place, ...]:
        """Return where a value was seen. It is current where no other value of its field was seen later."""
        return tuple(self._place(key, digest) for key in sorted(self._by_hash.get(digest, ())))

    def _place(self, key: tuple[str, str], digest: str) -> Place:
        path, name = key
        values = self._fields[key].values
        mine = values[digest]
        later = sorted((_order(one), one.first) for one in values.values() if _order(one) > _order(mine))
        gone, written = self._deleted.get(path, ""), self._written.get(path, "")
        return Place(
            path=path,
            field=name,
            version=str(mine.version) if mine.version else "",
            current=not later,
            deleted=gone > written,
            created=mine.first,
            replaced=later[0][1] if later else "",
        )

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            time, kind, request = str(entry["time"]), entry["type"], entry["request"]
            path, operation = str(request["path"]), str(request.get("operation", ""))
        except (ValueError, KeyError, TypeError, RecursionError):
            self.not_understood += bool(line.strip())
            return
        self.since = self.since or time
        accessor = (entry.get("auth") or {}).get("accessor")
        if isinstance(accessor, str):
            self._accessors.add(accessor)
        if kind != "response" or entry.get("error") or request.get("mount_type") not in ("kv", "generic"):
            return
        response = entry.get("response") or {}
        below = _below_mount(path, request)
        self._take_values(
            _entry_path(path, below, request),
            operation,
            time,
            request,
            response,
            is_version_2=below.startswith("data/"),
            is_whole=below.startswith("metadata/"),
        )

    def _take_values(
        self,
        path: str,
        operation: str,
        time: str,
        request: Any,
        response: Any,
        *,
        is_version_2: bool,
        is_whole: bool,
    ) -> None:
        if operation == "delete":
            self._deleted[path] = time
            self._lives[path] += is_whole
            return
        if operation in ("create", "update", "patch"):
            self._written[path] = time
        given = response if operation == "read" else request
        data = given.get("data") or {}
        told = response.get("data") or {}
        metadata = (told.get("metadata") if operation == "read" else told) or {}
        version = metadata.get("version") if is_version_2 and isinstance(metadata, dict) else 0
        values = data.get("data") if is_version_2 else data
        life = self._lives[path]
        for name, digest in _hashes(values):
            seen = self._fields[path, name].values.setdefault(digest, _Value(first=time, last=time))
            seen.last = max(seen.last, time)
            seen.version = max(seen.version if seen.life == life else 0, version if isinstance(version, int) else 0)
            seen.life = life
            self._by_hash[digest].add((path, name))


def audit_hashes(connection: Connection, texts: list[str]) -> list[str]:
    """Return the hashes by which Vault's log knows the texts. Raises `StoreError`."""
    path = f"sys/audit-hash/{connection.settings.audit_device}"

    def ask(text: str) -> str:
        answer = connection.post(path, {"input": text})
        digest = (answer.get("data") or {}).get("hash") or answer.get("hash")
        if not isinstance(digest, str) or not digest.startswith(_HASH):
            raise Unavailable("Vault gave no hash of its audit log", hint="check `vault.audit_log.device`")
        return digest

    with ThreadPoolExecutor(max_workers=connection.settings.workers) as pool:
        return list(pool.map(ask, texts))


def _order(value: _Value) -> tuple[int, int, str]:
    """Later versions come later, whenever they were read; without versions what was seen last holds."""
    return (value.life, value.version, value.first if value.version else value.last)


def _entry_path(path: str, below: str, request: Mapping[str, Any]) -> str:
    """The entry, with the namespace that it lies in before it: the same path is another entry in each."""
    mount = path.removesuffix(below)
    return _namespace(request) + mount + re.sub(r"^(?:data|metadata|undelete)/", "", below)


def _below_mount(path: str, request: Mapping[str, Any]) -> str:
    """The path within the mount. The mount's own is given from the root, the request's within its namespace."""
    mount = str(request.get("mount_point") or f"{path.partition('/')[0]}/")
    return path.removeprefix(mount.removeprefix(_namespace(request)))


def _namespace(request: Mapping[str, Any]) -> str:
    namespace = request.get("namespace")
    return str(namespace.get("path") or "") if isinstance(namespace, dict) else ""


def _hashes(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value.startswith(_HASH):
            yield name, value
    elif depth < _DEEPEST and isinstance(value, dict):
        for key, inner in value.items():
            yield from _hashes(inner, f"{name}.{key}" if name else str(key), depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for inner in value:
            yield from _hashes(inner, name, depth + 1)
