"""A real server on loopback that records what it is sent, and answers as it is told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.certificates import certificate_and_key


@dataclass(frozen=True)
class Got:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    """By names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Answers:
    """What is answered."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    broken: Callable[[Handler], None] | None = None
    """Instead of an answer."""


@dataclass
class Receiver:
    """A server that runs."""

    address: str = ""
    answers: list[Answers] = field(default_factory=lambda: [Answers()])
    """One after the other; the last one again and again."""
    got: list[Got] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Answers:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.got.append(Got(self.command, self.path, headers, body))
        answer = self.receiver.next()
        if answer.broken:
            with suppress(OSError):
                answer.broken(self)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST  # noqa: N815 - as http.server calls it

    def log_message(self, *_: object) -> None:
        pass


def silent(handler: Handler) -> None:
    """No answer, until the test ends."""
    handler.receiver.ended.wait(30)


def dripping(handler: Handler) -> None:
    """An answer that comes byte by byte, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    while not handler.receiver.ended.wait(0.05):
        handler.wfile.write(b"o")
        handler.wfile.flush()


def nonsense(handler: Handler) -> None:
    """What is not HTTP."""
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


def cut(handler: Handler) -> None:
    """Less than was announced."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")


def hung_up(handler: Handler) -> None:
    """The connection ends."""
    handler.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def receiving(*answers: Answers, pem: Path | None = None) -> Iterator[Receiver]:
    """Serve; with TLS where a file is given, into which a new certificate is written, of which it is the CA."""
    receiver = Receiver(answers=list(answers) or [Answers()])
    handler = type("Bound", (Handler,), {"receiver": receiver})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    scheme = "http"
    if pem:
        pem.write_text(certificate_and_key(), encoding="utf-8")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    receiver.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
