"""Certificates that nobody has a reason to trust, for servers on loopback."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key for `certificate_of`."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Self-signed, for 127.0.0.1, in PEM."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    now, public = datetime.now(UTC), key.public_key()
    made = x509.CertificateBuilder(name, name, public, 1, now - timedelta(days=1), now + timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = made.add_extension(here, critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def private_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """The key itself, in PEM."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


def certificate_and_key() -> str:
    """A new certificate and its key, as servers take them from one file."""
    key = new_key()
    return certificate_of(key) + private_pem(key)
