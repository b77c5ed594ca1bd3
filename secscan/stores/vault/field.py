"""One field of one secret, by a path that the caller gave: waivers that are kept in Vault, credentials of scanners."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from secscan.errors import VaultError
from secscan.stores.contract import AuthenticationFailed, Denied, Missing
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.settings import VaultSettings
from secscan.stores.vault.transport import not_vault

SECONDS = 10.0
"""Most time for one answer."""
BUDGET = 2.0
"""Seconds of trying again. Little: somebody waits, and can call secscan again."""

_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)+")
_MOST_BYTES = 1_000_000


def read_field(name: str, environment: Mapping[str, str] = os.environ, settings: VaultSettings | None = None) -> bytes:
    """Return the text of one field of a KV secret, current version. `name` is MOUNT/PATH#FIELD.

    Without settings VAULT_ADDR and VAULT_TOKEN are needed; VAULT_NAMESPACE, VAULT_CACERT, VAULT_CLIENT_CERT and
    VAULT_CLIENT_KEY are heeded. Raises `VaultError` that says what could not be read and why, and holds no value.
    """
    path, _, field = name.partition("#")
    if not _PATH.fullmatch(path) or ".." in path or not field.isprintable() or not field:
        raise VaultError(f"{name[:120]!r} names no field of a secret in Vault", hint="write it as MOUNT/PATH#FIELD")
    mount, _, rest = path.partition("/")
    usual = VaultSettings(seconds=SECONDS, budget=BUDGET, workers=1)
    with Connection(settings or usual, environment) as connection:
        try:
            value = _fields(connection, mount, rest).get(field)
        except (Denied, AuthenticationFailed) as error:
            raise VaultError(
                f"Vault does not let this token read {path}, or the token is no longer valid",
                hint="check its policy and its time",
            ) from error
        except Missing as error:
            raise VaultError(f"there is no secret {path} in Vault", hint="check the mount and the path") from error
    if not isinstance(value, str):
        raise VaultError(
            f"the secret {path} of Vault has no text in the field {field!r}", hint="check the field's name"
        )
    if len(value) > _MOST_BYTES:
        raise VaultError(f"the field {field!r} of {path} has more than {_MOST_BYTES} characters", hint="split it")
    return value.encode("utf-8")


def _fields(connection: Connection, mount: str, path: str) -> dict[str, Any]:
    told = _part(connection.get(f"sys/internal/ui/mounts/{mount}"), "data")
    if str((told.get("options") or {}).get("version", "1")) == "2":
        return _part(_part(connection.get(f"{mount}/data/{path}"), "data"), "data")
    return _part(connection.get(f"{mount}/{path}"), "data")


def _part(answer: dict[str, Any], name: str) -> dict[str, Any]:
    part = answer.get(name)
    if not isinstance(part, dict):
        raise not_vault()
    return part
