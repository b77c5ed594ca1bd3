"""One line to one Vault server, logged in: everything that is asked of Vault goes through here.

Paths are those of Vault's API below `/v1/`. Where Vault is, and who asks, comes from the caller, never from what is
scanned.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self

import hvac

from secscan.stores.contract import AuthenticationFailed, Denied, Missing, StoreError, Unavailable
from secscan.stores.vault.auth import log_in
from secscan.stores.vault.settings import VaultSettings
from secscan.stores.vault.transport import Transport

_LONGER = "log in again; give the token a longer time, or ask for less"


class Connection:
    """Connected, logged in. A context manager: at the end the login is ended. Safe to use from several threads."""

    def __init__(self, settings: VaultSettings, environment: Mapping[str, str]) -> None:
        """Connect and log in. Raises `StoreError`."""
        self.settings = settings.completed(environment)
        if not self.settings.address and self.settings.auth.method != "agent":
            raise StoreError("Vault is not connected", hint="set VAULT_ADDR, or `vault.address` in the settings")
        if self.settings.auth.method == "agent" and not self.settings.auth.socket.startswith("/"):
            self.settings = _at_agent(self.settings)
        transport = Transport(self.settings)
        self.client = hvac.Client(url=self.settings.address, adapter=lambda **_: transport)
        """hvac's client on our own transport: what it returns was JSON with status 200 or 204, all else is an error."""
        self.transport = transport
        self._lost = ""
        self._lock = threading.Lock()
        try:
            self.login = log_in(self.client, self.settings, environment)
        except BaseException:
            transport.close()
            raise
        self._renew_at = time.monotonic() + self.login.seconds / 2

    @property
    def asked(self) -> int:
        """How many questions were sent so far."""
        return self.transport.asked

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read a path; the whole answer. Raises `Denied`, `Missing`, `Unavailable`, `AuthenticationFailed`."""
        return self._ask(lambda: self.transport.request("GET", f"v1/{path}", params=query))

    def list(self, path: str) -> tuple[str, ...]:
        """The keys below a path; none where there are none. Raises as `get`."""
        try:
            answer = self._ask(lambda: self.transport.request("GET", f"v1/{path}", params={"list": "true"}))
        except Missing:
            return ()
        keys = (answer.get("data") or {}).get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise Unavailable("what answers is not Vault: a list without keys", hint="check the address")
        return tuple(keys)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write to a path; the whole answer, empty where Vault gives none. Raises as `get`."""
        return self._ask(lambda: self.transport.request("POST", f"v1/{path}", json=body))

    def close(self) -> None:
        """Revoke the token if this connection logged in for it, and close everything. Never raises."""
        if self.login.ours and not self.login.batch and not self._lost:
            with contextlib.suppress(StoreError):
                self.client.auth.token.revoke_self()
        self.client.token = None
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if self._lost:
            raise AuthenticationFailed(self._lost, hint=_LONGER)
        self._renew()
        try:
            return question()
        except Denied:
            self._look_whether_lost()
            raise

    def _renew(self) -> None:
        """Renew the token at half of its time, while the work goes on."""
        if not self.login.renewable or not self.login.seconds or time.monotonic() < self._renew_at:
            return
        with self._lock:
            if time.monotonic() < self._renew_at:
                return
            self._renew_at = time.monotonic() + self.login.seconds / 2
        with contextlib.suppress(StoreError):  # that it has ended shows in the next answer
            self.client.auth.token.renew_self()

    def _look_whether_lost(self) -> None:
        """A token that has ended is refused everything, just as one that may not: ask once which it is, by something
        that every valid token may read."""
        with self._lock:
            if not self._lost:
                try:
                    self.transport.request("GET", "v1/sys/internal/ui/mounts")
                except Denied:
                    self._lost = "Vault does not know the token, or it is no longer valid"
            if self._lost:
                raise AuthenticationFailed(self._lost, hint=_LONGER)


def _at_agent(settings: VaultSettings) -> VaultSettings:
    if not settings.auth.socket:
        raise AuthenticationFailed("the agent's socket is not known", hint="give `vault.auth.socket`")
    return replace(settings, address=settings.auth.socket)
