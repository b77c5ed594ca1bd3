"""hvac over our own transport.

Traps of hvac's own way that are met so: it follows redirects to other hosts and shows them the token; it returns
whatever is no JSON as if it were an answer; it lets `..` in a path walk to another endpoint; it reads the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hvac.adapters import Adapter

from secscan.stores.vault.paths import below_v1
from secscan.stores.vault.transport import LIST, Transport, found, not_vault


class HvacAdapter(Adapter):  # type: ignore[misc]
    """hvac's requests over a transport: what it returns was JSON with status 200, or nothing with 204."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        super().__init__(token=transport.token, session=_NoSession())

    @property
    def token(self) -> str:
        """The token, which hvac sets when it logs in."""
        return self._transport.token

    @token.setter
    def token(self, token: str) -> None:
        self._transport.token = token

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def get_login_token(self, response: dict[str, Any]) -> str:
        """The token of an answer to a login."""
        granted = response.get("auth")
        token = granted.get("client_token") if isinstance(granted, dict) else None
        if not isinstance(token, str) or not token:
            raise not_vault()
        return token

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
        """Ask what hvac asks. Nothing is returned in place of an error, also where hvac's own adapter would."""
        sent = dict(headers or {})
        if more.get("wrap_ttl"):
            sent["X-Vault-Wrap-TTL"] = str(more["wrap_ttl"])
        query = {name: str(value) for name, value in (more.get("params") or {}).items()}
        if method.upper() == "LIST":
            method, query = "GET", query | LIST
        path = below_v1(url)
        answer = self._transport.ask(method.upper(), path, query=query or None, body=more.get("json"), headers=sent)
        return found(path, answer)


class _NoSession:
    """In place of the session of requests that hvac would make: there is no second way to Vault."""

    verify = cert = proxies = None
