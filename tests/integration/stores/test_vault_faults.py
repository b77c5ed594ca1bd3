"""A real server behind a proxy that spoils answers: all ends as the contract says, never as less without a word."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from secscan.stores.contract import AuthenticationFailed, Denied, Held, Missed, MissedKind, StoreError, Unavailable
from secscan.stores.vault import patience, transport
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.kv import VaultStore
from secscan.stores.vault.settings import Auth, VaultSettings
from tests.support import faulty_proxy as faulty
from tests.support.certificates import certificate_and_key
from tests.support.faulty_proxy import Fault, Proxy, When, always, answer, between, from_on
from tests.support.vault import VaultServer

SECRETS = 12
HTML = b"<html>log in first</html>"


@pytest.fixture(scope="module")
def house(server: VaultServer) -> str:
    """A token that may read and list one mount with a few secrets."""
    client = server.client()
    client.sys.enable_secrets_engine("kv", path="faults", options={"version": "2"})
    for number in range(SECRETS):
        path = f"app{number % 3}/s{number}"
        client.secrets.kv.v2.create_or_update_secret(path, {"password": f"c0pper-{number}"}, mount_point="faults")
    return server.token('path "faults/*" { capabilities = ["read", "list"] }', ttl="1h")


@pytest.fixture
def proxy(server: VaultServer) -> Iterator[Proxy]:
    with faulty.before(server.address) as started:
        yield started


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between two tries, but in all still longer than the budget of these tests."""
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.01)


def settings(budget: float = 0.1, workers: int = 2) -> VaultSettings:
    return VaultSettings(mounts=("faults",), seconds=0.5, budget=budget, workers=workers)


def crawl(proxy: Proxy, token: str, **more: float) -> tuple[set[str], list[Missed], Connection]:
    environment = {"VAULT_ADDR": proxy.address, "VAULT_TOKEN": token}
    with Connection(settings(**more), environment) as connection:  # type: ignore[arg-type]
        items = list(VaultStore(connection).read())
    held = {one.secret.reveal() for one in items if isinstance(one, Held)}
    return held, [one for one in items if isinstance(one, Missed)], connection


ENDS: list[tuple[str, Fault, type[StoreError], str]] = [
    ("html", answer(200, HTML), Unavailable, "is not Vault"),
    ("empty", answer(200, b""), Unavailable, "is not Vault"),
    ("list", answer(200, b"[]"), Unavailable, "is not Vault"),
    ("null", answer(200, b"null"), Unavailable, "is not Vault"),
    ("no-utf-8", answer(200, b'{"data": "\xff"}'), Unavailable, "is not Vault"),
    ("deep", answer(200, b'{"a":' * 100_000), Unavailable, "is not Vault"),
    ("202", answer(202), Unavailable, "is not Vault"),
    ("403-html", answer(403, HTML), Unavailable, "is not Vault"),
    ("404-html", answer(404, HTML), Unavailable, "is not Vault"),
    ("truncated", faulty.truncated, Unavailable, "broke off|IncompleteRead|cannot be reached"),
    ("truncated-unannounced", faulty.truncated_unannounced, Unavailable, "is not Vault"),
    ("hang", faulty.hang, Unavailable, "took too long"),
    ("drip", faulty.drip, Unavailable, "took too long"),
    ("drip-headers", faulty.drip_headers, Unavailable, "took too long"),
    ("reset", faulty.reset, Unavailable, "cannot be reached"),
    ("429", answer(429, b""), Unavailable, "no more questions"),
    ("429-later", answer(429, b"", Retry_After="3600"), Unavailable, "no more questions"),
    ("sealed", answer(503, b'{"errors": ["Vault is sealed"]}'), Unavailable, "sealed"),
    ("500", answer(500), Unavailable, "status 500"),
    ("standby", answer(473, b""), Unavailable, "status 473"),
    ("redirect", answer(307, b"", Location="http://127.0.0.1:1/v1/x"), Unavailable, "redirect"),
    ("403", answer(403), AuthenticationFailed, "login to Vault has ended"),
]
IDS = [name for name, *_ in ENDS]


@pytest.mark.parametrize(("fault", "error", "said"), [case[1:] for case in ENDS], ids=IDS)
@pytest.mark.parametrize("when", [always, from_on(3), from_on(9)], ids=["at once", "while listing", "while reading"])
def test_what_does_not_pass_ends_as_an_error(
    proxy: Proxy, house: str, fault: Fault, error: type[StoreError], said: str, when: When
) -> None:
    proxy.fault, proxy.when = fault, when
    with pytest.raises(error, match=said) as caught:
        crawl(proxy, house)
    shown: BaseException | None = caught.value
    while shown is not None:
        assert house not in repr(vars(shown))
        assert house not in f"{shown!r}{shown.args}"
        assert "c0pper" not in f"{shown!r}{shown.args}{vars(shown)}"
        shown = shown.__cause__ or shown.__context__


PASSING: list[tuple[str, Fault]] = [
    ("truncated", faulty.truncated),
    ("hang", faulty.hang),
    ("reset", faulty.reset),
    ("429", answer(429, b"")),
    ("429-after", answer(429, b"", Retry_After="0")),
    ("sealed", answer(503)),
    ("500", answer(500)),
    ("412", answer(412)),
]


@pytest.mark.parametrize("fault", [fault for _, fault in PASSING], ids=[name for name, _ in PASSING])
@pytest.mark.parametrize("when", [between(1, 2), lambda number, _: number in {6, 9, 10}], ids=["first", "later"])
def test_what_passes_costs_time_and_no_secret(proxy: Proxy, house: str, fault: Fault, when: When) -> None:
    proxy.fault, proxy.when = fault, when
    held, missed, connection = crawl(proxy, house, budget=20)
    assert (len(held), missed) == (SECRETS, [])
    assert connection.asked == len(proxy.seen)


@pytest.mark.parametrize("fault", [*(case[1] for case in ENDS), answer(404)], ids=[*IDS, "404"])
@pytest.mark.parametrize("times", [1, 2])
def test_one_spoiled_answer_is_never_less_without_a_word(proxy: Proxy, house: str, fault: Fault, times: int) -> None:
    """One answer or two, wherever they come: all is there, or what is missing is said, or it is an error."""
    for spoiled in (3, 4, 9):
        proxy.seen.clear()
        proxy.fault, proxy.when = fault, between(spoiled, spoiled + times - 1)
        try:
            held, missed, _ = crawl(proxy, house, workers=1)
        except StoreError:
            continue
        assert len(held) == SECRETS or missed


def test_a_path_that_always_fails_is_missed_and_the_others_are_read(proxy: Proxy, house: str) -> None:
    proxy.fault, proxy.when = answer(500), lambda _, path: "/data/app1/s4" in path
    held, missed, _ = crawl(proxy, house, budget=20)
    assert len(held) == SECRETS - 1
    assert [(one.path, one.kind) for one in missed] == [("faults/app1/s4", MissedKind.UNAVAILABLE)]
    assert [path for path, _ in proxy.seen].count("/v1/faults/data/app1/s4") == patience.MOST_TRIES


def test_an_answer_that_is_too_large_is_refused_early(proxy: Proxy, house: str) -> None:
    proxy.fault, proxy.when = faulty.huge, lambda _, path: "/data/app1/s4" in path
    environment = {"VAULT_ADDR": proxy.address, "VAULT_TOKEN": house}
    with Connection(VaultSettings(mounts=("faults",), seconds=20, workers=2), environment) as connection:
        items = list(VaultStore(connection).read())
    assert [one.path for one in items if isinstance(one, Missed)] == ["faults/app1/s4"]
    assert 0 < proxy.megabytes < 60


def test_the_token_goes_to_one_host_only(proxy: Proxy, server: VaultServer, house: str) -> None:
    with faulty.before(server.address) as evil:
        for status in (301, 302, 303, 307, 308):
            proxy.fault, proxy.when = answer(status, b"", Location=f"{evil.address}/v1/x"), always
            with pytest.raises(Unavailable, match="redirect"):
                crawl(proxy, house)
        assert evil.seen == []


def test_nothing_of_the_environment_leads_elsewhere(
    proxy: Proxy, server: VaultServer, house: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with faulty.before(server.address) as evil:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, evil.address)
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n", encoding="utf-8")
        (tmp_path / ".vault-token").write_text("s.of-the-home", encoding="utf-8")
        monkeypatch.setenv("HOME", str(tmp_path))
        proxy.when = lambda _, __: False
        held, _, _ = crawl(proxy, house)
        assert (len(held), evil.seen) == (SECRETS, [])
        assert {token for _, token in proxy.seen} == {house}


def test_a_login_is_not_tried_again_once_it_is_refused(proxy: Proxy) -> None:
    proxy.fault = answer(400, b'{"errors": ["invalid role or secret ID"]}')
    environment = {"SECSCAN_VAULT_USERNAME": "ana", "SECSCAN_VAULT_PASSWORD": "invalid"}
    way = replace(settings(), address=proxy.address, auth=Auth(method="userpass"))
    with pytest.raises(AuthenticationFailed) as caught:
        Connection(way, environment)
    assert "invalid role" not in caught.value.message  # it repeats the password
    assert len(proxy.seen) == 1


def test_after_a_403_the_token_is_looked_up_once(proxy: Proxy, house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_PROOF_SECONDS", 60.0)
    proxy.fault, proxy.when = answer(403), lambda _, path: "/data/" in path
    _, missed, _ = crawl(proxy, house, workers=4)
    assert [one.kind for one in missed] == [MissedKind.DENIED] * SECRETS
    looked_up = [path for path, _ in proxy.seen].count("/v1/auth/token/lookup-self")
    assert looked_up == 3  # at the start for its time, at the first refusal, at the end


def test_more_403_after_the_first_are_still_told_from_an_ended_login(proxy: Proxy, house: str) -> None:
    proxy.fault, proxy.when = answer(403), lambda number, path: "/data/app0/" in path or number > 14
    with pytest.raises(AuthenticationFailed):
        crawl(proxy, house, workers=1)


def test_whoever_prints_what_is_sent_is_refused(proxy: Proxy, house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with pytest.raises(Unavailable, match="would print the token"):
        crawl(proxy, house)
    assert proxy.seen == []


def test_a_certificate_that_nobody_signed(server: VaultServer, house: str, tmp_path: Path) -> None:
    file = tmp_path / "self-signed.pem"
    file.write_text(certificate_and_key(), encoding="utf-8")
    with faulty.before(server.address, file) as proxy:
        with pytest.raises(Unavailable, match="not trusted"):
            crawl(proxy, house)
        assert proxy.seen == []


def test_a_client_certificate(server: VaultServer, house: str, tmp_path: Path) -> None:
    file = tmp_path / "both-sides.pem"
    file.write_text(certificate_and_key(), encoding="utf-8")
    with faulty.before(server.address, file, of_clients=True) as proxy:
        proxy.when = lambda _, __: False
        known = {"VAULT_ADDR": proxy.address, "VAULT_TOKEN": house, "VAULT_CACERT": str(file)}
        way = replace(settings(), mounts=())
        with Connection(way, {**known, "VAULT_CLIENT_CERT": str(file), "VAULT_CLIENT_KEY": str(file)}) as connection:
            assert connection.list("faults/metadata/app0") == ("s0", "s3", "s6", "s9")
        with Connection(way, known) as connection, pytest.raises(Unavailable):
            connection.list("faults/metadata/app0")
        assert len(proxy.seen) == 1


def test_hvacs_own_calls_go_the_same_way(proxy: Proxy, house: str) -> None:
    environment = {"VAULT_ADDR": proxy.address, "VAULT_TOKEN": house}
    with Connection(settings(), environment) as connection:
        proxy.when = lambda _, __: False
        kv = connection.client.secrets.kv.v2
        read = partial(kv.read_secret_version, mount_point="faults", raise_on_deleted_version=True)
        assert read("app0/s0")["data"]["data"] == {"password": "c0pper-0"}
        assert set(kv.list_secrets("app0", mount_point="faults")["data"]["keys"]) == {"s0", "s3", "s6", "s9"}
        with pytest.raises(Denied):
            connection.client.sys.list_auth_methods()
        with pytest.raises(StoreError, match="is not asked for"):
            read("app0/../../../sys/mounts")
        proxy.fault, proxy.when = answer(200, HTML), always
        with pytest.raises(Unavailable):
            connection.client.is_authenticated()


# --- What is not given is not deleted ---------------------------------------------------------------------------------

CONTROL_GROUP = answer(200, b'{"data": null, "wrap_info": {"token": "s.wait", "ttl": 60, "creation_path": "x"}}')


def test_what_a_control_group_holds_back_is_not_deleted(proxy: Proxy, house: str) -> None:
    proxy.fault, proxy.when = CONTROL_GROUP, lambda _, path: "/data/app1/s4" in path
    held, missed, _ = crawl(proxy, house)
    assert len(held) == SECRETS - 1
    assert [(one.path, one.version, one.kind) for one in missed] == [("faults/app1/s4", "1", MissedKind.UNAVAILABLE)]


def test_older_versions_of_what_is_held_back_are_not_of_a_deleted_entry(proxy: Proxy, server: VaultServer) -> None:
    client = server.client()
    client.sys.enable_secrets_engine("kv", path="held-back", options={"version": "2"})
    for number in (1, 2):
        client.secrets.kv.v2.create_or_update_secret("db", {"password": f"c0pper-{number}"}, mount_point="held-back")
    token = server.token('path "held-back/*" { capabilities = ["read", "list"] }', ttl="1h")
    proxy.fault = CONTROL_GROUP
    proxy.when = lambda _, path: "/data/db" in path and "version=1" not in path
    environment = {"VAULT_ADDR": proxy.address, "VAULT_TOKEN": token}
    with Connection(replace(settings(), mounts=("held-back",)), environment) as connection:
        newest, old = VaultStore(connection).read()
    assert isinstance(newest, Missed)
    assert (newest.version, newest.kind) == ("2", MissedKind.UNAVAILABLE)
    assert isinstance(old, Held)
    assert (old.place.version, old.place.current, old.place.deleted) == ("1", False, False)


def test_what_is_held_back_without_versions_is_said(proxy: Proxy, house: str) -> None:
    def spoil(handler: faulty.Handler) -> None:
        body = b'{"data": {"versions": {}}}' if "/metadata/" in handler.path else b'{"data": null, "wrap_info": {}}'
        handler.say(200, body, {})

    proxy.fault, proxy.when = spoil, lambda _, path: "ata/app1/s4" in path
    held, missed, _ = crawl(proxy, house)
    assert len(held) == SECRETS - 1
    assert [(one.path, one.kind) for one in missed] == [("faults/app1/s4", MissedKind.UNAVAILABLE)]


@pytest.mark.parametrize("where", ["faults/app1", "faults/app1/s4"])
def test_what_is_listed_and_not_found_is_not_deleted(proxy: Proxy, house: str, where: str) -> None:
    mount, _, path = where.partition("/")
    targets = {f"/v1/{mount}/{part}/{path}" for part in ("data", "metadata")}
    proxy.fault = answer(404, b'{"errors": []}')
    proxy.when = lambda _, asked: asked.partition("?")[0].rstrip("/") in targets
    held, missed, _ = crawl(proxy, house)
    assert held
    assert [(one.path, one.kind) for one in missed] == [(where, MissedKind.UNAVAILABLE)]


def test_what_is_removed_while_it_is_read_is_deleted(proxy: Proxy, server: VaultServer) -> None:
    client = server.client()
    client.sys.enable_secrets_engine("kv", path="removed", options={"version": "2"})
    kv = client.secrets.kv.v2
    for name in ("gone", "stays"):
        kv.create_or_update_secret(name, {"password": f"c0pper-{name}"}, mount_point="removed")

    def remove(handler: faulty.Handler) -> None:
        kv.delete_metadata_and_all_versions("gone", mount_point="removed")
        handler.say(404, b'{"errors": []}', {})

    token = server.token('path "removed/*" { capabilities = ["read", "list"] }', ttl="1h")
    proxy.fault, proxy.when = remove, lambda _, path: "/data/gone" in path
    environment = {"VAULT_ADDR": proxy.address, "VAULT_TOKEN": token}
    with Connection(replace(settings(), mounts=("removed",)), environment) as connection:
        missed = [one for one in VaultStore(connection).read() if isinstance(one, Missed)]
    assert [(one.path, one.kind) for one in missed] == [("removed/gone", MissedKind.DELETED)]
