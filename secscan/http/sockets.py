"""Connections for urllib3, to a host or a Unix socket, whose answers have one limit of time from first byte to last.

The time limits of sockets begin anew with every byte that comes, so that a server could hold a reader for ever.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class _Hurried(io.RawIOBase):
    """What comes from a socket until a point in time."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw, self._sock, self._until = raw, sock, until
        self._began = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._began:  # before the first byte the socket's own limit is the same, and to set it costs a system call
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer took too long")
            self._sock.settimeout(left)
        self._began = True
        return self._raw.readinto(buffer)

    def close(self) -> None:
        super().close()
        self._raw.close()


class _Response(http.client.HTTPResponse):
    """An answer that has as long as its socket waits for a single byte."""

    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        until = time.monotonic() + (sock.gettimeout() or 0.0)
        self.fp = io.BufferedReader(_Hurried(self.fp.detach(), sock, until))


class _Plain(HTTPConnection):
    response_class = _Response


class _Tls(HTTPSConnection):
    response_class = _Response


class _Unix(_Plain):
    path: str

    def _new_conn(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(self.timeout)
        try:
            made.connect(self.path)
        except OSError as error:
            made.close()
            raise urllib3.exceptions.NewConnectionError(self, str(error.strerror)) from error
        return made


class PlainPool(urllib3.HTTPConnectionPool):
    """Connections to a host without TLS."""

    ConnectionCls = _Plain


class TlsPool(urllib3.HTTPSConnectionPool):
    """Connections to a host with TLS."""

    ConnectionCls = _Tls


class UnixPool(urllib3.HTTPConnectionPool):
    """Connections to a Unix socket."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__("localhost", **options)
        self._path = path

    def _new_conn(self) -> HTTPConnection:
        made = _Unix("localhost", timeout=self.timeout.connect_timeout)
        made.path = self._path
        return made
