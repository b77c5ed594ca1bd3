"""Lines to stores: those of `secscan.http`, whose errors here are errors of stores."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Mapping

from secscan.http import line as http
from secscan.http.line import Answer, Failure, Line, LineError, Origin
from secscan.stores.contract import StoreError, Unavailable


def origin(address: str, who: str = "Vault") -> Origin:
    """See `secscan.http.line.origin`. Raises `StoreError`."""
    with _errors_of_stores():
        return http.origin(address, who)


def endpoint(url: str, who: str) -> tuple[Origin, str]:
    """See `secscan.http.line.endpoint`. Raises `StoreError`."""
    with _errors_of_stores():
        return http.endpoint(url, who)


def trust(ca: str = "", certificate: str = "", key: str = "", who: str = "Vault") -> ssl.SSLContext:
    """See `secscan.http.line.trust`. Raises `StoreError`."""
    with _errors_of_stores():
        return http.trust(who, ca, certificate, key)


class StoreLine(Line):
    """A line to one store."""

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer | Failure:
        """Ask once. Raises `Unavailable` when what is sent would be printed."""
        try:
            return super().send(method, target, headers, body)
        except LineError as error:
            raise Unavailable(error.message, hint=error.hint) from None


@contextlib.contextmanager
def _errors_of_stores() -> Iterator[None]:
    try:
        yield
    except LineError as error:
        raise StoreError(error.message, hint=error.hint) from error.__cause__
