"""Which KV mounts there are for a token, and what each is asked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secscan.stores.contract import Denied, Missed, MissedKind, Missing
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.paths import problem_with
from secscan.stores.vault.transport import not_vault

_KINDS = frozenset({"kv", "generic"})


@dataclass(frozen=True, slots=True)
class Mount:
    """One KV mount."""

    path: str
    """Without a slash at the end; it may have several segments."""
    version: int
    """Of KV: 1 or 2."""

    def listing(self, folder: str) -> str:
        """The path that lists a folder."""
        return self._under("metadata" if self.version == 2 else "", folder)

    def data(self, entry: str) -> str:
        """The path that gives an entry's values."""
        return self._under("data" if self.version == 2 else "", entry)

    def metadata(self, entry: str) -> str:
        """The path that tells of an entry's versions. KV 1 has none."""
        return self._under("metadata", entry)

    def _under(self, what: str, rest: str) -> str:
        return "/".join(part for part in (self.path, what, rest) if part)


def mounts_in_scope(connection: Connection, wanted: Sequence[str]) -> tuple[tuple[Mount, ...], tuple[Missed, ...]]:
    """Return the KV mounts that were named, or all that the token may see, and those that cannot be read."""
    if not wanted:
        seen = _part(connection.get("sys/internal/ui/mounts"), "secret")
        mounts = tuple(_mount(path, told) for path, told in sorted(seen.items()) if _is_kv(told))
        nothing = Missed("", MissedKind.DENIED, "Vault shows this token no KV mount")
        return mounts, () if mounts else (nothing,)
    found: list[Mount] = []
    missed: list[Missed] = []
    for path in wanted:
        one = _named(connection, path)
        if isinstance(one, Mount):
            found.append(one)
        else:
            missed.append(one)
    return tuple(found), tuple(missed)


def _named(connection: Connection, path: str) -> Mount | Missed:
    if problem := problem_with(path):
        return Missed(path, MissedKind.UNAVAILABLE, f"it cannot be asked for: {problem}")
    try:
        told = connection.get(f"sys/internal/ui/mounts/{path}").get("data")
    except (Denied, Missing):
        return Missed(path, MissedKind.DENIED, "there is no such mount, or this token may not use it")
    if not isinstance(told, dict):
        raise not_vault()
    if str(told.get("path", "")).strip("/") != path or not _is_kv(told):
        return Missed(path, MissedKind.UNAVAILABLE, "it is no KV mount")
    return _mount(path, told)


def _mount(path: str, told: Mapping[str, Any]) -> Mount:
    options = told.get("options")
    version = options.get("version") if isinstance(options, dict) else None
    return Mount(path.strip("/"), 2 if str(version) == "2" else 1)


def _is_kv(told: object) -> bool:
    return isinstance(told, dict) and told.get("type") in _KINDS


def _part(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    data = answer.get("data")
    part = data.get(name) if isinstance(data, dict) else None
    if not isinstance(part, dict):
        raise not_vault()
    return part
