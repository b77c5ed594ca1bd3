"""One request over one safe line: no redirect, no proxy, TLS always verified, an answer of limited time and size.

Built on urllib3 without the layers above it: no `.netrc`, no variable of the environment, no cookie.
"""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3

from secscan.errors import SecscanError
from secscan.http.sockets import PlainPool, TlsPool, UnixPool

MOST_BYTES = 32_000_000
"""Of one answer."""
_CHUNK = 262_144


class LineError(SecscanError):
    """There is no safe line: an address that is none, a CA that cannot be read. The message holds no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The body may hold secrets."""

    status: int
    body: bytes = field(repr=False)
    retry_after: float = 0.0
    """Seconds, if it named any."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing came back. A value and no exception: those of urllib3 can hold parts of a body."""

    what: str
    again: bool = True
    """Whether another try may help."""
    hint: str = "check the address and the network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The other end of a line."""

    host: str = ""
    port: int = 443
    tls: bool = True
    prefix: str = ""
    """Path before every target."""
    unix: str = ""
    """Path of a Unix socket, instead of host and port."""


def origin(address: str, who: str) -> Origin:
    """Read an address: https, http to this very machine, or `unix://` and the path of a socket. Raises `LineError`.

    `who` is at the other end, for people.
    """
    if address.startswith(("unix://", "/")):
        return Origin(unix=address.removeprefix("unix://"), host="localhost", tls=False)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise LineError(f"the address of {who} is none", hint="write it as https://HOST:PORT") from None
    if parts.username or parts.password or parts.query or parts.fragment or not host:
        raise LineError(f"the address of {who} is not a safe way to it", hint="write it as https://HOST:PORT")
    tls = parts.scheme == "https"
    if not tls and not (parts.scheme == "http" and is_loopback(host)):
        raise LineError(f"{parts.scheme}://{host} is not a safe way to {who}", hint="use https")
    return Origin(host=host, port=port or (443 if tls else 80), tls=tls, prefix=parts.path.rstrip("/"))


def endpoint(url: str, who: str) -> tuple[Origin, str]:
    """Read a URL that may be a secret, with path and query: the other end, and the target of requests to it.

    Raises `LineError`, which repeats nothing of it.
    """
    before, mark, query = url.partition("?")
    try:
        end = origin(before, who)
    except LineError:
        end = None
    if end is None or end.unix or not url.isascii() or not url.isprintable() or " " in url or "#" in query:
        raise LineError(f"the URL of {who} is not a safe way to it", hint="write it as https://HOST/PATH")
    return replace(end, prefix=""), (urlsplit(before).path or "/") + mark + query


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that plain http is read by nobody else."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def trust(who: str, ca: str = "", certificate: str = "", key: str = "") -> ssl.SSLContext:
    """Return what TLS is checked with: the system's CAs or the given ones, and who we are. Raises `LineError`."""
    try:
        folder = bool(ca) and Path(ca).is_dir()
        context = ssl.create_default_context(cafile=None if folder else ca or None, capath=ca if folder else None)
        if certificate:
            # An empty password instead of none: OpenSSL would ask for one on the terminal.
            context.load_cert_chain(certificate, key or None, password="")
    except OSError as error:  # ssl.SSLError is one
        which = "client certificate" if certificate else "CA"
        raise LineError(
            f"the {which} for {who} cannot be read: {error.strerror or type(error).__name__}",
            hint="check ca, certificate and key; the key must have no passphrase",
        ) from error
    return context


class Line:
    """A pool of connections to one origin, for any number of threads."""

    def __init__(
        self, end: Origin, *, seconds: float, context: ssl.SSLContext | None = None, most: int = 1, ca_setting: str = ""
    ) -> None:
        """`seconds` are those of connecting and of an answer; `ca_setting` is where people name a CA, for hints."""
        self._prefix = end.prefix
        self._of_ca = f"name its CA with {ca_setting}" if ca_setting else "its CA must be one that this machine trusts"
        options: dict[str, Any] = {"maxsize": most, "timeout": urllib3.Timeout(connect=seconds, read=seconds)}
        self._pool: urllib3.HTTPConnectionPool
        if end.unix:
            self._pool = UnixPool(end.unix, **options)
        elif end.tls:
            self._pool = TlsPool(end.host, end.port, ssl_context=context or trust(end.host), **options)
        else:
            self._pool = PlainPool(end.host, end.port, **options)

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer | Failure:
        """Ask once. Raises `LineError` when what is sent would be printed."""
        if http.client.HTTPConnection.debuglevel:
            raise LineError(
                "http.client prints what it sends, and would print the token", hint="switch its debuglevel off"
            )
        try:
            response = self._pool.urlopen(
                method, self._prefix + target, body, headers,
                retries=False, redirect=False, preload_content=False, decode_content=False,
            )  # fmt: skip
            return _read(response)
        except urllib3.exceptions.SSLError as error:
            if error.args and isinstance(error.args[0], ssl.SSLCertVerificationError):
                return Failure("its certificate is not trusted", again=False, hint=self._of_ca)
            return Failure("TLS failed", hint="check whether it wants a client certificate")
        except urllib3.exceptions.ReadTimeoutError:
            return Failure("its answer took too long")
        except urllib3.exceptions.NameResolutionError:
            return Failure("its name leads nowhere")
        except urllib3.exceptions.NewConnectionError:
            return Failure("nobody listens there")
        except urllib3.exceptions.ConnectTimeoutError:
            return Failure("connecting took too long")
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            return Failure(type(error).__name__)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _read(response: urllib3.BaseHTTPResponse) -> Answer | Failure:
    length = response.headers.get("Content-Length", "")
    size, parts = 0, []
    while chunk := response.read1(_CHUNK):
        size += len(chunk)
        parts.append(chunk)
        if size > MOST_BYTES:
            response.close()
            return Failure(f"an answer of more than {MOST_BYTES} bytes", again=False, hint="split what is kept there")
    if length.isdecimal() and size != int(length):
        return Failure("its answer broke off")
    after = response.headers.get("Retry-After", "")
    return Answer(response.status, b"".join(parts), float(after) if after.isdecimal() and len(after) < 6 else 0.0)
