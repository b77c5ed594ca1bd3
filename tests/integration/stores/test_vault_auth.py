"""Every way to log in, against a real server; and what its own audit log says of how the login ended."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from secscan.stores.contract import AuthenticationFailed, Denied, StoreError, Unavailable
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.settings import Auth, VaultSettings
from tests.support.issuer import ACCOUNT, NAMESPACE, Issuer, issuing
from tests.support.vault import VaultServer, agent, running

READER = """
path "secret/data/app" { capabilities = ["read"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as started:
        yield started


@pytest.fixture(scope="module", autouse=True)
def _house(server: VaultServer, issuer: Issuer) -> None:
    client = server.client()
    client.secrets.kv.v2.create_or_update_secret("app", {"password": "c0pper-Lantern.42"})
    client.sys.create_or_update_policy("reader", READER)
    for method in ("approle", "jwt", "userpass", "kubernetes"):
        client.sys.enable_auth_method(method)
    client.sys.enable_auth_method("jwt", path="github")
    client.auth.jwt.configure(jwt_validation_pubkeys=[issuer.public_key])
    client.auth.jwt.configure(oidc_discovery_url=issuer.address, path="github")
    for path in ("jwt", "github"):
        role = {"user_claim": "sub", "role_type": "jwt", "bound_audiences": ["secscan"], "token_policies": ["reader"]}
        client.auth.jwt.create_role(
            "scan", allowed_redirect_uris=[], bound_claims={"ref": "refs/heads/main"}, path=path, **role
        )
    client.auth.approle.create_or_update_approle("scan", token_policies=["reader"], secret_id_num_uses=1)
    client.auth.approle.create_or_update_approle(
        "batch", token_policies=["reader"], token_type="batch", token_ttl="60s"
    )
    client.auth.userpass.create_or_update_user("ana", password="s0lder-Iron.9", policies=["reader"])
    client.auth.kubernetes.configure(
        issuer.address,
        kubernetes_ca_cert=issuer.certificate,
        token_reviewer_jwt=issuer.account_token(),
        disable_local_ca_jwt=True,
    )
    client.auth.kubernetes.create_role(
        "scan",
        bound_service_account_names=[ACCOUNT],
        bound_service_account_namespaces=[NAMESPACE],
        policies=["reader"],
    )


def settings(server: VaultServer, method: str, **auth: str) -> VaultSettings:
    return VaultSettings(address=server.address, auth=Auth(method=method, **auth), budget=2)


def reads(settings: VaultSettings, environment: Mapping[str, str]) -> Connection:
    """Log in, read the one secret, and end the login."""
    with Connection(settings, environment) as connection:
        assert connection.get("secret/data/app")["data"]["data"] == {"password": "c0pper-Lantern.42"}
    return connection


def approle(server: VaultServer, name: str = "scan", wrapped: bool = False) -> dict[str, str]:
    client = server.client()
    role = client.auth.approle.read_role_id(name)["data"]["role_id"]
    made = client.auth.approle.generate_secret_id(name, wrap_ttl="60s" if wrapped else None)
    if wrapped:
        return {"SECSCAN_VAULT_ROLE_ID": role, "SECSCAN_VAULT_WRAPPED_SECRET_ID": made["wrap_info"]["token"]}
    return {"SECSCAN_VAULT_ROLE_ID": role, "SECSCAN_VAULT_SECRET_ID": made["data"]["secret_id"]}


def revocations(server: VaultServer) -> list[dict[str, Any]]:
    return [one for one in server.audited() if one["request"]["path"] == "auth/token/revoke-self"]


def test_a_token_of_the_caller_is_used_and_not_ended(server: VaultServer) -> None:
    token, before = server.token(READER), len(revocations(server))
    for _ in range(2):
        connection = reads(settings(server, "token"), {"VAULT_TOKEN": token})
    assert not connection.revoked
    assert len(revocations(server)) == before


def test_approle_with_a_secret_id_for_one_use(server: VaultServer) -> None:
    environment, before = approle(server), len(revocations(server))
    connection = reads(settings(server, "approle"), environment)
    assert connection.revoked
    assert connection.login.policies == ("default", "reader")
    assert len(revocations(server)) == before + 1
    with pytest.raises(AuthenticationFailed) as caught:
        reads(settings(server, "approle"), environment)
    assert environment["SECSCAN_VAULT_SECRET_ID"] not in f"{caught.value.message}{caught.value.hint}"


def test_what_was_ended_reads_nothing_more(server: VaultServer) -> None:
    with Connection(settings(server, "approle"), approle(server)) as connection:
        token = connection.client.token
    with Connection(settings(server, "token"), {"VAULT_TOKEN": token}) as again, pytest.raises(AuthenticationFailed):
        again.get("secret/data/app")


def test_approle_with_a_wrapped_secret_id(server: VaultServer) -> None:
    environment = approle(server, wrapped=True)
    assert reads(settings(server, "approle"), environment).revoked
    with pytest.raises(AuthenticationFailed):  # a wrapping token opens once
        reads(settings(server, "approle"), environment)


def test_a_wrapping_token_that_was_made_for_something_else(server: VaultServer) -> None:
    other = server.client().sys.wrap({"secret_id": "mine"})["wrap_info"]["token"]
    environment = {**approle(server, wrapped=True), "SECSCAN_VAULT_WRAPPED_SECRET_ID": other}
    with pytest.raises(AuthenticationFailed, match="was not made as one"):
        reads(settings(server, "approle"), environment)


def test_a_batch_token_cannot_be_ended_and_that_is_said(server: VaultServer) -> None:
    before = len(revocations(server))
    connection = reads(settings(server, "approle"), approle(server, "batch"))
    assert (connection.login.revocable, connection.revoked) == (False, False)
    assert len(revocations(server)) == before


def test_jwt_by_a_key_that_vault_knows(server: VaultServer, issuer: Issuer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{issuer.token()}\n", encoding="utf-8")
    assert reads(settings(server, "jwt", role="scan"), {"SECSCAN_VAULT_JWT": issuer.token()}).revoked
    assert reads(settings(server, "jwt", role="scan", token_file=str(tmp_path / "token")), {}).revoked


def test_jwt_of_a_job_of_github_checked_by_discovery(server: VaultServer, issuer: Issuer) -> None:
    way = settings(server, "jwt", role="scan", mount="github", audience="secscan")
    assert reads(way, issuer.environment()).revoked
    assert issuer.asked[-1] == "secscan"


def test_without_an_audience_github_is_asked_for_vaults_address(server: VaultServer, issuer: Issuer) -> None:
    with pytest.raises(AuthenticationFailed):  # this role wants another one
        reads(settings(server, "jwt", role="scan", mount="github"), issuer.environment())
    assert issuer.asked[-1] == server.address


@pytest.mark.parametrize(
    ("lasts", "claims"),
    [
        (300, {"aud": "another"}),
        (300, {"ref": "refs/pull/7/merge"}),
        (-300, {}),
    ],
)
@pytest.mark.parametrize("mount", ["jwt", "github"])
def test_jwt_for_another_or_too_late(
    server: VaultServer, issuer: Issuer, mount: str, lasts: int, claims: dict[str, str]
) -> None:
    token = issuer.token(lasts, **claims)
    with pytest.raises(AuthenticationFailed, match="refused the login") as caught:
        reads(settings(server, "jwt", role="scan", mount=mount), {"SECSCAN_VAULT_JWT": token})
    assert token not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"ACTIONS_ID_TOKEN_REQUEST_URL": "http://pipelines.example/x?y"}, StoreError),
        ({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another"}, AuthenticationFailed),
        ({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}, AuthenticationFailed),
    ],
)
def test_no_id_token_for_whom_github_gives_none(
    server: VaultServer, issuer: Issuer, change: dict[str, str], error: type[StoreError]
) -> None:
    with pytest.raises(error):
        reads(settings(server, "jwt", role="scan"), {**issuer.environment(), **change})


def test_kubernetes(server: VaultServer, issuer: Issuer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    way = settings(server, "kubernetes", role="scan", token_file=str(file))
    issuer.known = issuer.account_token()
    file.write_text(issuer.known, encoding="utf-8")
    assert reads(way, {}).revoked
    issuer.known = ""
    with pytest.raises(AuthenticationFailed):
        reads(way, {})


def test_userpass(server: VaultServer) -> None:
    known = {"SECSCAN_VAULT_USERNAME": "ana", "SECSCAN_VAULT_PASSWORD": "s0lder-Iron.9"}
    assert reads(settings(server, "userpass"), known).revoked
    with pytest.raises(AuthenticationFailed, match="refused the login") as caught:
        reads(settings(server, "userpass"), {**known, "SECSCAN_VAULT_PASSWORD": "s0lder-Iron.8"})
    assert "s0lder" not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"


def test_a_user_name_does_not_walk_to_another_endpoint(server: VaultServer) -> None:
    known = {"SECSCAN_VAULT_USERNAME": "../../../sys/wrapping/unwrap", "SECSCAN_VAULT_PASSWORD": "x"}
    before = len(server.audited())
    with pytest.raises(StoreError, match="is not asked for"):
        reads(settings(server, "userpass"), known)
    assert len(server.audited()) == before


def test_an_agent_adds_the_token_itself(server: VaultServer, tmp_path: Path) -> None:
    with agent(tmp_path, server, server.token(READER)) as path:
        for address in (str(path), f"unix://{path}"):
            connection = reads(settings(server, "agent", socket=address), {"VAULT_TOKEN": "of another"})
            assert not connection.revoked


@pytest.mark.parametrize("address", ["", "https://vault.corp.example:8200", "http://10.0.0.7:8100"])
def test_an_agent_is_on_this_machine(server: VaultServer, address: str) -> None:
    with pytest.raises(StoreError, match=r"not on this machine|not a safe way"):
        Connection(settings(server, "agent", socket=address), {})


@pytest.mark.parametrize("method", ["token", "approle", "jwt", "kubernetes", "userpass"])
def test_who_brings_nothing_is_told_what_is_needed(server: VaultServer, method: str) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        Connection(settings(server, method), {})
    assert caught.value.hint


@pytest.mark.parametrize("token", ["s.new\nline", "s.sp ace", "s.ümlaut", "s.x\r\nX-Vault-Namespace: other"])
def test_a_token_that_is_none_is_not_sent_or_shown(server: VaultServer, token: str) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        Connection(settings(server, "token"), {"VAULT_TOKEN": token})
    assert token[:6] not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"


def test_a_refusal_is_told_from_a_login_that_ended(server: VaultServer) -> None:
    token = server.token(READER)
    with Connection(settings(server, "token"), {"VAULT_TOKEN": token}) as connection:
        with pytest.raises(Denied):
            connection.get("secret/data/other")
        assert connection.get("secret/data/app")
        server.client().auth.token.revoke(token)
        with pytest.raises(AuthenticationFailed):
            connection.check_login()
        asked = connection.asked
        with pytest.raises(AuthenticationFailed):
            connection.get("secret/data/app")
        assert (connection.asked, connection.lost) == (asked, True)


def test_a_token_that_may_not_look_itself_up_lives_while_it_can_list(server: VaultServer) -> None:
    rules = 'path "secret/metadata/*" { capabilities = ["list"] }'
    token = server.token(rules, no_default_policy=True)
    with Connection(settings(server, "token"), {"VAULT_TOKEN": token}) as connection:
        assert "app" in connection.list("secret/metadata")
        with pytest.raises(Denied):
            connection.get("secret/data/app")
        server.client().auth.token.revoke(token)
        with pytest.raises(AuthenticationFailed):
            connection.check_login()


def test_a_short_token_is_renewed_while_it_works(server: VaultServer) -> None:
    client = server.client()
    client.auth.approle.create_or_update_approle(
        "short", token_policies=["reader"], token_ttl="3s", token_max_ttl="60s"
    )
    given = client.auth.token.create(policies=["reader"], ttl="3s", explicit_max_ttl="60s")["auth"]["client_token"]
    before = len(server.audited())
    with (
        Connection(settings(server, "approle"), approle(server, "short")) as own,
        Connection(settings(server, "token"), {"VAULT_TOKEN": given}) as callers,
    ):
        callers.expect_long_work()
        assert own.login.seconds == 3
        time.sleep(1.7)
        for connection in (own, callers, own, callers):
            assert connection.get("secret/data/app")
    asked = [one["request"]["path"] for one in server.audited()[before:]]
    assert asked.count("auth/token/renew-self") == 2


def test_a_token_that_cannot_be_renewed_is_used_until_it_ends(server: VaultServer) -> None:
    client = server.client()
    given = client.auth.token.create(policies=["reader"], ttl="60s", renewable=False)["auth"]["client_token"]
    before = len(server.audited())
    with Connection(settings(server, "token"), {"VAULT_TOKEN": given}) as connection:
        connection.expect_long_work()
        assert connection.get("secret/data/app")
    assert "auth/token/renew-self" not in [one["request"]["path"] for one in server.audited()[before:]]


def test_a_token_that_may_not_renew_or_end_itself_is_used_until_it_ends(server: VaultServer) -> None:
    client = server.client()
    client.sys.create_or_update_policy("bare", 'path "secret/data/app" { capabilities = ["read"] }')
    role = {"token_policies": ["bare"], "token_no_default_policy": True, "token_ttl": "4s"}
    client.auth.approle.create_or_update_approle("bare", **role)
    with Connection(settings(server, "approle"), approle(server, "bare")) as connection:
        time.sleep(2.1)
        assert connection.get("secret/data/app")
    assert not connection.revoked


def test_tls_with_the_ca_of_the_house_only(tmp_path: Path) -> None:
    with running(tmp_path, tls=True) as server:
        server.client().secrets.kv.v2.create_or_update_secret("app", {"password": "c0pper-Lantern.42"})
        environment = {"VAULT_TOKEN": server.token(READER), "VAULT_SKIP_VERIFY": "true"}
        reads(settings(server, "token"), {**environment, "VAULT_CACERT": server.ca})
        with pytest.raises(Unavailable, match="not trusted"):
            reads(settings(server, "token"), environment)
        with pytest.raises(StoreError, match="CA for Vault cannot be read"):
            reads(settings(server, "token"), {**environment, "VAULT_CACERT": str(tmp_path / "none.pem")})


def test_a_namespace_of_its_own(server: VaultServer) -> None:
    client = server.client()
    client.adapter.post("/v1/sys/namespaces/team-a", json={})
    client.adapter.namespace = "team-a"
    client.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
    client.secrets.kv.v2.create_or_update_secret("app", {"password": "of-team-a"})
    with Connection(settings(server, "token"), server.environment(VAULT_NAMESPACE="team-a")) as connection:
        assert connection.get("secret/data/app")["data"]["data"] == {"password": "of-team-a"}
