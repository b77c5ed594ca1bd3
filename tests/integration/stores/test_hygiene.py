"""Every check on a real server made bad, and none on one made good; and what a token may not look at is a gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from secscan.stores.vault import least
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.hygiene.audit import CHECKS, Audited, audit
from secscan.stores.vault.hygiene.checks import CONTROL
from secscan.stores.vault.hygiene.hcl import Unreadable, read_policy
from secscan.stores.vault.hygiene.policies import covers
from secscan.stores.vault.settings import AuditSettings, Auth, VaultSettings
from tests.support.house_of_vault import House, house
from tests.support.issuer import Issuer, issuing
from tests.support.policies_of_vault import POLICIES, PROBES
from tests.support.vault import VaultServer, agent, running

LATER = datetime.now(UTC) + timedelta(days=400)
SECRET = "c0pper-Lantern.42"


def audited(server: VaultServer, token: str, settings: VaultSettings | None = None, **more: Any) -> Audited:
    settings = settings or VaultSettings()
    ca = server.ca if Path(server.ca).exists() else ""
    with Connection(replace(settings, ca=ca, budget=2), server.environment(token)) as connection:
        return audit(connection, **more)


def seen(found: Audited) -> dict[str, set[str]]:
    said: dict[str, set[str]] = {}
    for one in found.problems:
        said.setdefault(one.check, set()).add(one.subject)
    return said


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with running(tmp_path_factory.mktemp("bad"), audit=False) as server, issuing() as issuer:
        _spoil(server.client(), issuer)
        yield server


def _spoil(client: Any, issuer: Issuer) -> None:
    client.auth.token.create(policies=["default"], period="1h", no_parent=True)
    client.write_data("sys/auth/token/tune", data={"max_lease_ttl": "9000h"})
    client.auth.token.create(policies=["default"], ttl="800h", no_parent=True)
    write = client.sys.create_or_update_policy
    write("everything", 'path "*" { capabilities = ["read", "sudo"] }')
    write("looks", 'path "+/*" { capabilities = ["read"] }')
    write("secrets", 'path "secret/data/*" { capabilities = ["read"] }\npath "old/*" { capabilities = ["update"] }')
    write("system", 'path "sys/*" { capabilities = ["sudo"] }')
    write("maker", 'path "sys/policies/acl/team" { capabilities = ["update"] }')
    write("riddle", 'path "${"}" { capabilities = ["read"] }')
    for method in ("jwt", "approle", "userpass", "kubernetes"):
        client.sys.enable_auth_method(method)
    client.auth.jwt.configure(jwt_validation_pubkeys=[issuer.public_key])
    for name, role in {
        "any-audience": {"bound_claims": {"groups": "a"}},
        "anybody": {"bound_audiences": ["x"]},
        "wild": {"bound_claims_type": "glob", "bound_claims": {"sub": "repo:acme/*"}, "bound_audiences": ["x"]},
        "organisation": {"bound_claims": {"repository_owner": "acme"}, "bound_audiences": ["x"]},
        "any-branch": {"bound_claims": {"repository_id": "1"}, "bound_audiences": ["x"]},
    }.items():
        client.write_data(f"auth/jwt/role/{name}", data={"role_type": "jwt", "user_claim": "sub", **role})
    client.write_data("auth/approle/role/endless", data={"bind_secret_id": True})
    client.write_data("auth/approle/role/open", data={"bind_secret_id": False, "token_bound_cidrs": ["127.0.0.0/8"]})
    client.write_data("sys/auth/userpass/tune", data={"user_lockout_config": {"lockout_disable": True}})
    client.auth.kubernetes.configure(
        issuer.address,
        kubernetes_ca_cert=issuer.certificate,
        token_reviewer_jwt=issuer.account_token(),
        disable_local_ca_jwt=True,
    )
    for name, accounts, spaces in (("all", ["*"], ["*"]), ("space", ["*"], ["app"])):
        client.write_data(
            f"auth/kubernetes/role/{name}",
            data={"bound_service_account_names": accounts, "bound_service_account_namespaces": spaces},
        )
    client.sys.enable_secrets_engine("kv", path="old", options={"version": "1"})
    client.secrets.kv.v2.create_or_update_secret("app/db", {"password": SECRET})
    client.write_data("sys/mounts/secret/tune", data={"default_lease_ttl": "900h", "max_lease_ttl": "9000h"})


def test_every_check_sees_what_is_bad(bad: VaultServer) -> None:
    found = audited(bad, "root-of-the-tests", VaultSettings(audit=AuditSettings(oldest_version="9.0.0")), now=LATER)
    said = seen(found)
    accessors = {name: {one.rpartition("/")[0] for one in said[name]} for name in ("1.1", "1.2", "1.3", "1.4")}
    assert set(map(tuple, accessors.values())) == {("auth/token/accessors",)}
    assert {check: subjects for check, subjects in said.items() if not check.startswith("1.")} == {
        "2.1": {"sys/policies/acl/everything", "sys/policies/acl/looks"},
        "2.2": {"sys/policies/acl/secrets"},
        "2.3": {"sys/policies/acl/system"},
        "2.4": {"sys/policies/acl/maker", "sys/policies/acl/system"},
        "3.1": {"auth/jwt/role/any-audience"},
        "3.2": {"auth/jwt/role/anybody"},
        "3.3": {"auth/jwt/role/wild"},
        "3.4": {"auth/jwt/role/organisation", "auth/jwt/role/wild"},
        "3.5": {"auth/jwt/role/any-branch"},
        "3.6": {"auth/approle/role/endless"},
        "3.7": {"auth/approle/role/open"},
        "3.8": {"auth/approle/role/endless"},
        "3.9": {"sys/auth/userpass/tune"},
        "3.10": {"auth/kubernetes/role/all", "auth/kubernetes/role/space"},
        "4.1": {"old"},
        "4.2": {"secret/config"},
        "4.3": {"secret/config"},
        "4.4": {"secret/metadata"},
        "4.5": {"secret/metadata"},
        "4.6": {"sys/auth/token/tune", "sys/mounts/secret/tune"},
        "5.1": {"sys/audit"},
        "5.5": {"sys/seal-status"},
        "5.6": {"sys/seal-status"},
        "5.7": {"sys/health"},
    }
    assert SECRET not in str(found)
    assert CONTROL not in str(found)
    # The policy that nobody understands is a gap, once for each check of policies.
    assert {one.check for one in found.unlooked} == {"2.1", "2.2", "2.3", "2.4"}
    assert all("riddle" in one.detail for one in found.unlooked)
    assert found.done == set(CHECKS) - {"2.1", "2.2", "2.3", "2.4"}


def test_a_log_in_the_clear_old_tls_and_a_seal(tmp_path: Path) -> None:
    with house(tmp_path, listener='tls_min_version = "tls10"', audits=('log_raw = "true"',)) as one:
        sealed = audited(one.server, "none")
        assert seen(sealed) == {"5.4": {"sys/seal-status"}, "5.8": {"sys/health"}}
        assert {"1.1", "2.1", "3.1", "4.1", "5.1"} <= {gap.check for gap in sealed.unlooked}
        one.open()
        said = seen(audited(one.server, one.root))
    assert said["5.2"] == {"sys/audit"}
    assert said["5.3"] == {"sys/audit/log0"}
    assert said["5.8"] == {"sys/health"}
    assert "5.4" not in said


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    """A server with nothing to say against it, and a token of the role that `secscan vault policy` prints."""
    with house(tmp_path_factory.mktemp("good")) as one:
        one.open()
        client = one.client()
        one.mount("secret")
        client.write_data("secret/config", data={"max_versions": 5, "cas_required": True})
        client.secrets.kv.v2.create_or_update_secret("app/db", {"password": SECRET}, cas=0)
        client.secrets.kv.v2.update_metadata("app/db", custom_metadata={"owner": "team-a"})
        for method in ("approle", "jwt", "userpass"):
            client.sys.enable_auth_method(method)
        with issuing() as issuer:
            client.auth.jwt.configure(jwt_validation_pubkeys=[issuer.public_key])
        asked = least.Asked(cidrs=("127.0.0.0/8",))
        for role in least.Role:
            client.sys.create_or_update_policy(
                least.name(role), least.policy(role, VaultSettings(not_read=("app/top/**",)))
            )
            client.write_data(f"auth/jwt/role/{least.name(role)}", data=least.jwt_role(role, asked))
            client.write_data(f"auth/approle/role/{least.name(role)}", data=least.approle(role, asked))
        path = "auth/approle/role/secscan-hygiene"
        who = client.read(f"{path}/role-id")["data"]["role_id"]
        secret = client.write_data(f"{path}/secret-id")["data"]["secret_id"]
        client.auth.token.revoke_self()
        yield one, client.auth.approle.login(who, secret)["auth"]["client_token"]


def test_on_a_good_server_there_is_nothing_to_say(good: tuple[House, str]) -> None:
    found = audited(good[0].server, good[1])
    # The roles that read all of a mount, which is their work, are said to; nothing else is.
    assert seen(found) == {"2.2": {"sys/policies/acl/secscan-crawl", "sys/policies/acl/secscan-indexer"}}
    assert found.unlooked == ()
    assert found.done == set(CHECKS)


def test_what_the_role_may_not_look_at_is_a_gap(bad: VaultServer) -> None:
    rules = least.policy(least.Role.HYGIENE, VaultSettings()).splitlines()
    for path, checks in {
        "sys/audit": {"5.1", "5.2", "5.3"},
        "auth/token/accessors": {"1.1", "1.2", "1.3", "1.4"},
        "sys/policies/acl": {"2.1", "2.2", "2.3", "2.4"},
        "secret/config": {"4.2", "4.3"},
        "sys/mounts/+/tune": {"4.6"},
    }.items():
        fewer = [line for line in rules if not line.startswith((f'path "{path}"', f'path "{path}/"'))]
        found = audited(bad, bad.token("\n".join(fewer)))
        lost = {one.check for one in found.unlooked if "riddle" not in one.detail and "kv" not in one.detail}
        assert checks <= lost, path
        assert not checks & found.done


def test_an_agent_hides_the_way_to_vault(bad: VaultServer, tmp_path: Path) -> None:
    with agent(tmp_path, bad, bad.token(least.policy(least.Role.HYGIENE, VaultSettings()))) as socket:
        settings = VaultSettings(address=bad.address, auth=Auth(method="agent", socket=str(socket)))
        with Connection(settings, {}) as connection:
            found = audit(connection)
    assert {one.check for one in found.unlooked} >= {"5.7", "5.8"}
    assert {"1.1", "5.1"} <= found.done


@pytest.mark.parametrize("text", POLICIES)
def test_a_policy_allows_nothing_that_we_do_not_read(bad: VaultServer, text: str) -> None:
    import hvac

    client = bad.client()
    try:
        client.sys.create_or_update_policy("oracle", text)
    except hvac.exceptions.InvalidRequest:
        return  # the server has no such policy, so there is none to misread
    try:
        rules = read_policy(text)
    except Unreadable:
        return  # a gap
    token = client.auth.token.create(policies=["oracle"], no_default_policy=True)["auth"]["client_token"]
    held = client.write_data("sys/capabilities", data={"token": token, "paths": list(PROBES)})["data"]
    for path in PROBES:
        ours = {one for rule in rules if covers(rule.path, path) for one in rule.capabilities}
        assert set(held[path]) - {"deny"} <= ours, path
