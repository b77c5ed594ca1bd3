"""HTTP to one Vault server: an adapter of hvac, which our own bulk reads use, too.

hvac's own adapters follow redirects to other hosts and send them the token; they return whatever is no JSON as if it
were an answer; they read bodies of any size. Here a redirect is an error, so is every answer that is no JSON object,
size and time have limits, and whatever says "not now" is asked again within a budget. Messages hold no token, no value.
"""

from __future__ import annotations

import http.client
import random
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
import urllib3
from hvac.adapters import Adapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, SSLError

from secscan.stores.contract import Denied, Missing, StoreError, Unavailable
from secscan.stores.vault.settings import VaultSettings

MOST_BYTES = 32_000_000
"""Of one answer."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_AGAIN = frozenset({412, 429, 472, 473, 500, 502, 503, 504})
"""Statuses that pass: too many requests, standby and sealed servers, and faults on the way."""
_TRIES = 5
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 8.0
_NOT_VAULT = "what answers is not Vault"
_PROXIES = "check the address, and proxies on the way"


class Transport(Adapter):  # type: ignore[misc]
    """See the module. Safe to use from several threads."""

    def __init__(self, settings: VaultSettings) -> None:
        super().__init__(base_uri=settings.address, namespace=settings.namespace or None)
        self.settings = settings
        self.asked = 0
        """How many questions were sent."""
        self._spent = 0.0
        self._lock = threading.Lock()
        self._pool, self._prefix = _pool(settings)

    def get_login_token(self, response: Mapping[str, Any]) -> str:
        """See hvac: the token in the answer to a login."""
        token = (response.get("auth") or {}).get("client_token")
        if not isinstance(token, str) or not token:
            raise Unavailable(f"{_NOT_VAULT}: it gave no token for a login", hint=_PROXIES)
        return token

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        raise_exception: bool = True,  # noqa: ARG002 - as hvac calls it; here whatever is no answer is an error
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Ask, as hvac does: `url` is the path from the root. Returns the JSON object of the answer; empty for 204.

        Raises `Denied`, `Missing` (with what came along as `answer`), `Unavailable` or `StoreError`.
        """
        path = f"{self._prefix}/{quote(_checked(url.strip('/')), safe='/')}"
        if query := kwargs.get("params"):
            path += f"?{urlencode(query)}"
        sent = {"X-Vault-Request": "true", **(headers or {})}
        if self.token and "X-Vault-Token" not in sent:
            sent["X-Vault-Token"] = self.token
        if self.namespace:
            sent["X-Vault-Namespace"] = self.namespace
        body = None
        if kwargs.get("json") is not None:
            body = msgspec.json.encode(kwargs["json"])
            sent["Content-Type"] = "application/json"
        return self._patiently(method.upper(), path, sent, body)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _patiently(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
        """Ask, and ask again where that may help, within the tries and the budget."""
        for attempt in range(_TRIES):
            started = time.monotonic()
            try:
                return self._once(method, path, headers, body)
            except _NotNow as trouble:
                wait = trouble.wait or min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt) * random.uniform(0.5, 1)  # noqa: S311 - no secret
                with self._lock:
                    self._spent += time.monotonic() - started + wait
                    broke = self._spent > self.settings.budget
                if broke or attempt == _TRIES - 1:
                    raise trouble.error from None
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
        with self._lock:
            self.asked += 1
        deadline = time.monotonic() + self.settings.seconds
        try:
            response = self._pool.urlopen(
                method, path, body=body, headers=headers, redirect=False, retries=False, preload_content=False,
                assert_same_host=False,
            )  # fmt: skip
        except SSLError:
            raise Unavailable("Vault's certificate is not trusted", hint="name its CA with VAULT_CACERT") from None
        except (HTTPError, OSError) as error:
            trouble = Unavailable(
                f"Vault cannot be reached: {type(error).__name__}", hint="check VAULT_ADDR and the network"
            )
            raise _NotNow(trouble) from None
        try:
            data = _content(response, deadline)
        except (HTTPError, OSError) as error:
            response.close()
            trouble = Unavailable(f"Vault's answer broke off: {type(error).__name__}", hint="check the network")
            raise _NotNow(trouble) from None
        except StoreError:
            response.close()
            raise
        response.release_conn()
        return _judged(response, data)


class _NotNow(Exception):
    """An answer that may be another one later."""

    def __init__(self, error: Unavailable, wait: float = 0.0) -> None:
        super().__init__()
        self.error = error
        self.wait = wait


def safe_address(address: str) -> str:
    """Return an address that a token may be sent to. Raises `StoreError`."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return address
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return address
    raise StoreError(f"{parts.scheme}://{parts.hostname} is not a safe way to Vault", hint="use https")


def _pool(settings: VaultSettings) -> tuple[HTTPConnectionPool, str]:
    if http.client.HTTPConnection.debuglevel:
        raise StoreError(
            "http.client prints what it sends, and would print the token", hint="switch its debuglevel off"
        )
    timeout = urllib3.Timeout(connect=settings.seconds, read=settings.seconds)
    if settings.auth.method == "agent" and settings.auth.socket.startswith("/"):
        return _SocketPool(settings.auth.socket, timeout, settings.workers), ""
    parts = urlsplit(safe_address(settings.address))
    prefix = parts.path.rstrip("/")
    if parts.scheme == "http":
        return HTTPConnectionPool(
            parts.hostname or "", parts.port or 80, timeout=timeout, maxsize=settings.workers + 1
        ), prefix
    return HTTPSConnectionPool(
        parts.hostname or "", parts.port or 443, timeout=timeout, maxsize=settings.workers + 1,
        ssl_context=_trust(settings),
    ), prefix  # fmt: skip


def _trust(settings: VaultSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.certificate:
            context.load_cert_chain(settings.certificate, settings.key or None, password="")
    except (OSError, ValueError) as error:
        raise StoreError(
            f"a certificate for Vault cannot be used: {type(error).__name__}",
            hint="check VAULT_CACERT, VAULT_CLIENT_CERT and VAULT_CLIENT_KEY",
        ) from None
    return context


class _SocketConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    path = ""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout if isinstance(self.timeout, float | int) else None)
        self.sock.connect(self.path)


class _SocketPool(HTTPConnectionPool):
    def __init__(self, path: str, timeout: urllib3.Timeout, workers: int) -> None:
        super().__init__("localhost", timeout=timeout, maxsize=workers + 1)
        self.ConnectionCls = type("_Connection", (_SocketConnection,), {"path": path})


def _checked(path: str) -> str:
    """Refuse what walks to another endpoint. Other signs are quoted, and so are part of a name."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or not path.isprintable():
        raise StoreError(f"{path[:120]!r} is no path of Vault", hint="check how it is written")
    return path


def _content(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.read1(262_144):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise Unavailable(f"Vault's answer has more than {MOST_BYTES} bytes", hint=_PROXIES)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)


def _judged(response: urllib3.BaseHTTPResponse, data: bytes) -> dict[str, Any]:
    status = response.status
    if status == 204:
        return {}
    document = _object(data)
    if status == 200 and document is not None:
        return document
    if status == 403:
        raise Denied(
            "Vault refuses this to the token that asks, or the token is no longer valid", hint="check its policy"
        )
    if status == 404 and document is not None:
        raise Missing("Vault has nothing there", hint="check the mount and the path", answer=document)
    if status in _AGAIN:
        raise _NotNow(_trouble(status), _retry_after(response))
    if 300 <= status < 400:
        raise Unavailable("Vault sends to another address, and nobody follows it there", hint="give that address")
    if status == 400 and document is not None:
        raise StoreError("Vault does not take the question", hint="see Vault's own log")
    raise Unavailable(f"{_NOT_VAULT} (status {status})", hint=_PROXIES)


def _trouble(status: int) -> Unavailable:
    words = {429: "Vault is asked too often", 503: "Vault is sealed or not ready"}
    return Unavailable(
        words.get(status, f"Vault has a fault (status {status})"), hint="try again later; see Vault's log"
    )


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _retry_after(response: urllib3.BaseHTTPResponse) -> float:
    text = response.headers.get("Retry-After", "")
    return min(60.0, float(text)) if text.isdecimal() else 0.0
