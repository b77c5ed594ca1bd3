"""One line to one Vault server: everything that is asked of Vault goes through here.

Paths are those of Vault's API below `/v1/`, with nothing encoded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import hvac

from secscan.stores.contract import StoreError
from secscan.stores.line import StoreLine, origin, trust
from secscan.stores.vault.adapter import HvacAdapter
from secscan.stores.vault.auth import Login, agent_address, log_in, login_of
from secscan.stores.vault.patience import Patience
from secscan.stores.vault.settings import VaultSettings
from secscan.stores.vault.transport import LOOK_UP, Transport

_SOONEST = 1.0
"""Seconds between two renewals at least: near the end of its longest life a token is given ever shorter times."""


class Connection:
    """Connected, logged in. Use it as a context manager: at the end the login is ended."""

    client: Any
    """hvac's client on our own transport: what it returns was JSON with status 200 or 204, all else is an error."""
    settings: VaultSettings
    login: Login
    """How the token came to be. A batch token is not `revocable`: it stays valid until its time is over."""
    revoked: bool
    """Whether the token was ended at the end."""

    def __init__(self, settings: VaultSettings, environment: Mapping[str, str]) -> None:
        """Connect and log in. Raises `StoreError`; a token that the caller gave is not tried before it is needed."""
        self.settings = settings = settings.completed(environment)
        self.revoked = False
        self._transport = _transport(settings)
        self._renewing = threading.Lock()
        self._renew_at = float("inf")
        try:
            self.client = hvac.Client(url=settings.address, token="", adapter=self._adapter)
            self.login = log_in(self.client, settings, environment)
        except BaseException:
            self._transport.close()
            raise
        self._transport.logged_in = True
        self._plan_renewal(self.login)

    @property
    def asked(self) -> int:
        """Requests that were sent so far, logins and second tries included."""
        return self._transport.asked

    @property
    def lost(self) -> bool:
        """Whether nothing more can be asked: the login ended, the budget is used up, or this is not Vault."""
        return self._transport.lost

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read a path; the whole answer. Raises `Denied`, `Missing`, `Unavailable`, `AuthenticationFailed`."""
        self._keep_alive()
        return self._transport.get(path, **query)

    def get_or_missing(self, path: str, **query: str) -> tuple[bool, dict[str, Any]]:
        """Read a path; whether it is there, and the answer: with a deleted version, Vault still says what it was."""
        self._keep_alive()
        status, found = self._transport.ask("GET", path, query=query or None)
        return status != 404, found

    def list(self, path: str) -> tuple[str, ...]:
        """The keys below a path; none where there are none."""
        self._keep_alive()
        return self._transport.list(path)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write to a path; the whole answer, empty where Vault gives none."""
        self._keep_alive()
        return self._transport.post(path, body)

    def expect_long_work(self) -> None:
        """Learn how long a token lives that the caller gave, so that it is renewed in time, where that can be done."""
        if self.login.own or self.settings.auth.method == "agent":
            return
        data = (self._transport.attempt("GET", LOOK_UP) or {}).get("data")
        if isinstance(data, dict) and isinstance(data.get("ttl"), int):
            self._plan_renewal(Login(renewable=data.get("renewable") is True, seconds=float(data["ttl"])))

    def check_login(self) -> None:
        """Raise `AuthenticationFailed` unless the login still holds."""
        self._transport.check_login()

    def close(self) -> None:
        """Revoke the token if this connection logged in for it, and close everything. Never raises."""
        try:
            if self.login.own and self.login.revocable and not self.revoked and not self.lost:
                self.revoked = self._transport.attempt("POST", "auth/token/revoke-self", {}) is not None
        except StoreError:
            pass  # it stays valid until its time is over, and `revoked` says so
        finally:
            self._transport.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _adapter(self, **_: object) -> HvacAdapter:
        """Made by hvac's client, with arguments of its own that would read the environment."""
        return HvacAdapter(self._transport)

    def _plan_renewal(self, login: Login) -> None:
        lasts = login.renewable and login.seconds > 0
        self._renew_at = time.monotonic() + max(_SOONEST, login.seconds / 2) if lasts else float("inf")

    def _keep_alive(self) -> None:
        """Renew the token when half of its time is over. Where Vault does not let it, its time simply ends."""
        if time.monotonic() < self._renew_at:
            return
        with self._renewing:
            if time.monotonic() < self._renew_at:
                return
            self._renew_at = float("inf")
            renewed = self._transport.attempt("POST", "auth/token/renew-self", {})
            if renewed is not None:
                self._plan_renewal(login_of(renewed))


def _transport(settings: VaultSettings) -> Transport:
    agent = settings.auth.method == "agent"
    address = agent_address(settings.auth) if agent else settings.address
    if not address:
        raise StoreError("Vault is not connected", hint="set VAULT_ADDR, and VAULT_TOKEN or another way to log in")
    end = origin(address)
    context = trust(settings.ca, settings.certificate, settings.key) if end.tls else None
    line = StoreLine(
        end, seconds=settings.seconds, context=context, most=settings.workers + 1, ca_setting="VAULT_CACERT"
    )
    return Transport(line, Patience(settings.budget), settings.namespace)
