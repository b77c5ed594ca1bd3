"""Signatures by a real Transit engine: they hold for its public key, and what a spoilt answer gives is none."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from secscan.attest import signing
from secscan.cli.app import run
from secscan.errors import UsageError
from secscan.stores.contract import Denied, Missing, StoreError
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.settings import VaultSettings
from secscan.stores.vault.signing import TransitKey
from tests.support import faulty_proxy as faulty
from tests.support.attested import judged_bytes, terms
from tests.support.faulty_proxy import Proxy, answer
from tests.support.vault import VaultServer

KINDS = ("ed25519", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521")
DATA = b"what is signed " * 1000


@pytest.fixture(scope="module", autouse=True)
def _keys(server: VaultServer) -> None:
    client = server.client()
    client.sys.enable_secrets_engine("transit")
    for kind in (*KINDS, "aes256-gcm96"):
        client.secrets.transit.create_key(name=f"sign-{kind}", key_type=kind)


def connected(server: VaultServer, token: str = "", address: str = "") -> Connection:
    environment = server.environment(**({"VAULT_TOKEN": token} if token else {}))
    return Connection(
        VaultSettings(seconds=2, budget=0.1), {**environment, **({"VAULT_ADDR": address} if address else {})}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_holds_and_a_rotated_key_keeps_the_old_ones(server: VaultServer, kind: str) -> None:
    with connected(server) as connection:
        key = TransitKey(connection, f"sign-{kind}")
        (newest, *_) = before = key.versions()
        public = signing.read_public_key(newest.pem, "key")
        signed = signing.sign(DATA, public, lambda data: key.sign(data, newest))
        server.client().secrets.transit.rotate_key(name=f"sign-{kind}")
        after = key.versions()
        assert after[1:] == before
        keys = [signing.read_public_key(one.pem, "key") for one in after]
        assert signing.verify(signed, keys, "file") == public.keyid
        assert signing.sign(DATA, keys[0], lambda data: key.sign(data, after[0])).keyid == keys[0].keyid != public.keyid


def test_who_may_only_sign_and_read_the_key_can_sign(server: VaultServer) -> None:
    rules = (
        'path "transit/keys/sign-ed25519" { capabilities = ["read"] }',
        'path "transit/sign/sign-ed25519" { capabilities = ["update"] }',
    )
    with connected(server, server.token(*rules)) as connection:
        key = TransitKey(connection, "sign-ed25519")
        assert key.sign(DATA, key.versions()[0])
    with connected(server, server.token(rules[0])) as connection:
        key = TransitKey(connection, "sign-ed25519")
        newest = key.versions()[0]
        with pytest.raises(Denied):
            key.sign(DATA, newest)


def test_a_key_that_is_not_there_or_cannot_sign_is_refused(server: VaultServer) -> None:
    with connected(server) as connection:
        with pytest.raises(Missing):
            TransitKey(connection, "nothing").versions()
        with pytest.raises(StoreError, match="aes256"):
            TransitKey(connection, "sign-aes256-gcm96").versions()
        for name in ("../sys/seal", "a/b", "", "a?b", ".."):
            with pytest.raises(UsageError, match="no name"):
                TransitKey(connection, name).versions()


@pytest.fixture
def proxy(server: VaultServer) -> Iterator[Proxy]:
    with faulty.before(server.address) as started:
        started.when = lambda _, __: False
        yield started


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    from secscan.attest.terms import dumps

    (tmp_path / "secscan.json").write_bytes(judged_bytes())
    (tmp_path / "secscan.terms.json").write_bytes(dumps(terms()))
    return tmp_path / "secscan.json"


def signature(text: str) -> bytes:
    return json.dumps({"data": {"signature": text}}).encode()


def of_keys(**changes: object) -> bytes:
    raw = base64.b64encode(bytes(32)).decode()
    whole = {"type": "ed25519", "keys": {"1": {"public_key": raw}}, **changes}
    return json.dumps({"data": whole}).encode()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sign/", signature("vault:v1:" + base64.b64encode(bytes(64)).decode())),
        ("/sign/", signature("vault:v7:" + base64.b64encode(bytes(64)).decode())),
        ("/sign/", signature("")),
        ("/sign/", b'{"data": {}}'),
        ("/sign/", b'{"data": []}'),
        ("/sign/", b"{}"),
        ("/sign/", b"<html>"),
        ("/keys/", of_keys()),
        ("/keys/", of_keys(keys={})),
        ("/keys/", of_keys(keys={"1": {"public_key": "AAAA"}})),
        ("/keys/", of_keys(keys={"1": {"public_key": 7}})),
        ("/keys/", of_keys(keys={"x": {"public_key": "AAAA"}})),
        ("/keys/", of_keys(type="ecdsa-p256", keys={"1": {"public_key": "no PEM"}})),
        ("/keys/", of_keys(type=["ed25519"])),
        ("/keys/", b"[]"),
    ],
)
def test_an_answer_that_is_no_signature_of_the_key_writes_nothing(
    server: VaultServer, proxy: Proxy, judged: Path, monkeypatch: pytest.MonkeyPatch, path: str, body: bytes
) -> None:
    for name, value in {**server.environment(), "VAULT_ADDR": proxy.address}.items():
        monkeypatch.setenv(name, value)
    output = judged.with_name("attestation.json")
    arguments = ["attest", str(judged), "--vault-key", "sign-ed25519", "-o", str(output)]
    monkeypatch.chdir(judged.parent)
    assert run(arguments) == 0
    assert output.exists()
    proxy.fault, proxy.when = answer(200, body), lambda _, asked: path in asked
    assert run(arguments) == 2
    assert not output.exists()


def test_it_is_verified_by_transit_and_by_the_exported_key(
    server: VaultServer, judged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(judged.parent)
    transit = ["--vault-key", "sign-ecdsa-p384"]
    assert run(["attest", str(judged), *transit, "-o", "a.json", "--public-key", "a.pub"]) == 0
    assert run(["replay", "a.json", str(judged), *transit]) == 0
    monkeypatch.delenv("VAULT_TOKEN")
    assert run(["replay", "a.json", str(judged), "--key", "a.pub"]) == 0
    assert run(["verify", "a.json", *transit]) == 2
    monkeypatch.setenv("VAULT_TOKEN", server.environment()["VAULT_TOKEN"])
    assert run(["verify", "a.json", "--vault-key", "sign-ecdsa-p256"]) == 1
