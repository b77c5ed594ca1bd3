"""Which old versions of TLS a server still speaks: tried by a handshake that sends nothing after it."""

from __future__ import annotations

import socket
import ssl
import warnings

from secscan.stores.vault.line import Origin

OLD = ("TLSv1", "TLSv1_1")
"""As `ssl.TLSVersion` names them. Both are withdrawn by RFC 8996."""


def old_versions(end: Origin, *, seconds: float) -> tuple[str, ...]:
    """Return those of `OLD` in which the server shakes hands. Raises `OSError` where it cannot be tried."""
    return tuple(version for version in OLD if _speaks(end, ssl.TLSVersion[version], seconds))


def _speaks(end: Origin, version: ssl.TLSVersion, seconds: float) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent or believed: what matters is only whether the server would.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of old versions, which is what we look for
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection((end.host, end.port), timeout=seconds) as line:
        try:
            with context.wrap_socket(line, server_hostname=end.host):
                return True
        except (ssl.SSLError, ConnectionError):
            return False
