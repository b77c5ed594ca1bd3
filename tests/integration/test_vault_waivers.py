"""Waivers that are kept in Vault: a real server, one that lies, and a change that would like to ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from secscan.cli.judging import Wanted, gather
from secscan.errors import PolicyError, VaultError
from secscan.stores.vault import field as vault
from secscan.stores.vault.field import read_field
from tests.support.repositories import commit, git, repository, write
from tests.support.vault import VaultServer, running

WAIVERS = """
format: secscan.waivers/1
waivers:
  - id: kept-in-vault
    fingerprint: ["12345678"]
    reason: decided by the owners of the risk
    owner: ana
    expires: 2027-01-01
"""
POLICY = """
format: secscan.policy/1
name: house
waivers:
  from: ["vault:secret/policies/waivers#document"]
rules:
  - {id: all, action: block, reason: because}
"""
Lying = Callable[[int, bytes, dict[str, str]], tuple[str, list[str]]]
READER = 'path "secret/data/policies/*" { capabilities = ["read"] }'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with running(tmp_path_factory.mktemp("bao")) as started:
        client = started.client()
        client.secrets.kv.v2.create_or_update_secret("policies/waivers", {"document": WAIVERS, "n": 7})
        client.secrets.kv.v2.create_or_update_secret("prod/db", {"password": "c0pper-Lantern.42"})
        client.sys.enable_secrets_engine("kv", path="old", options={"version": "1"})
        client.secrets.kv.v1.create_or_update_secret("policies/waivers", {"document": WAIVERS}, mount_point="old")
        client.sys.create_or_update_policy("reader", READER)
        yield started


@pytest.fixture
def least(server: VaultServer) -> dict[str, str]:
    """The environment of one who may read the waivers, and nothing else."""
    token = server.client().auth.token.create(policies=["reader"], no_default_policy=True, ttl="5m")
    return server.environment(token["auth"]["client_token"])


def test_a_field_is_read_from_both_versions_of_kv(server: VaultServer) -> None:
    for mount in ("secret", "old"):
        assert read_field(f"{mount}/policies/waivers#document", server.environment()).decode() == WAIVERS


def test_the_least_that_is_needed_is_reading_that_one_path(least: dict[str, str]) -> None:
    assert read_field("secret/policies/waivers#document", least).decode() == WAIVERS
    with pytest.raises(VaultError, match="does not let this token read secret/prod/db"):
        read_field("secret/prod/db#password", least)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("secret/policies/gone#document", "there is no secret"),
        ("secret/policies/waivers#gone", "has no text in the field 'gone'"),
        ("secret/policies/waivers#n", "has no text in the field 'n'"),
        ("secret/policies/waivers", "names no field"),
        ("secret/../sys/mounts#data", "names no field"),
        ("secret//policies#a", "names no field"),
        ("/secret/policies#a", "names no field"),
        ("secret/policies?list=true#a", "names no field"),
        ("secret/%2e%2e/sys#a", "names no field"),
        ("nowhere/policies/waivers#document", "Vault"),
    ],
)
def test_what_cannot_be_read_says_why(server: VaultServer, name: str, said: str) -> None:
    with pytest.raises(VaultError) as caught:
        read_field(name, server.environment())
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "not connected"),
        ({"VAULT_ADDR": "https://vault.corp.invalid"}, "not connected"),
        ({"VAULT_ADDR": "http://vault.corp.internal:8200", "VAULT_TOKEN": "t"}, "not a safe way"),
        ({"VAULT_ADDR": "file:///etc/passwd", "VAULT_TOKEN": "t"}, "not a safe way"),
        ({"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "t"}, "cannot be reached"),
    ],
)
def test_who_is_not_connected_is_told(environment: dict[str, str], said: str) -> None:
    with pytest.raises(VaultError) as caught:
        read_field("secret/a/b#c", environment)
    assert said in caught.value.message


def test_a_token_that_is_no_longer_valid(server: VaultServer) -> None:
    with pytest.raises(VaultError, match="no longer valid"):
        read_field("secret/policies/waivers#document", server.environment("s.gone"))


@pytest.fixture
def lying() -> Iterator[Lying]:
    """A server that gives one answer to everything; returns its address and what tokens it was shown."""
    started: list[ThreadingHTTPServer] = []

    def start(status: int, body: bytes, headers: dict[str, str]) -> tuple[str, list[str]]:
        seen: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.headers.get("X-Vault-Token", ""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        started.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}", seen

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>log in first</html>"),
        (200, b""),
        (204, b""),
        (200, b"[]"),
        (200, b'{"data": null}'),
        (200, b'{"data": {"options": {"version": "2"}}}'),
        (503, b'{"errors": ["sealed"]}'),
        (429, b""),
        (500, b""),
    ],
)
def test_an_answer_that_is_none_is_an_error(lying: Lying, status: int, body: bytes) -> None:
    address, _ = lying(status, body, {})
    with pytest.raises(VaultError) as caught:
        read_field("secret/a/b#c", {"VAULT_ADDR": address, "VAULT_TOKEN": "t"})
    assert caught.value.hint


def test_the_token_is_not_shown_to_the_host_of_a_redirect(lying: Lying) -> None:
    evil, shown = lying(200, b'{"data": {}}', {})
    address, _ = lying(307, b"", {"Location": f"{evil}/v1/x"})
    with pytest.raises(VaultError):
        read_field("secret/a/b#c", {"VAULT_ADDR": address, "VAULT_TOKEN": "s.precious"})
    assert shown == []


def test_a_slow_server_ends_in_time(lying: Lying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "SECONDS", 0.3)
    address, _ = lying(200, b"{", {"Content-Length": "100"})
    with pytest.raises(VaultError, match=r"cannot be reached|not Vault"):
        read_field("secret/a/b#c", {"VAULT_ADDR": address, "VAULT_TOKEN": "t"})


# --- As waivers -------------------------------------------------------------------------------------------------------


@pytest.fixture
def repo(tmp_path: Path, least: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in least.items():
        monkeypatch.setenv(name, value)
    folder = repository(tmp_path / "repo", {".secscan/policy.yaml": POLICY})
    git(folder, "branch", "base")
    return folder


def test_waivers_of_vault_count_and_are_asked_for_once(repo: Path) -> None:
    write(repo, {"a.py": "x = 1\n"})
    judge = gather(repo, None, Wanted(policy_ref="base"), scanners=())
    assert [one.id for one in judge.terms.policy.waivers] == ["kept-in-vault"]
    assert judge.terms.policy.waivers[0].origin.startswith("vault:secret/policies/waivers#document:")
    assert (judge.pending, judge.brought) == ((), None)


def test_a_change_does_not_choose_what_vault_is_asked_for(
    repo: Path, server: VaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even with a token that may read everything."""
    monkeypatch.setenv("VAULT_TOKEN", server.environment()["VAULT_TOKEN"])
    asked: list[str] = []
    real = vault.read_field
    monkeypatch.setattr(vault, "read_field", lambda name: asked.append(name) or real(name))
    write(repo, {".secscan/policy.yaml": POLICY.replace("policies/waivers#document", "prod/db#password")})
    commit(repo)
    judge = gather(repo, None, Wanted(policy_ref="base"), scanners=())
    assert asked == ["secret/policies/waivers#document"]
    (note,) = [one.text for one in judge.notices if "breaks its own judge" in one.text]
    assert "Vault is not asked for secret/prod/db#password" in note


def test_a_mistaken_path_does_not_quote_what_lies_there(
    repo: Path, server: VaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", server.environment()["VAULT_TOKEN"])
    write(repo, {".secscan/policy.yaml": POLICY.replace("policies/waivers#document", "prod/db#password")})
    with pytest.raises(PolicyError, match="is no file of waivers") as caught:
        gather(repo, None, Wanted(policy=str(repo / ".secscan/policy.yaml")), scanners=())
    assert "c0pper" not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"
