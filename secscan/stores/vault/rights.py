"""What a token is, what it may do, and what of that is more than secscan needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from secscan.stores.vault.connection import Connection
from secscan.stores.vault.mounts import Mount
from secscan.stores.vault.settings import Mode
from secscan.stores.vault.transport import not_vault

PROBE = "secscan-probe"
"""An entry that need not exist: Vault is asked what the token could do with it, and nothing is done."""

_MOST_PATHS = 400
"""In one question: OpenBao refuses one with more than 1000 strings."""
_WRITING = frozenset({"create", "update", "patch", "delete", "sudo", "root"})
_READING = frozenset({"read"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a token says of itself. The token is not here."""

    policies: tuple[str, ...]
    kind: str
    """`service` or `batch`."""
    seconds: int
    """That it still lives; 0 for one that does not end."""
    renewable: bool
    accessor: str
    """Names the token in Vault's own log, and gives no right."""
    name: str
    """How Vault calls the one who logged in."""
    uses: int
    """How often it can still be used; 0 for no limit."""

    @property
    def is_root(self) -> bool:
        """Whether it may do everything."""
        return "root" in self.policies


@dataclass(frozen=True, slots=True, order=True)
class Excess:
    """A right that is not needed."""

    path: str
    """Of Vault's API; empty where the token as a whole is meant."""
    capability: str
    """`create`, `read`, `update`, `patch`, `delete`, `sudo`; `root` for everything."""


def who_am_i(connection: Connection) -> Identity:
    """Look the token up. Raises `AuthenticationFailed` for one that has ended, or that may not look itself up."""
    data = connection.get("auth/token/lookup-self").get("data")
    if not isinstance(data, dict):
        raise not_vault()
    held = [*(data.get("policies") or ()), *(data.get("identity_policies") or ())]
    return Identity(
        policies=tuple(sorted({str(one) for one in held})),
        kind=str(data.get("type", "")),
        seconds=_number(data.get("ttl")),
        renewable=data.get("renewable") is True,
        accessor=str(data.get("accessor") or ""),
        name=str(data.get("display_name") or ""),
        uses=_number(data.get("num_uses")),
    )


def capabilities(connection: Connection, paths: Iterable[str]) -> dict[str, frozenset[str]]:
    """What the token may do with each path: `create`, `read`, `update`, `delete`, `list`, `sudo`, `deny`, `root` ..."""
    asked = list(dict.fromkeys(paths))
    found: dict[str, frozenset[str]] = {}
    for start in range(0, len(asked), _MOST_PATHS):
        batch = asked[start : start + _MOST_PATHS]
        data = connection.post("sys/capabilities-self", {"paths": batch}).get("data")
        for path in batch:
            held = data.get(path) if isinstance(data, dict) else None
            if not isinstance(held, list):
                raise not_vault()
            found[path] = frozenset(str(one) for one in held)
    return found


def more_than_needed(
    connection: Connection, mode: Mode, mounts: Sequence[Mount], entries: Sequence[tuple[Mount, str]] = ()
) -> tuple[Excess, ...]:
    """Return the rights that the mode does not need: writing anywhere; reading values, unless everything is crawled.

    Asked are one entry of each mount, which need not exist, and `entries`, since rights may hold for some folders only.
    """
    if who_am_i(connection).is_root:
        return (Excess("", "root"),)
    reading = frozenset() if mode is Mode.CRAWL else _READING
    unneeded: dict[str, frozenset[str]] = {}
    for mount, entry in [*((mount, PROBE) for mount in mounts), *entries]:
        unneeded[mount.data(entry)] = _WRITING | reading
        if mount.version == 2:
            unneeded[mount.metadata(entry)] = _WRITING
            unneeded |= {f"{mount.path}/{what}/{entry}": _WRITING for what in ("delete", "undelete", "destroy")}
    if mode is Mode.INDEX:
        settings = connection.settings
        unneeded |= _key_of_index(settings.transit_mount, settings.transit_key)
    return _excess(capabilities(connection, unneeded), unneeded)


def _key_of_index(mount: str, key: str) -> dict[str, frozenset[str]]:
    """Whoever can take the key out, or change it, can guess what the index holds, or break it."""
    return {
        f"{mount}/export/hmac-key/{key}": _READING | _WRITING,
        f"{mount}/backup/{key}": _READING | _WRITING,
        f"{mount}/keys/{key}": _WRITING,
        f"{mount}/keys/{key}/config": _WRITING,
        f"{mount}/keys/{key}/rotate": _WRITING,
    }


def _excess(held: Mapping[str, frozenset[str]], unneeded: Mapping[str, frozenset[str]]) -> tuple[Excess, ...]:
    return tuple(sorted(Excess(path, one) for path, rights in held.items() for one in rights & unneeded[path]))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
