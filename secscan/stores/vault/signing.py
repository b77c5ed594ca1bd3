"""Signatures by Vault's Transit engine, with a key that never leaves it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from secscan.errors import UsageError
from secscan.stores.contract import StoreError
from secscan.stores.vault.connection import Connection

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_FORM = re.compile(r"vault:v(\d{1,9}):([A-Za-z0-9+/]{4,1000}={0,2})")
_HASHES = {"ecdsa-p256": "sha256", "ecdsa-p384": "sha384", "ecdsa-p521": "sha512"}
"""What securesystemslib hashes with, by the type of the key; Transit would take SHA-256 for all of them."""
_ED25519 = bytes.fromhex("302a300506032b6570032100")
"""How a public key of Ed25519 begins in DER (RFC 8410); Transit gives the bare 32 bytes."""


@dataclass(frozen=True)
class KeyVersion:
    """The public half of one version of a key."""

    number: int
    kind: str
    """As Transit names it: `ed25519`, `ecdsa-p256` ..."""
    pem: bytes


@dataclass(frozen=True)
class TransitKey:
    """A key of the Transit engine that makes signatures."""

    connection: Connection
    name: str

    def versions(self) -> tuple[KeyVersion, ...]:
        """Return the public keys of all versions, the newest first. Raises `StoreError`."""
        if not _NAME.fullmatch(self.name) or ".." in self.name:
            raise UsageError(
                f"{self.name[:80]!r} is no name of a Transit key", hint="write it as `vault list` shows it"
            )
        data = self.connection.get(f"{self._mount}/keys/{self.name}").get("data")
        kind = data.get("type") if isinstance(data, dict) else None
        keys = data.get("keys") if isinstance(data, dict) else None
        if not isinstance(kind, str) or (kind != "ed25519" and kind not in _HASHES):
            raise StoreError(
                f"the Transit key {self.name} has the type {str(kind)[:40]!r}",
                hint="make one of type ed25519, ecdsa-p256, ecdsa-p384 or ecdsa-p521",
            )
        if not isinstance(keys, dict) or not keys:
            raise _strange()
        found = [KeyVersion(_number(text), kind, _pem(kind, told)) for text, told in keys.items()]
        return tuple(sorted(found, key=lambda one: -one.number))

    def sign(self, data: bytes, key: KeyVersion) -> bytes:
        """Return the signature of the bytes by that version, as Transit gives it: nobody has checked it yet.

        Raises `StoreError`.
        """
        path, body = f"{self._mount}/sign/{self.name}", {"key_version": key.number, "marshaling_algorithm": "asn1"}
        if name := _HASHES.get(key.kind):
            # The digest is enough, and a statement may be larger than Vault takes.
            digest = hashlib.new(name, data).digest()
            body |= {
                "hash_algorithm": f"sha2-{name[3:]}",
                "prehashed": True,
                "input": base64.b64encode(digest).decode(),
            }
        else:
            body |= {"input": _encoded(data)}
        answer = self.connection.post(path, body).get("data")
        found = _FORM.fullmatch(str(answer.get("signature"))) if isinstance(answer, dict) else None
        if found is None or int(found[1]) != key.number:
            raise _strange()
        return _decoded(found[2])

    @property
    def _mount(self) -> str:
        return self.connection.settings.transit_mount


def _number(text: object) -> int:
    if not isinstance(text, str) or not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise _strange()
    return int(text)


def _pem(kind: str, told: Any) -> bytes:
    text = told.get("public_key") if isinstance(told, dict) else None
    if not isinstance(text, str) or len(text) > 10_000:
        raise _strange()
    if kind != "ed25519":
        return text.encode()
    raw = _decoded(text)
    if len(raw) != 32:
        raise _strange()
    return f"-----BEGIN PUBLIC KEY-----\n{_encoded(_ED25519 + raw)}\n-----END PUBLIC KEY-----\n".encode()


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _strange() from None


def _strange() -> StoreError:
    return StoreError(
        "Transit gave something that is no key or signature", hint="see the key in Vault, and Vault's own log"
    )
