"""Which old versions of TLS a server still speaks: tried by a hello, after whose answer nothing more is sent.

The server's hello decides, not the end of the handshake: one that wants a client certificate breaks off after it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import warnings

from secscan.http.line import Origin

OLD = ("TLSv1", "TLSv1_1")
"""As `ssl.TLSVersion` names them. Both are withdrawn by RFC 8996."""

_ALERT, _HANDSHAKE, _SERVER_HELLO = 21, 22, 2
_HEAD = 11
"""Bytes up to the version that a server chooses: those of the record, of the message, and the version (RFC 4346)."""


def old_versions(end: Origin, *, seconds: float) -> tuple[str, ...]:
    """Return those of `OLD` which the server chooses. Raises `OSError` where it cannot be tried."""
    return tuple(version for version in OLD if _speaks(end, ssl.TLSVersion[version], seconds))


def _speaks(end: Origin, version: ssl.TLSVersion, seconds: float) -> bool:
    hello = _hello(end.host, version)
    with socket.create_connection((end.host, end.port), timeout=seconds) as line:
        line.sendall(hello)
        head = _head(line)
    if not head or head[0] == _ALERT:
        return False  # it broke off, with a word or without
    if len(head) < _HEAD or head[0] != _HANDSHAKE or head[5] != _SERVER_HELLO:
        raise ConnectionError("what answers does not speak TLS")
    return head[-2:] == version.to_bytes(2, "big")


def _hello(host: str, version: ssl.TLSVersion) -> bytes:
    """The first message of a handshake. Raises `ssl.SSLError` where our own OpenSSL does not speak the version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent or believed: what matters is only whether the server would.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of old versions, which is what we look for
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    written = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):  # it waits for an answer
        context.wrap_bio(ssl.MemoryBIO(), written, server_hostname=host).do_handshake()
    return written.read()


def _head(line: socket.socket) -> bytes:
    head = b""
    try:
        while len(head) < _HEAD and (more := line.recv(_HEAD - len(head))):
            head += more
    except ConnectionError:
        return b""
    return head
