"""A proxy before a real server that spoils some answers: what networks, proxies and tired servers do."""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

Fault = Callable[["Handler"], None]
"""Spoils one answer."""
When = Callable[[int, str], bool]
"""Whether to spoil the answer to the n-th request, counted from 1, for a path."""


def always(_: int, __: str) -> bool:
    return True


def from_on(first: int) -> When:
    return lambda number, _: number >= first


def between(first: int, last: int) -> When:
    return lambda number, _: first <= number <= last


def answer(status: int, body: bytes = b'{"errors": ["made up"]}', **headers: str) -> Fault:
    """Another answer; headers are written with `_` for `-`."""

    def spoil(handler: Handler) -> None:
        handler.say(status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    return spoil


def truncated(handler: Handler) -> None:
    """An answer that breaks off: half of what was announced."""
    handler.start(200, {"Content-Length": "100"})
    handler.wfile.write(b'{"data": {"keys": ["a"')
    handler.close_connection = True


def truncated_unannounced(handler: Handler) -> None:
    """An answer that breaks off, where nobody said how long it would be."""
    handler.start(200, {"Connection": "close"})
    handler.wfile.write(b'{"data": {"keys": ["a"')
    handler.close_connection = True


def hang(handler: Handler) -> None:
    """No answer, until the test ends."""
    handler.proxy.ended.wait()
    handler.close_connection = True


def drip(handler: Handler) -> None:
    """An answer that never ends, byte by byte."""
    handler.start(200, {"Content-Length": "100000"})
    with suppress(OSError):
        while not handler.proxy.ended.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    handler.close_connection = True


def drip_headers(handler: Handler) -> None:
    """Not even a header that ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Wait: ")
    with suppress(OSError):
        while not handler.proxy.ended.wait(0.05):
            handler.wfile.write(b"x")
    handler.close_connection = True


def huge(handler: Handler) -> None:
    """200 MB of JSON. What was really sent is counted."""
    handler.start(200, {"Content-Length": str(200_000_000)})
    with suppress(OSError):
        for _ in range(200):
            handler.wfile.write(b" " * 1_000_000)
            handler.proxy.megabytes += 1
    handler.close_connection = True


def reset(handler: Handler) -> None:
    """The connection is torn down."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


@dataclass
class Proxy:
    """One that runs."""

    target: str
    fault: Fault = field(default=answer(500))
    when: When = always
    address: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)
    """The path and the token of every request."""
    megabytes: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, path: str, token: str) -> int:
        """Note a request, and return its number."""
        with self._lock:
            self.seen.append((path, token))
            return len(self.seen)


class Handler(BaseHTTPRequestHandler):
    """Passes on what it is not told to spoil."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: Proxy

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        number = self.proxy.count(self.path, self.headers.get("X-Vault-Token", ""))
        if self.proxy.when(number, self.path):
            self.proxy.fault(self)
            return
        line = http.client.HTTPConnection(urlsplit(self.proxy.target).netloc, timeout=20)
        try:
            line.request(self.command, self.path, body, dict(self.headers))
            real = line.getresponse()
            self.say(real.status, real.read(), {})
        finally:
            line.close()

    def do_POST(self) -> None:
        self.do_GET()

    def start(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.start(status, {"Content-Length": str(len(body)), **headers})
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever hangs up early is meant to."""


@contextmanager
def before(target: str, certificate: Path | None = None, *, of_clients: bool = False) -> Iterator[Proxy]:
    """Start a proxy before a server, and end it; with TLS by a certificate and its key if one is given, and, where they
    are asked `of_clients`, for those only who bring the same one."""
    proxy = Proxy(target)
    server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"proxy": proxy}))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if of_clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    proxy.address = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        server.shutdown()
        server.server_close()
