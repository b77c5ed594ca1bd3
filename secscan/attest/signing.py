"""Signatures by securesystemslib: Ed25519 and ECDSA, with a key in a PEM file or one that is kept elsewhere.

Only this module needs the extra `secscan[attest]`; what is unsigned is made and checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from secscan.attest.envelope import PAYLOAD_TYPE, Signed
from secscan.errors import AttestationError, UsageError

try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import CryptoSigner, Signature, SSlibKey
except ImportError as error:
    raise UsageError(
        f"signatures need the extra `attest`: {error.name or 'a library'} is not installed",
        hint="pip install 'secscan[attest]'; or leave it to the platform with --unsigned",
    ) from error

_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_KINDS = "an Ed25519 key or an ECDSA key on P-256, P-384 or P-521"


@dataclass(frozen=True)
class PublicKey:
    """A public key that signatures are checked with."""

    key: SSlibKey
    pem: bytes

    @property
    def keyid(self) -> str:
        """Its id in envelopes, as securesystemslib makes it of the key."""
        return str(self.key.keyid)


def read_public_key(pem: bytes, origin: str) -> PublicKey:
    """Read a public key in PEM. Raises `UsageError`."""
    if b"PRIVATE KEY" in pem:
        raise UsageError(f"{origin} is a private key", hint="give the public one: openssl pkey -in KEY -pubout")
    try:
        found = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{origin} is no public key in PEM", hint=f"give {_KINDS}") from error
    _check_kind(found, ed25519.Ed25519PublicKey, ec.EllipticCurvePublicKey, origin)
    return _public(found)


class KeyFile:
    """A private key in PEM, which may have a passphrase."""

    def __init__(self, pem: bytes, origin: str, passphrase: Callable[[], str]) -> None:
        """Read it; `passphrase` is asked only where there is one. Raises `UsageError`, which holds neither."""
        word = passphrase().encode() if b"ENCRYPTED" in pem else None
        try:
            key = serialization.load_pem_private_key(pem, word)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            problem = "cannot be opened with this passphrase" if word is not None else "is no private key in PEM"
            raise UsageError(f"{origin} {problem}", hint=f"give {_KINDS}") from None
        _check_kind(key, ed25519.Ed25519PrivateKey, ec.EllipticCurvePrivateKey, origin)
        self._signer = CryptoSigner(key)
        self.public_key = _public(key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Return the signature of the bytes."""
        return bytes.fromhex(self._signer.sign(data).signature)


def sign(payload: bytes, key: PublicKey, by: Callable[[bytes], bytes]) -> Signed:
    """Return the payload signed, as DSSE, by what `by` gives for the bytes to be signed.

    Raises `AttestationError` unless that is a signature by this very key: who keeps the key may be faulty.
    """
    data = Envelope(payload, PAYLOAD_TYPE, {}).pae()
    signed = Signed(payload, key.keyid, by(data))
    verify(signed, (key,), "the new signature")
    return signed


def verify(signed: Signed, keys: Sequence[PublicKey], origin: str) -> str:
    """Return the id of the key that made the signature. Raises `AttestationError` if none of `keys` did."""
    envelope = Envelope(signed.payload, PAYLOAD_TYPE, {signed.keyid: Signature(signed.keyid, signed.signature.hex())})
    if all(key.keyid != signed.keyid for key in keys):
        raise AttestationError(
            f"{origin} was signed by another key ({signed.keyid[:16]!r}) than the one given "
            f"({', '.join(key.keyid[:16] for key in keys)})",
            hint="give the public key of whoever signed it, by a way that you trust",
        )
    try:
        (keyid,) = envelope.verify([key.key for key in keys], threshold=1)
    except VerificationError as error:
        raise AttestationError(
            f"{origin}: the signature is wrong", hint="it was changed after it was signed, or not signed by this key"
        ) from error
    return str(keyid)


def _public(key: Any) -> PublicKey:
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(SSlibKey.from_crypto(key), pem)


def _check_kind(key: object, edwards: type, elliptic: type, origin: str) -> None:
    curve = getattr(getattr(key, "curve", None), "name", "")
    if not isinstance(key, edwards) and not (isinstance(key, elliptic) and curve in _CURVES):
        raise UsageError(f"{origin} is a key of another kind", hint=f"give {_KINDS}")
