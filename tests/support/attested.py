"""A judged scan with everything that a judgement can depend on, its terms, and keys to sign with."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from secscan.attest.terms import SavedTerms, saved
from secscan.findings.scan import Scan, dumps
from secscan.gate.weakening import Terms
from secscan.policy.baseline import baseline_of
from secscan.policy.load import load_policy
from tests.support.scans import AT, HOUSE_POLICY, MARKED, NOTE, PACKAGE, TAINTED, scan_of, waiver


def terms() -> SavedTerms:
    """A policy with a floor, waivers that count, are over and are brought along, and a baseline with a rename."""
    policy = load_policy(str(HOUSE_POLICY), floor=str(HOUSE_POLICY.with_name("floor.yaml")), scanners=[])
    waivers = (
        waiver("flask", fingerprints=("aaaa0003",), expires="2026-02-05", ticket="SHOP-7"),
        waiver("old", fingerprints=("aaaa0001",), expires="2025-12-31"),
    )
    before = scan_of(TAINTED, msgspec.structs.replace(NOTE, title="Gone — für immer", fingerprint="aaaa0099"))
    baseline = msgspec.structs.replace(
        baseline_of(before, seen=datetime(2026, 1, 2, tzinfo=UTC)), renames={"shop/catalog.py": "shop/goods.py"}
    )
    return saved(Terms(policy, waivers, baseline), (waiver("brought-along", fingerprints=("aaaa0001",)),))


def judged_scan() -> Scan:
    """A failed scan, judged by `terms`."""
    by = terms()
    seen = scan_of(TAINTED, MARKED, PACKAGE, NOTE)
    return Terms(by.policy, by.waivers, by.baseline).judged(seen, AT, by.pending)


def judged_bytes() -> bytes:
    return dumps(judged_scan())


KINDS = ("ed25519", "P-256", "P-384", "P-521")


def key_pair(kind: str = "ed25519", passphrase: str = "") -> tuple[bytes, bytes]:
    """A private and a public key in PEM."""
    curves = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1, "secp256k1": ec.SECP256K1}
    key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(curves[kind]())
    hidden: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        hidden = serialization.BestAvailableEncryption(passphrase.encode())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, key.public_key().public_bytes(*form)
