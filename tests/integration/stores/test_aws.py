"""AWS as a store, against a real server of its API (moto), and behind a proxy that spoils its answers."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secscan.findings.levels import SecretState
from secscan.stores.aws.settings import PARAMETERS, SECRETS_MANAGER, AwsSettings
from secscan.stores.aws.store import AwsStore
from secscan.stores.contract import (
    AuthenticationFailed,
    Held,
    Missed,
    MissedKind,
    StoreError,
    Unavailable,
)
from secscan.stores.matching import ValueIndex
from secscan.stores.state import standing
from tests.support import faulty_proxy as faulty
from tests.support.aws import REGION, AwsServer, running
from tests.support.faulty_proxy import Fault, answer

VALUE, BEFORE, FIRST = "c0pper-Lantern.42", "v10lin-Harbor.17", "0rchid-Saddle.99"

Read = Callable[..., list[Held | Missed]]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsServer]:
    with running(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture
def server(started: AwsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AwsServer:
    """An empty server, and a caller whom it knows."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    started.reset()
    return started


def settings(server: AwsServer, **more: object) -> AwsSettings:
    return AwsSettings(**{"region": REGION, "endpoint": server.address, "seconds": 20.0, **more})


@pytest.fixture
def read(server: AwsServer) -> Read:
    def everything(**more: object) -> list[Held | Missed]:
        store = AwsStore(settings(server, **more))
        try:
            return [*store.read()]
        finally:
            store.close()

    return everything


def values(found: list[Held | Missed]) -> dict[tuple[str, str], list[tuple[str, bool]]]:
    """(path, field) -> values and whether they are current, newest first."""
    told: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for one in found:
        if isinstance(one, Held):
            told.setdefault((one.place.path, one.place.field), []).append((one.secret.reveal(), one.place.current))
    return told


def missed(found: list[Held | Missed]) -> list[tuple[str, MissedKind]]:
    return [(one.path, one.kind) for one in found if isinstance(one, Missed)]


def test_every_version_of_a_secret_with_what_it_is(server: AwsServer, read: Read) -> None:
    client = server.client("secretsmanager")
    client.create_secret(Name="shop/db", SecretString=FIRST)
    client.put_secret_value(SecretId="shop/db", SecretString=BEFORE)
    client.put_secret_value(SecretId="shop/db", SecretString=VALUE)
    found = read()
    assert missed(found) == []
    assert values(found) == {("secretsmanager:shop/db", "value"): [(VALUE, True), (BEFORE, False), (FIRST, False)]}
    newest, *older = [one.place for one in found if isinstance(one, Held)]
    assert newest.replaced == ""
    assert all(one.created and one.replaced for one in older)
    assert len({one.version for one in (newest, *older)}) == 3


def test_the_members_of_a_json_object_are_fields(server: AwsServer, read: Read) -> None:
    client = server.client("secretsmanager")
    client.create_secret(
        Name="db", SecretString=json.dumps({"username": "app", "password": VALUE, "port": 5432, "a": {"b": 1}})
    )
    client.create_secret(Name="list", SecretString=json.dumps([VALUE]))
    client.create_secret(Name="broken", SecretString='{"password": ')
    path = "secretsmanager:db"
    assert values(read()) == {
        (path, "username"): [("app", True)],
        (path, "password"): [(VALUE, True)],
        (path, "port"): [("5432", True)],
        (path, "a"): [('{"b": 1}', True)],
        ("secretsmanager:list", "value"): [(json.dumps([VALUE]), True)],
        ("secretsmanager:broken", "value"): [('{"password": ', True)],
    }


def test_bytes_are_text_or_base64(server: AwsServer, read: Read) -> None:
    client = server.client("secretsmanager")
    data = bytes(range(256))
    client.create_secret(Name="text", SecretBinary=VALUE.encode())
    client.create_secret(Name="bytes", SecretBinary=data)
    assert values(read()) == {
        ("secretsmanager:text", "value"): [(VALUE, True)],
        ("secretsmanager:bytes", "value"): [(base64.b64encode(data).decode(), True)],
    }


def test_versions_that_somebody_is_given_are_current(server: AwsServer, read: Read) -> None:
    client = server.client("secretsmanager")
    client.create_secret(Name="rotating", SecretString=BEFORE)
    client.put_secret_value(SecretId="rotating", SecretString=VALUE, VersionStages=["AWSPENDING"])
    client.create_secret(Name="labelled", SecretString=BEFORE)
    client.put_secret_value(SecretId="labelled", SecretString=VALUE, VersionStages=["blue"])
    told = values(read())
    assert {current for pairs in told.values() for _, current in pairs} == {True}
    assert sum(map(len, told.values())) == 4


@pytest.mark.parametrize(("user", "current"), [("app", False), ("app_clone", True)])
def test_users_that_take_turns_are_both_in_use(server: AwsServer, read: Read, user: str, current: bool) -> None:
    client = server.client("secretsmanager")
    client.create_secret(Name="db", SecretString=json.dumps({"username": "older", "password": FIRST}))
    client.put_secret_value(SecretId="db", SecretString=json.dumps({"username": user, "password": BEFORE}))
    client.put_secret_value(SecretId="db", SecretString=json.dumps({"username": "app", "password": VALUE}))
    told = values(read())["secretsmanager:db", "password"]
    assert told == [(VALUE, True), (BEFORE, current), (FIRST, False)]


def test_what_is_marked_as_deleted_cannot_be_read_and_that_is_said(server: AwsServer, read: Read) -> None:
    client = server.client("secretsmanager")
    client.create_secret(Name="gone", SecretString=VALUE)
    client.delete_secret(SecretId="gone", RecoveryWindowInDays=7)
    client.create_secret(Name="empty")
    found = read()
    assert values(found) == {}
    assert sorted(missed(found)) == [
        ("secretsmanager:empty", MissedKind.UNAVAILABLE),
        ("secretsmanager:gone", MissedKind.DELETED),
    ]


def test_parameters_that_are_secure_with_their_history(server: AwsServer, read: Read) -> None:
    client = server.client("ssm")
    client.put_parameter(Name="/shop/password", Value=BEFORE, Type="SecureString")
    client.put_parameter(Name="/shop/password", Value=VALUE, Type="SecureString", Overwrite=True)
    client.put_parameter(Name="/shop/blue", Value=BEFORE, Type="SecureString")
    client.label_parameter_version(Name="/shop/blue", ParameterVersion=1, Labels=["blue"])
    client.put_parameter(Name="/shop/blue", Value=VALUE, Type="SecureString", Overwrite=True)
    client.put_parameter(Name="/shop/host", Value="db.internal", Type="String")
    found = read()
    assert missed(found) == []
    assert values(found) == {
        ("ssm:/shop/password", "value"): [(VALUE, True), (BEFORE, False)],
        ("ssm:/shop/blue", "value"): [(VALUE, True), (BEFORE, True)],
    }
    place = next(one.place for one in found if isinstance(one, Held) and not one.place.current)
    assert (place.version, bool(place.replaced)) == ("1", True)


def test_all_pages_are_read(server: AwsServer, read: Read) -> None:
    secrets, parameters = server.client("secretsmanager"), server.client("ssm")
    for number in range(103):
        secrets.create_secret(Name=f"s/{number}", SecretString=f"{VALUE}-{number}")
    for number in range(53):
        parameters.put_parameter(Name=f"/p/{number}", Value=f"{VALUE}-{number}", Type="SecureString")
    assert len(values(read())) == 156


def test_only_what_is_in_scope(server: AwsServer, read: Read) -> None:
    server.client("secretsmanager").create_secret(Name="prod/db", SecretString=VALUE)
    server.client("secretsmanager").create_secret(Name="test/db", SecretString=BEFORE)
    server.client("ssm").put_parameter(Name="/prod/db", Value=FIRST, Type="SecureString")
    assert {path for path, _ in values(read(include=("prod/", "/prod/")))} == {"secretsmanager:prod/db", "ssm:/prod/db"}
    assert {path for path, _ in values(read(services=(PARAMETERS,)))} == {"ssm:/prod/db"}


def test_a_store_that_shows_nothing_is_not_a_clean_one(read: Read) -> None:
    assert missed(read()) == [("", MissedKind.UNAVAILABLE)]


def test_what_the_role_may_not_read_is_missed(server: AwsServer, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    server.client("secretsmanager").create_secret(Name="db", SecretString=VALUE)
    caller = server.enforce("secretsmanager:ListSecrets", "secretsmanager:ListSecretVersionIds")
    for name, value in caller.items():
        monkeypatch.setenv(name, value)
    found = read()
    assert values(found) == {}
    assert set(missed(found)) == {("secretsmanager:db", MissedKind.DENIED), ("ssm:", MissedKind.DENIED)}
    assert VALUE not in str(found)


def test_somebody_unknown_is_no_gap_but_an_end(server: AwsServer, read: Read) -> None:
    server.enforce("secretsmanager:ListSecrets")
    with pytest.raises(AuthenticationFailed, match="does not know who asks"):
        read()


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException"])
def test_a_login_that_is_not_known_or_has_ended_is_an_end(server: AwsServer, read: Read, code: str) -> None:
    server.client("secretsmanager").create_secret(Name="db", SecretString=VALUE)
    with faulty.before(server.address) as proxy:
        proxy.fault = answer(400, json.dumps({"__type": code, "message": VALUE}).encode())
        proxy.when = lambda number, _: number > 1
        with pytest.raises(AuthenticationFailed, match="does not know who asks") as told:
            read(endpoint=proxy.address, services=(SECRETS_MANAGER,))
    assert VALUE not in str(told.value)


def test_a_refusal_that_is_not_in_the_words_of_aws_is_an_end(server: AwsServer, read: Read) -> None:
    with faulty.before(server.address) as proxy:
        proxy.fault = answer(403, b"<html>blocked</html>")
        with pytest.raises(AuthenticationFailed, match="lets nobody in"):
            read(endpoint=proxy.address)


def test_nobody_is_logged_in(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(AuthenticationFailed, match="nobody is logged in"):
        read()
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    with pytest.raises(AuthenticationFailed, match="ProfileNotFound"):
        read()


def test_nobody_says_which_region(server: AwsServer) -> None:
    with pytest.raises(StoreError, match="which region"):
        AwsStore(AwsSettings())


def test_an_address_that_others_can_read_is_refused(server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="not a safe way"):
        AwsStore(settings(server, endpoint="http://aws.corp.example"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws.corp.example")
    with pytest.raises(StoreError, match="not a safe way"):
        AwsStore(settings(server, endpoint=""))


def test_without_boto3_the_way_to_it_is_named(server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(StoreError) as told:
        AwsStore(settings(server))
    assert "secscan[aws]" in told.value.hint


def test_a_server_that_is_not_there(read: Read) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        read(endpoint="http://127.0.0.1:9", seconds=1.0)


FAULTS: list[tuple[Fault, str]] = [
    (answer(200, b"<html>please log in</html>"), "is not AWS"),
    (answer(200, b"{}"), "is not AWS"),
    (answer(200, b'{"SecretList": null}'), "is not AWS"),
    (answer(200, b'{"SecretList": [{}]}'), "is not AWS"),
    (answer(307, b"", Location="http://127.0.0.1:9/"), "is not AWS"),
    (answer(503, b"{}"), "in trouble"),
    (answer(400, b'{"__type": "ThrottlingException", "message": "c0pper-Lantern.42"}'), "in trouble"),
    (answer(200, b'{"SecretList": ['), "is not AWS"),
    (faulty.truncated, "is not AWS"),
    (faulty.reset, "does not answer"),
    (faulty.hang, "does not answer"),
]


@pytest.mark.parametrize(("fault", "message"), FAULTS)
def test_what_is_no_answer_is_never_an_empty_store(
    server: AwsServer, read: Read, fault: Fault, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secscan.stores.aws.client._TRIES", 1)  # the waits between them are botocore's own
    with faulty.before(server.address) as proxy:
        proxy.fault = fault
        with pytest.raises(Unavailable, match=message) as told:
            read(endpoint=proxy.address, services=(SECRETS_MANAGER,), seconds=1.0)
    assert VALUE not in f"{told.value} {told.value.hint} {told.value.__cause__}"


def test_a_redirect_is_not_followed(server: AwsServer, read: Read) -> None:
    with faulty.before(server.address) as elsewhere, faulty.before(server.address) as proxy:
        proxy.fault = answer(307, b"", Location=f"{elsewhere.address}/")
        with pytest.raises(Unavailable):
            read(endpoint=proxy.address)
        assert proxy.seen
        assert elsewhere.seen == []


def test_one_entry_in_trouble_is_missed_and_many_end_the_reading(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secscan.stores.aws.client._TRIES", 1)
    client = server.client("secretsmanager")
    for number in range(8):
        client.create_secret(Name=f"s/{number}", SecretString=f"{VALUE}-{number}")
    with faulty.before(server.address) as proxy:
        proxy.fault, proxy.when = answer(500, b"{}"), lambda number, _: number == 2
        store = AwsStore(settings(server, endpoint=proxy.address, services=(SECRETS_MANAGER,), workers=1))
        found = [*store.read()]
        assert [kind for _, kind in missed(found)] == [MissedKind.UNAVAILABLE]
        assert len(values(found)) == 7
        proxy.when = lambda number, _: number > 20
        proxy.seen.clear()
        proxy.when = lambda number, _: number > 1
        with pytest.raises(Unavailable):
            [*store.read()]


def test_nothing_is_logged(server: AwsServer, read: Read, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.client("secretsmanager").create_secret(Name="db", SecretString=VALUE)
    caplog.clear()
    found = read()
    assert len(values(found)) == 1
    assert VALUE not in caplog.text
    assert VALUE not in repr(found)
    assert http.client.HTTPConnection.debuglevel == 0


def test_a_value_in_code_is_live_or_rotated(server: AwsServer, read: Read) -> None:
    client = server.client("secretsmanager")
    client.create_secret(Name="db", SecretString=json.dumps({"password": BEFORE}))
    client.put_secret_value(SecretId="db", SecretString=json.dumps({"password": VALUE}))
    index = ValueIndex()
    for one in read():
        if isinstance(one, Held):
            index.add(one)
    states = [standing(match.places).state for match in index.matches(f"A = '{VALUE}'\nB = '{BEFORE}'\n")]
    assert states == [SecretState.LIVE, SecretState.ROTATED]
