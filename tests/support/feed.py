"""A server of advisory archives on loopback that can be told to go wrong."""

from __future__ import annotations

import contextlib
import hashlib
import re
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Feed:
    """What it serves, and how."""

    files: dict[str, bytes] = field(default_factory=dict)
    """Path -> content."""
    fault: str = ""
    """What goes wrong; see `_Handler`."""
    times: int = 1_000_000
    """How often it goes wrong before all is well."""
    modified: float = 1_760_000_000
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@contextlib.contextmanager
def serving(feed: Feed, certificate: Path | None = None) -> Iterator[Feed]:
    """Serve until the end of the block; with TLS by a certificate and its key if one is given."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"feed": feed}))
    server.daemon_threads = False
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    feed.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield feed
    finally:
        feed.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    feed: Feed
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        feed = self.feed
        feed.asked.append((self.path, dict(self.headers)))
        data = feed.files.get(self.path)
        fault = feed.fault if feed.times > 0 else ""
        feed.times -= 1
        with contextlib.suppress(OSError):
            if fault:
                self._go_wrong(fault, data or b"")
            elif data is None:
                self._send(404, b"there is nothing")
            else:
                self._serve(data)

    def _serve(self, data: bytes) -> None:
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._send(304, b"", ETag=etag)
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == etag:
            start = int(asked[1])
            part = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            self._send(206, data[start:], ETag=etag, **part)
            return
        self._send(200, data, ETag=etag)

    def _go_wrong(self, fault: str, data: bytes) -> None:
        if fault.isdecimal():
            self._send(int(fault), b"no", **{"Retry-After": "0"})
        elif fault == "html":
            self._send(200, b"<html>log in first</html>")
        elif fault == "empty":
            self._send(200, b"")
        elif fault == "page token":
            self._send(200, b'{"vulns": [], "next_page_token": "2"}')
        elif fault == "half":
            self._send(200, data[: len(data) // 2])
        elif fault == "cut":
            self._send(200, data[: len(data) // 2], **{"Content-Length": str(len(data))})
            self.close_connection = True
        elif fault == "no length":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = True
        elif fault == "says it is huge":
            self._send(200, data, **{"Content-Length": str(10**12)})
            self.close_connection = True
        elif fault == "endless":
            self._endless(b"x" * 65_536, 0)
        elif fault == "drips":
            self._endless(b"x", 0.05)
        elif fault == "nothing":
            self.feed.stop.wait(30)
        elif fault == "packed":
            self._send(200, data, **{"Content-Encoding": "gzip"})
        elif fault == "another part":
            self._send(206, data[5:], **{"Content-Range": f"bytes 5-{len(data) - 1}/{len(data)}"})
        elif fault.startswith("moved to "):
            self._send(302, b"", Location=fault.removeprefix("moved to "))
        elif fault == "hangs up":
            self.close_connection = True
        else:
            raise AssertionError(fault)

    def _endless(self, chunk: bytes, pause: float) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.feed.stop.wait(pause):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        sent = {
            "Content-Length": str(len(body)),
            "Last-Modified": formatdate(self.feed.modified, usegmt=True),
            **headers,
        }
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
