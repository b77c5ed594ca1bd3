"""Which versions of TLS a server speaks, whatever else it wants."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secscan.http.line import Origin
from secscan.stores.vault.hygiene.tls import OLD, old_versions
from tests.support.certificates import certificate_and_key

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(talk: Talk) -> Iterator[Origin]:
    """A server that talks so to everybody, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    with line, contextlib.suppress(OSError):
                        line.settimeout(5)
                        talk(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Origin(host="127.0.0.1", port=listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def shaking(folder: Path, oldest: str, *, wants_certificate: bool) -> Talk:
    pem = folder / "server.pem"
    pem.write_text(certificate_and_key(), encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion[oldest]
    if wants_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pem)

    def talk(line: socket.socket) -> None:
        context.wrap_socket(line, server_side=True).close()

    return talk


@pytest.mark.parametrize("wants_certificate", [False, True])
@pytest.mark.parametrize(("oldest", "old"), [("TLSv1", OLD), ("TLSv1_1", ("TLSv1_1",)), ("TLSv1_2", ())])
def test_a_server_speaks_what_it_answers_in(
    tmp_path: Path, oldest: str, old: tuple[str, ...], wants_certificate: bool
) -> None:
    with serving(shaking(tmp_path, oldest, wants_certificate=wants_certificate)) as end:
        assert old_versions(end, seconds=5) == old


def test_a_server_that_hangs_up_does_not_speak_it() -> None:
    with serving(lambda line: None) as end:
        assert old_versions(end, seconds=5) == ()


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x01"])
def test_what_is_no_answer_of_tls_is_not_taken_for_one(said: bytes) -> None:
    def talk(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(said)

    with serving(talk) as end, pytest.raises(OSError, match="does not speak TLS"):
        old_versions(end, seconds=5)


def test_a_server_that_says_nothing_was_not_tried() -> None:
    with serving(lambda line: threading.Event().wait(1) and None) as end, pytest.raises(TimeoutError):
        old_versions(end, seconds=0.2)
