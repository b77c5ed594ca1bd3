"""Asks Vault for names and states, never for a value: each question once, and no more of them than the settings allow.

A role needs no more for KV 2 than this, and `list` on the mount for KV 1:

    path "secret/metadata/*" { capabilities = ["read", "list"] }
    path "secret/subkeys/*"  { capabilities = ["read"] }
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from secscan.stores.contract import Denied, Missing
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.entries import Version, versions_of
from secscan.stores.vault.mounts import Mount
from secscan.stores.vault.transport import not_vault


class Enough(Exception):
    """No more questions."""


class Names:
    """What is known so far. Every method raises `Denied` for what this role may not see, `Enough`, or `StoreError`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answers: dict[tuple[str, ...], Mapping[str, Any] | tuple[str, ...] | Missing | Denied] = {}
        self.asked = 0

    def versions(self, mount: Mount, entry: str) -> dict[int, Version] | None:
        """The versions of an entry of KV 2 by number; None where there is no such entry."""
        answer = self._get(mount.metadata(entry))
        return None if answer is None else {version.number: version for version in versions_of(answer)}

    def keys(self, mount: Mount, entry: str, version: int) -> Mapping[str, Any] | None:
        """The keys of a version of an entry of KV 2, each with None or the keys in it; None where it is not there."""
        answer = self._get(f"{mount.path}/subkeys/{entry}", version=str(version))
        if answer is None:
            return None
        data = answer.get("data")
        keys = data.get("subkeys") if isinstance(data, dict) else None
        if not isinstance(keys, dict):
            raise not_vault()
        return keys

    def folder(self, mount: Mount, folder: str) -> tuple[str, ...]:
        """The names in a folder, those of folders with a slash at their end; none where there is no such folder."""
        path = mount.listing(folder)
        answer = self._once(("list", path), lambda: self._connection.list(path))
        return answer if isinstance(answer, tuple) else ()

    def _get(self, path: str, **query: str) -> Mapping[str, Any] | None:
        answer = self._once((path, *query.values()), lambda: self._connection.get(path, **query))
        return answer if isinstance(answer, Mapping) else None

    def _once(
        self, key: tuple[str, ...], ask: Callable[[], Mapping[str, Any] | tuple[str, ...]]
    ) -> Mapping[str, Any] | tuple[str, ...] | Missing:
        if key not in self._answers:
            if self.asked >= self._connection.settings.most_queries:
                raise Enough
            self.asked += 1
            try:
                self._answers[key] = ask()
            except (Missing, Denied) as answer:
                self._answers[key] = answer.with_traceback(None)
        known = self._answers[key]
        if isinstance(known, Denied):
            raise Denied(known.message, hint=known.hint)
        return known
