"""Checks that the providers of tokens build into them: a text of the right form that fails one was never issued.

Each takes the whole value and says whether it fits. Sources are named beside each.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from typing import Any

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def base62(number: int, width: int) -> str:
    """Return a number in base 62 (digits, capitals, small letters), filled with zeros."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(width, "0")


def crc32_base62(value: str) -> bool:
    """GitHub's and npm's tokens: after the prefix 30 characters, then their CRC-32 in base 62, six characters wide.

    Source: "Behind GitHub's new authentication token formats", GitHub's blog, 2021.
    """
    body = value.partition("_")[2]
    return base62(zlib.crc32(body[:-6].encode("ascii")), 6) == body[-6:]


def macaroon(value: str) -> bool:
    """PyPI's tokens: after `pypi-` a macaroon in URL-safe base64, version 2, which names its location (PyPI's help)."""
    try:
        data = decode_base64(value.removeprefix("pypi-"))
    except ValueError:
        return False
    return data.startswith(b"\x02\x01") and b"pypi.org" in data[:24]


def nkey_seed(value: str) -> bool:
    """NATS seeds: base 32 of two prefix bytes, 32 bytes, and a CRC-16 (XMODEM), little-endian (nats-io/nkeys)."""
    try:
        data = base64.b32decode(value + "=" * (-len(value) % 8))
    except (binascii.Error, ValueError):
        return False
    return len(data) == 36 and int.from_bytes(data[-2:], "little") == binascii.crc_hqx(data[:-2], 0)


def bech32(value: str) -> bool:
    """age's identities: Bech32 (BIP 173) with the human-readable part `AGE-SECRET-KEY-`."""
    prefix, _, data = value.lower().rpartition("1")
    if any(char not in _BECH32 for char in data):
        return False
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    values += [_BECH32.index(char) for char in data]
    check = 1
    for one in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ one
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check == 1


def jwt(value: str) -> bool:
    """JSON Web Tokens: the first part is JSON that names an algorithm, the third a signature (RFC 7519, RFC 7515)."""
    header, signature = jwt_header(value), value.rpartition(".")[2]
    algorithm = str(header.get("alg", "")) if header else ""
    return (
        bool(re.fullmatch(r"[A-Za-z0-9+-]{3,20}", algorithm)) and algorithm.lower() != "none" and len(signature) >= 20
    )


def jwt_header(value: str) -> dict[str, Any] | None:
    """Return the header of a JSON Web Token; None for what is none."""
    return _json_object(value.partition(".")[0])


def jwt_claims(value: str) -> dict[str, Any] | None:
    """Return the claims of a JSON Web Token, if they can be read without a key."""
    return _json_object(value.split(".")[1]) if value.count(".") >= 2 else None


def telegram(value: str) -> bool:
    """Telegram's bot tokens: the bot's number, then 35 characters that begin with AA (Telegram's bot API)."""
    return 8 <= len(value.partition(":")[0]) <= 10


def decode_base64(text: str) -> bytes:
    """Return what base64 text stands for, in the usual or the URL-safe alphabet, with or without padding.

    Raises `ValueError`.
    """
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)


def _json_object(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(decode_base64(part))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
