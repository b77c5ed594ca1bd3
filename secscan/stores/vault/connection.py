"""One line to one Vault server: everything that is asked of Vault goes through here.

Interface for the modules beside this one (being completed): paths are those of Vault's API below `/v1/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secscan.stores.vault.settings import VaultSettings


class Connection:
    """Connected, logged in. Use it as a context manager: at the end the login is ended."""

    client: Any
    """hvac's client on our own transport: what it returns was JSON with status 200 or 204, all else is an error."""
    settings: VaultSettings

    def __init__(self, settings: VaultSettings, environment: Mapping[str, str]) -> None:
        raise NotImplementedError

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read a path; the whole answer. Raises `Denied`, `Missing`, `Unavailable`, `AuthenticationFailed`."""
        raise NotImplementedError

    def list(self, path: str) -> tuple[str, ...]:
        """The keys below a path; none where there are none."""
        raise NotImplementedError

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write to a path; the whole answer, empty where Vault gives none."""
        raise NotImplementedError

    def close(self) -> None:
        """Revoke the token if this connection logged in for it, and close everything. Never raises."""
        raise NotImplementedError

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
