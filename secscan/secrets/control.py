"""The positive control of what looks for secrets."""

from __future__ import annotations

import zlib

from secscan.secrets.detect.checksums import base62


def control_source() -> bytes:
    """Return the content of the positive control: a token whose checksum fits, which nobody has issued."""
    body = b"secscancontrolsecscancontrol00"
    return b"token = ghp_" + body + base62(zlib.crc32(body), 6).encode() + b"\n"
