"""The envelope: DSSE (https://github.com/secure-systems-lab/dsse), read strictly and without a library for signatures.

One signature by one key, and every byte as `pack` writes it: the signature covers the payload only, and white space,
the spelling of a name or of base64 could be changed without a lenient reader noticing.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import msgspec

from secscan.attest.document import canonical, read_strictly
from secscan.errors import AttestationError

PAYLOAD_TYPE = "application/vnd.in-toto+json"


@dataclass(frozen=True)
class Signed:
    """A payload and its signature, neither of which has been checked."""

    payload: bytes
    keyid: str
    """Which key made the signature, as the envelope says."""
    signature: bytes


def pack(signed: Signed) -> bytes:
    """Return the envelope as JSON. There is no line break at its end, so that each of its bytes counts."""
    one = _Signature(keyid=signed.keyid, sig=base64.b64encode(signed.signature).decode())
    payload = base64.b64encode(signed.payload).decode()
    return canonical(_Envelope(payload=payload, payload_type=PAYLOAD_TYPE, signatures=(one,)))


def unpack(data: bytes, origin: str) -> Signed:
    """Read an envelope. Raises `AttestationError` for one that is not, byte for byte, as `pack` writes it."""
    if not is_envelope(data):
        raise AttestationError(
            f"{origin} is no signed attestation (a DSSE envelope)",
            hint="a statement that the platform attests is checked with --unsigned",
        )
    found = read_strictly(data, _Envelope, origin)
    if found.payload_type != PAYLOAD_TYPE:
        raise AttestationError(
            f"{origin} has the payload type {found.payload_type[:100]!r}, not {PAYLOAD_TYPE!r}",
            hint="give an attestation that `secscan attest` made",
        )
    if len(found.signatures) != 1:
        many = "no signature" if not found.signatures else f"{len(found.signatures)} signatures"
        raise AttestationError(f"{origin} has {many}; secscan makes one and checks one", hint="attest anew")
    (one,) = found.signatures
    signed = Signed(_decoded(found.payload, origin), one.keyid, _decoded(one.sig, origin))
    if pack(signed) != data:
        raise AttestationError(
            f"{origin} says what an attestation says, but not in the bytes that `secscan attest` writes",
            hint="give the very file that was made, not one that was formatted or edited",
        )
    return signed


def is_envelope(data: bytes) -> bool:
    """Whether a document looks like an envelope, and not like a bare statement."""
    try:
        return msgspec.json.decode(data, type=_Head).payload is not msgspec.UNSET
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


class _Head(msgspec.Struct):
    payload: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[_Signature, ...]


def _decoded(text: str, origin: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise AttestationError(f"{origin} is damaged: its base64 is broken", hint="attest anew") from error
    if base64.b64encode(data).decode() != text:
        raise AttestationError(f"{origin} is damaged: its base64 is not in its only spelling", hint="attest anew")
    return data
