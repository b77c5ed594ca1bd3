"""Every policy that `secscan vault policy` prints: enough for its work on a real server, and refused what is more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from secscan.errors import UsageError
from secscan.stores.contract import Denied, Held, Missed
from secscan.stores.vault import least
from secscan.stores.vault.audit_log import audit_hashes
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.hygiene.audit import CHECKS, audit
from secscan.stores.vault.kv import VaultStore
from secscan.stores.vault.least import Asked, Role, policy
from secscan.stores.vault.mounts import mounts_in_scope
from secscan.stores.vault.rights import more_than_needed, who_am_i
from secscan.stores.vault.settings import Mode, VaultSettings
from secscan.stores.vault.transit import Transit
from tests.support.issuer import Issuer, issuing
from tests.support.vault import VaultServer, running

SECRET = "c0pper-Lantern.42"
NOT_READ = ("top/**", "*/private")
SETTINGS = VaultSettings(mounts=("secret",), not_read=NOT_READ)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with running(tmp_path_factory.mktemp("least")) as server:
        client = server.client()
        for path in ("app/db", "app/private", "top/master"):
            client.secrets.kv.v2.create_or_update_secret(path, {"password": SECRET})
        client.sys.enable_secrets_engine("kv", path="other", options={"version": "2"})
        client.secrets.kv.v2.create_or_update_secret("db", {"password": SECRET}, mount_point="other")
        client.sys.enable_secrets_engine("kv", path="old", options={"version": "1"})
        client.secrets.kv.v1.create_or_update_secret("db", {"password": SECRET}, mount_point="old")
        client.secrets.kv.v1.create_or_update_secret("top/master", {"password": SECRET}, mount_point="old")
        client.sys.enable_secrets_engine("transit")
        for name in ("secscan-index", "secscan-index-seal", "secscan-index2"):
            client.secrets.transit.create_key(name, key_type="aes256-gcm96")
        yield server


Connect = Callable[..., Connection]


@pytest.fixture
def connect(house: VaultServer) -> Iterator[Connect]:
    """A connection of one role, with the policy as it is printed and nothing else."""
    opened: list[Connection] = []

    def make(role: Role, old: tuple[str, ...] = ()) -> Connection:
        token = house.token(policy(role, SETTINGS, old), no_default_policy=True)
        opened.append(Connection(SETTINGS, house.environment(token)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def refused(connection: Connection, *paths: str) -> bool:
    """Whether none of the paths may be read."""
    for path in paths:
        with pytest.raises(Denied):
            connection.get(path)
    return True


def unwritable(connection: Connection, *paths: str) -> bool:
    for path in paths:
        with pytest.raises(Denied):
            connection.post(path, {"data": {"password": "x"}, "policy": 'path "*" { capabilities = ["sudo"] }'})
    return True


EVERYWHERE = (
    "other/data/db",
    "secret/data/top/master",
    "secret/data/app/private",
    "sys/raw/x",
    "sys/storage/raft/snapshot",
)
WRITES = ("secret/data/app/db", "secret/metadata/app/db", "sys/policies/acl/x", "auth/token/create", "sys/seal")


@pytest.mark.parametrize("role", Role)
def test_no_role_reads_elsewhere_or_writes(connect: Connect, role: Role) -> None:
    connection = connect(role)
    assert who_am_i(connection).policies != ("root",)
    assert refused(connection, *EVERYWHERE)
    assert unwritable(connection, *WRITES)
    if role not in {Role.CRAWL, Role.INDEXER}:
        assert refused(connection, "secret/data/app/db")


@pytest.mark.parametrize("role", [Role.CRAWL, Role.INDEXER])
def test_who_crawls_reads_what_is_in_scope(connect: Connect, role: Role) -> None:
    found = list(VaultStore(connect(role)).read())
    assert {one.place.path for one in found if isinstance(one, Held)} == {"secret/app/db"}
    assert [one for one in found if isinstance(one, Missed)] == []


def test_who_crawls_reads_mounts_without_versions(connect: Connect) -> None:
    connection = connect(Role.CRAWL, ("old",))
    assert connection.get("old/db")["data"] == {"password": SECRET}
    assert set(connection.list("old")) == {"db", "top/"}
    assert refused(connection, "old/top/master")


@pytest.mark.parametrize("mode", Mode)
def test_a_role_has_no_right_that_its_mode_does_not_need(connect: Connect, mode: Mode) -> None:
    connection = connect(Role(mode))
    mounts, _ = mounts_in_scope(connection, ())
    assert more_than_needed(connection, mode, mounts) == ()


def test_who_looks_up_asks_for_hmacs_and_cannot_make_a_seal(connect: Connect) -> None:
    indexer, reader = Transit(connect(Role.INDEXER)), Transit(connect(Role.INDEX))
    assert reader.hmacs(["a", "b"]) == indexer.hmacs(["a", "b"])
    seal = indexer.seal("text")
    assert reader.is_sealed("text", seal)
    assert not reader.is_sealed("texts", seal)
    with pytest.raises(Denied):
        reader.seal("text")
    connection = reader.connection
    assert refused(
        connection, "secret/metadata/app/db", "transit/export/hmac-key/secscan-index", "transit/keys/secscan-index"
    )
    for path in ("hmac/secscan-index2/sha2-256", "hmac/secscan-index/sha2-512", "keys/secscan-index/rotate"):
        with pytest.raises(Denied):
            connection.post(f"transit/{path}", {"input": "YQ=="})


def test_who_asks_for_hashes_gets_them_of_that_device_only(connect: Connect) -> None:
    connection = connect(Role.AUDIT_HASH)
    (digest,) = audit_hashes(connection, [SECRET])
    assert digest.startswith("hmac-sha256:")
    assert refused(connection, "secret/metadata/app/db", "sys/audit")
    with pytest.raises(Denied):
        connection.post("sys/audit-hash/other", {"input": SECRET})


def test_who_looks_up_references_sees_names_and_no_value(connect: Connect) -> None:
    connection = connect(Role.REFS, ("old",))
    assert "db" in connection.list("secret/metadata/app")
    assert connection.get("secret/subkeys/app/db")["data"]["subkeys"] == {"password": None}
    assert "db" in connection.list("old")
    assert refused(connection, "secret/subkeys/top/master", "secret/metadata/top/master", "old/db")


def test_who_audits_sees_everything_but_values(house: VaultServer) -> None:
    for method in ("approle", "userpass"):
        house.client().sys.enable_auth_method(method)
    house.client().write_data("auth/approle/role/ci", data={"bind_secret_id": True})
    settings = VaultSettings(mounts=("secret", "other"))
    token = house.token(policy(Role.HYGIENE, settings), no_default_policy=True)
    with Connection(settings, house.environment(token)) as connection:
        found = audit(connection)
        assert refused(connection, "secret/data/app/db", "old/db", "auth/token/lookup")
        for path in ("auth/token/revoke-accessor", "auth/approle/role/ci/secret-id", "sys/auth/approle/tune"):
            with pytest.raises(Denied):
                connection.post(path, {"accessor": "x"})
    assert found.unlooked == ()
    assert found.done == set(CHECKS)


def test_a_role_for_changes_lets_only_its_own_workflow_in(house: VaultServer) -> None:
    with issuing() as issuer:
        client = house.client()
        client.sys.enable_auth_method("jwt", path="ci")
        client.auth.jwt.configure(jwt_validation_pubkeys=[issuer.public_key], path="ci")
        workflow = "acme/ci/.github/workflows/secscan.yml@refs/heads/main"
        asked = Asked(audience="vault-of-acme", repository="42", workflow=workflow)
        ours = {
            "aud": "vault-of-acme", "sub": "repo:acme/app:pull_request", "repository_id": "42",
            "job_workflow_ref": workflow, "ref": "refs/heads/main", "event_name": "pull_request",
        }  # fmt: skip
        for role in (Role.INDEX, Role.CRAWL):
            client.write_data(f"auth/ci/role/{least.name(role)}", data=least.jwt_role(role, asked))
            assert _logs_in(client, issuer, role, ours)
            for claim, value in (("repository_id", "43"), ("aud", "other"), ("job_workflow_ref", f"{workflow}2")):
                assert not _logs_in(client, issuer, role, {**ours, claim: value})
        assert not _logs_in(client, issuer, Role.CRAWL, {**ours, "ref": "refs/pull/7/merge"})
        assert not _logs_in(client, issuer, Role.INDEX, {**ours, "event_name": "pull_request_target"})


def _logs_in(client: Any, issuer: Issuer, role: Role, claims: dict[str, str]) -> bool:
    import hvac

    try:
        token = issuer.token(**claims)
        made = client.auth.jwt.jwt_login(least.name(role), token, use_token=False, path="ci")["auth"]
    except hvac.exceptions.InvalidRequest:
        return False
    assert made["token_policies"] == [least.name(role)]
    return True


def test_a_secret_id_is_good_for_one_login(house: VaultServer) -> None:
    import hvac

    client = house.client()
    client.sys.enable_auth_method("approle", path="once")
    path = "auth/once/role/secscan-index"
    client.write_data(path, data=least.approle(Role.INDEX, Asked(cidrs=("127.0.0.0/8",))))
    who = client.read(f"{path}/role-id")["data"]["role_id"]
    secret = client.write_data(f"{path}/secret-id")["data"]["secret_id"]
    login = house.client("none").auth.approle.login
    assert login(who, secret, use_token=False, mount_point="once")["auth"]["token_type"] == "service"
    with pytest.raises(hvac.exceptions.InvalidRequest):
        login(who, secret, use_token=False, mount_point="once")


@pytest.mark.parametrize("glob", ["app/d*", "**/db", "a/?", "a+b/**"])
def test_a_path_that_a_policy_cannot_name_is_refused(glob: str) -> None:
    with pytest.raises(UsageError):
        policy(Role.CRAWL, VaultSettings(not_read=(glob,)))


@pytest.mark.parametrize("mount", ["*", "+", "a/../sys", "sys?", "a*"])
def test_a_mount_that_would_be_more_is_refused(mount: str) -> None:
    with pytest.raises(UsageError):
        policy(Role.CRAWL, VaultSettings(mounts=(mount,)))
    with pytest.raises(UsageError):
        policy(Role.CRAWL, VaultSettings(), (mount,))
