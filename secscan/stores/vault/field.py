"""One field of one secret, by a path that the caller gave: waivers that are kept in Vault, credentials of scanners."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from secscan.errors import VaultError
from secscan.stores.contract import Denied, Missing, Unavailable
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.settings import VaultSettings

_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)+")
_MOST_BYTES = 1_000_000
_PATIENCE = 2.0
"""Seconds of trying again for one field."""


def read_field(name: str, environment: Mapping[str, str] = os.environ, settings: VaultSettings | None = None) -> bytes:
    """Return the text of one field of a KV secret, current version. `name` is MOUNT/PATH#FIELD.

    VAULT_ADDR and VAULT_TOKEN are needed, or settings that name another way. Raises `VaultError` that says what could
    not be read and why, and holds no value.
    """
    path, _, field = name.partition("#")
    if not _PATH.fullmatch(path) or ".." in path or not field.isprintable() or not field:
        raise VaultError(f"{name[:120]!r} names no field of a secret in Vault", hint="write it as MOUNT/PATH#FIELD")
    with Connection(settings or VaultSettings(budget=_PATIENCE), environment) as connection:
        value = _read(connection, path).get(field)
    if not isinstance(value, str):
        raise VaultError(
            f"the secret {path} of Vault has no text in the field {field!r}", hint="check the field's name"
        )
    if len(value) > _MOST_BYTES:
        raise VaultError(f"the field {field!r} of {path} has more than {_MOST_BYTES} characters", hint="split it")
    return value.encode("utf-8")


def _read(connection: Connection, path: str) -> Mapping[str, object]:
    mount, _, rest = path.partition("/")
    try:
        engine = connection.get(f"sys/internal/ui/mounts/{mount}").get("data") or {}
        two = str((engine.get("options") or {}).get("version", "1")) == "2"
        data = connection.get(f"{mount}/data/{rest}" if two else path).get("data")
    except Denied as error:
        raise VaultError(
            f"Vault does not let this token read {path}, or the token is no longer valid",
            hint="check its policy and its time",
        ) from error
    except Missing as error:
        raise VaultError(f"there is no secret {path} in Vault", hint="check the mount and the path") from error
    found = (data or {}).get("data") if two and isinstance(data, dict) else data
    if not isinstance(found, dict):
        raise Unavailable("what answers at VAULT_ADDR is not Vault", hint="check the address, and proxies on the way")
    return found
