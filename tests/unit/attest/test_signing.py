"""Signatures: by every kind of key, checked by hand and by the library, and refused where anything is off."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from secscan.attest import signing
from secscan.attest.envelope import Signed, pack, unpack
from secscan.errors import AttestationError, UsageError
from tests.support.attested import KINDS, key_pair

PAYLOAD = '{"_type":"é"}'.encode()
PRIVATE, PUBLIC = key_pair()
_HASHES = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}


def signed_by(private: bytes, passphrase: str = "") -> bytes:
    key = signing.KeyFile(private, "key.pem", lambda: passphrase)
    return pack(signing.sign(PAYLOAD, key.public_key, key.sign))


def checked(data: bytes, public: bytes) -> str:
    return signing.verify(unpack(data, "file"), (signing.read_public_key(public, "key.pub"),), "file")


def spoiled(**changes: object) -> bytes:
    return json.dumps({**json.loads(signed_by(PRIVATE)), **changes}).encode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_holds_for_its_key_by_hand_and_by_the_library(kind: str) -> None:
    private, public = key_pair(kind)
    data = signed_by(private)
    said = json.loads(data)
    (one,) = said["signatures"]
    # The bytes that are signed, by the text of the specification.
    assert said["payloadType"] == "application/vnd.in-toto+json"
    assert base64.b64decode(said["payload"]) == PAYLOAD
    pae = b"DSSEv1 28 application/vnd.in-toto+json %d " % len(PAYLOAD) + PAYLOAD
    key = serialization.load_pem_public_key(public)
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(base64.b64decode(one["sig"]), pae)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(base64.b64decode(one["sig"]), pae, ec.ECDSA(_HASHES[key.curve.name]))
    assert Envelope.from_dict(json.loads(data)).verify([SSlibKey.from_crypto(key)], 1)
    assert checked(data, public) == one["keyid"]


@pytest.mark.parametrize("kind", ["ed25519", "P-256"])
def test_a_key_may_have_a_passphrase(kind: str) -> None:
    private, public = key_pair(kind, passphrase="korrekt Pferd")
    assert checked(signed_by(private, "korrekt Pferd"), public)
    with pytest.raises(UsageError, match="cannot be opened with this passphrase") as refused:
        signed_by(private, "another")
    assert "another" not in str(refused.value)


def test_a_key_of_another_kind_is_refused() -> None:
    private, public = key_pair("secp256k1")
    with pytest.raises(UsageError, match="another kind"):
        signed_by(private)
    with pytest.raises(UsageError, match="another kind"):
        signing.read_public_key(public, "key.pub")


@pytest.mark.parametrize(
    "pem",
    [b"", b"hello", PRIVATE, PUBLIC[:60], b"-----BEGIN PUBLIC KEY-----\n"],
    ids=["empty", "words", "private", "cut", "begin only"],
)
def test_what_is_no_public_key_is_refused(pem: bytes) -> None:
    with pytest.raises(UsageError, match="key"):
        signing.read_public_key(pem, "key.pub")


@pytest.mark.parametrize("pem", [b"", PUBLIC, PRIVATE[:60]], ids=["empty", "public", "cut"])
def test_what_is_no_private_key_is_refused(pem: bytes) -> None:
    with pytest.raises(UsageError, match="no private key"):
        signing.KeyFile(pem, "key.pem", lambda: "")


def test_another_key_is_refused_also_where_it_takes_the_same_name() -> None:
    other = key_pair()[1]
    with pytest.raises(AttestationError, match="another key"):
        checked(signed_by(PRIVATE), other)
    signed = unpack(signed_by(PRIVATE), "file")
    name = signing.read_public_key(other, "key.pub").keyid
    with pytest.raises(AttestationError, match="signature is wrong"):
        checked(pack(Signed(signed.payload, name, signed.signature)), other)


def test_what_signs_is_not_trusted() -> None:
    key = signing.read_public_key(PUBLIC, "key.pub")
    other = signing.KeyFile(key_pair()[0], "key.pem", lambda: "")
    for faulty in (other.sign, lambda data: b"", lambda data: data[:64]):
        with pytest.raises(AttestationError, match="signature is wrong"):
            signing.sign(PAYLOAD, key, faulty)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (spoiled(payloadType="application/json"), "payload type 'application/json'"),
        (spoiled(signatures=[]), "no signature"),
        (spoiled(signatures=[{"keyid": "a", "sig": "YQ=="}, {"keyid": "b", "sig": "YQ=="}]), "2 signatures"),
        (spoiled(signatures=[{"sig": "YQ=="}]), "keyid"),
        (spoiled(signatures=[{"keyid": "a", "sig": "YQ==", "cert": ""}]), "cert"),
        (spoiled(payload="YQ"), "base64"),
        (spoiled(payload="YR=="), "only spelling"),
        (spoiled(payload="Y\nQ=="), "base64"),
        (spoiled(payload="é"), "base64"),
        (spoiled(more=1), "more"),
        (signed_by(PRIVATE) + b" {}", "no signed attestation"),
        (signed_by(PRIVATE).replace(b'"payload":', b'"payload":"","payload":'), "twice"),
        (PAYLOAD, "no signed attestation"),
        (b"", "no signed attestation"),
        (b"null", "no signed attestation"),
    ],
)
def test_an_envelope_that_is_not_ours_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(AttestationError, match=words):
        unpack(data, "file")


def _sorted_otherwise(data: bytes) -> bytes:
    return json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "changed",
    [
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: json.dumps(json.loads(data), indent=2).encode(),
        lambda data: data.replace(b'"payload":', b'"\\u0070ayload":'),
        lambda data: data.replace(b"vnd.in-toto+json", b"vnd.in-toto\\u002bjson"),
        _sorted_otherwise,
    ],
    ids=["line break", "space", "formatted", "name spelled out", "value spelled out", "order"],
)
def test_an_envelope_in_other_bytes_is_another(changed: Callable[[bytes], bytes]) -> None:
    """None of these touches what the signature covers."""
    data = signed_by(PRIVATE)
    assert checked(data, PUBLIC)
    assert changed(data) != data
    assert json.loads(changed(data)) == json.loads(data)
    with pytest.raises(AttestationError, match="not in the bytes"):
        checked(changed(data), PUBLIC)
