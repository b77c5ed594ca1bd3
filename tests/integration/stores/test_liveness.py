"""Whether secrets in code are in use: each state, in each mode, on a real server, with no more rights than needed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hvac.exceptions import Forbidden

from secscan.correlate.merge import merge
from secscan.errors import VaultError
from secscan.findings.levels import Confidence, GapKind, RunStatus, SecretState, Severity
from secscan.findings.model import Finding
from secscan.process import Limits
from secscan.scanners.contract import Setup
from secscan.scanners.registry import choose
from secscan.scanners.runner import Outcome, run_scanners
from secscan.stores.ask import ask_for_index
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.index import build, encode
from secscan.stores.vault.settings import Mode, PathDisplay, VaultSettings
from secscan.stores.vault.transit import Transit
from tests.support import faulty_proxy as faulty
from tests.support.faulty_proxy import always, answer, from_on
from tests.support.targets import folder_target
from tests.support.vault import VaultServer

LIVE, OLD, GONE, STRANGE = "c0pper-Lantern.42", "c0pper-Lantern.41", "h0lly-Saddle.99", "v1olin-Harbor.77"
INNER = "Zq9-nobody-notices"
FILES = {
    "app.py": f"A_PASSWORD = '{LIVE}'\nB_PASSWORD = '{OLD}'\nC_PASSWORD = '{STRANGE}'\nD_PASSWORD = '{GONE}'\n",
    "deploy.sh": f"curl -H 'X-Thing: {INNER}' https://x.example/\n",
    "admin.env": "ADMIN_PASSWORD=hunter2\n",
}
TRANSIT = (
    'path "transit/hmac/secscan-index/sha2-256" { capabilities = ["update"] }\n'
    'path "transit/verify/secscan-index-seal/sha2-256" { capabilities = ["update"] }\n'
    'path "auth/token/lookup-self" { capabilities = ["read"] }'
)


@pytest.fixture(scope="module")
def filled(server: VaultServer) -> str:
    """A mount with a secret in each state; returns its path."""
    client = server.client()
    mount = "liveness"
    client.sys.enable_secrets_engine("kv", path=mount, options={"version": "2"})
    kv = client.secrets.kv.v2
    for value in (OLD, LIVE):
        kv.create_or_update_secret("app/db", {"password": value, "user": "shop"}, mount_point=mount)
    kv.create_or_update_secret("app/more", {"all": json.dumps({"deep": {"key": INNER}})}, mount_point=mount)
    for value in (GONE, "h0lly-Saddle.98"):
        kv.create_or_update_secret("gone", {"password": value}, mount_point=mount)
    kv.delete_latest_version_of_secret("gone", mount_point=mount)
    if "transit/" not in client.sys.list_mounted_secrets_engines()["data"]:
        client.sys.enable_secrets_engine("transit")
    for key in ("secscan-index", "secscan-index-seal"):
        client.secrets.transit.create_key(key, exportable=False)
    return mount


@pytest.fixture
def reader(server: VaultServer, filled: str) -> str:
    """A token that may read the mount, and nothing else."""
    return server.token(
        f'path "{filled}/*" {{ capabilities = ["read", "list"] }}',
        'path "auth/token/lookup-self" { capabilities = ["read"] }',
        no_default_policy=True,
    )


Look = Callable[..., tuple[Outcome, tuple[Finding, ...]]]


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: VaultServer, filled: str) -> Look:
    """Scan the files with a token and settings; returns how the scanner ended, and the findings."""

    def scan(token: str, files: dict[str, str] = FILES, **settings: object) -> tuple[Outcome, tuple[Finding, ...]]:
        for name, value in server.environment(token).items():
            monkeypatch.setenv(name, value)
        target = folder_target(tmp_path / "tree", dict(files))
        wanted = VaultSettings(**{"mounts": (filled,), "budget": 2, **settings})
        setup = Setup(target=target, place=target.root.joinpath, vault=wanted)
        outcomes = run_scanners(choose(("secrets",), vault=True, without=OTHERS), setup)
        found = tuple(finding for outcome in outcomes for finding in outcome.findings)
        return next(one for one in outcomes if one.run.scanner == "vault"), merge(found)

    (tmp_path / "tree").mkdir()
    return scan


OTHERS = tuple(name for name, one in choose((), vault=True).items() if one.needs.vault and name != "vault")


def states(findings: tuple[Finding, ...]) -> dict[str, SecretState | None]:
    return {one.place: one.secret_state for one in findings}


EVERY_STATE = {
    "app.py:1": SecretState.LIVE,
    "app.py:2": SecretState.ROTATED,
    "app.py:3": SecretState.UNKNOWN,
    "app.py:4": SecretState.DELETED,
    "deploy.sh:1": SecretState.LIVE,
    "admin.env:1": None,
}


def test_each_state_by_reading(look: Look, reader: str, filled: str) -> None:
    outcome, findings = look(reader)
    assert (outcome.run.status, outcome.run.control) == (RunStatus.COMPLETED, True)
    assert states(findings) == EVERY_STATE
    by_place = {one.place: one for one in findings}
    live, rotated = by_place["app.py:1"], by_place["app.py:2"]
    assert (live.severity, live.confidence, live.title) == (Severity.CRITICAL, Confidence.HIGH, "Secret that is in use")
    assert f"vault:{filled}/app/db#password, version 2" in live.message
    assert "Rotate it now" in live.remediation
    assert (rotated.severity, rotated.title) == (Severity.LOW, "Secret that was replaced")
    assert f"vault:{filled}/app/db#password, version 1, replaced" in rotated.message
    assert by_place["app.py:3"].severity is Severity.HIGH
    assert f"vault:{filled}/app/more#all.deep.key" in by_place["deploy.sh:1"].message
    assert by_place["admin.env:1"].notes == ("Vault: not checked, it is too ordinary a value to be compared",)
    assert [(one.kind, one.subject) for one in outcome.gaps] == [(GapKind.STORE_DELETED, f"vault:{filled}/gone")]
    assert any("not compared: 1" in one.text for one in outcome.notices)


def test_a_new_version_with_the_same_value_is_no_rotation(
    look: Look, reader: str, server: VaultServer, filled: str
) -> None:
    kv = server.client().secrets.kv.v2
    for note in ("a", "b"):
        kv.create_or_update_secret("same", {"password": "qu4rtz-Falcon.12", "note": note}, mount_point=filled)
    _, (finding,) = look(reader, {"a.py": "PASSWORD = 'qu4rtz-Falcon.12'\n"})
    assert finding.secret_state is SecretState.LIVE
    assert "version 2" in finding.message
    kv.delete_metadata_and_all_versions("same", mount_point=filled)


def test_no_value_crosses_back(look: Look, reader: str) -> None:
    outcome, findings = look(reader)
    for value in (LIVE, OLD, GONE, STRANGE, INNER, "hunter2"):
        assert value not in repr((outcome, findings))


@pytest.fixture
def index(server: VaultServer, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    made = ask_for_index(VaultSettings(mounts=(filled,)), Limits())
    path = tmp_path / "index.json"
    path.write_text(made.index)
    return path


def test_each_state_by_the_index_without_reading(look: Look, server: VaultServer, index: Path, filled: str) -> None:
    token = server.token(TRANSIT, no_default_policy=True)
    before = len(server.audited())
    outcome, findings = look(token, mode=Mode.INDEX, index=str(index))
    assert (outcome.run.status, outcome.run.control, outcome.run.reason) == (RunStatus.COMPLETED, True, "")
    # What no pattern notices is not asked about: each question counts.
    assert states(findings) == {place: state for place, state in EVERY_STATE.items() if place != "deploy.sh:1"}
    assert filled not in repr(findings)
    assert "vault:id-" in next(one.message for one in findings if one.place == "app.py:1")
    asked = {one["request"]["path"] for one in server.audited()[before:]}
    of_itself = {"auth/token/lookup-self", "sys/internal/ui/mounts/liveness", "sys/capabilities-self"}
    assert asked <= of_itself | {"transit/hmac/secscan-index/sha2-256", "transit/verify/secscan-index-seal/sha2-256"}
    text = index.read_text()
    for value in (LIVE, OLD, GONE, INNER, filled, "app/db"):
        assert value not in text


def test_what_is_replaced_is_not_known_where_the_newest_version_is_not_given(
    look: Look, reader: str, server: VaultServer, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    withheld = b'{"data": {"data": null, "metadata": {"version": 2, "created_time": "", "deletion_time": ""}}}'
    with faulty.before(server.address) as proxy:
        proxy.fault = answer(200, withheld)
        proxy.when = lambda _, path: f"/{filled}/data/app/db" in path and "version=1" not in path
        monkeypatch.setenv("VAULT_ADDR", proxy.address)
        monkeypatch.setenv("VAULT_TOKEN", server.environment()["VAULT_TOKEN"])
        made = ask_for_index(VaultSettings(mounts=(filled,)), Limits())
        outcome, findings = look(reader, address=proxy.address)
    by_place = {one.place: one for one in findings}
    old = by_place["app.py:2"]
    assert (old.secret_state, old.severity) == (SecretState.UNKNOWN, Severity.HIGH)
    assert f"Vault: unknown at vault:{filled}/app/db#password, version 1" in ", ".join(old.notes)
    assert (GapKind.STORE_UNAVAILABLE, f"vault:{filled}/app/db") in [(one.kind, one.subject) for one in outcome.gaps]
    (tmp_path / "index.json").write_text(made.index)
    _, findings = look(server.token(TRANSIT), mode=Mode.INDEX, index=str(tmp_path / "index.json"))
    assert states(findings)["app.py:2"] is SecretState.UNKNOWN


def tampered(index: Path, change: Callable[[dict], None]) -> None:
    document = json.loads(index.read_text())
    change(document)
    index.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: one.update(values={}), "does not carry the seal"),
        (lambda one: one.update(created="2020-01-01T00:00:00Z"), "does not carry the seal"),
        (lambda one: one.update(seal="vault:v1:AAAA"), "malformed|does not carry the seal"),
        (lambda one: one.update(format="secscan.vault-index/9"), "no index that this secscan reads"),
        (lambda one: one.update(extra=1), "no index of Vault"),
        (lambda one: one["values"].update(x=[10_000]), "is damaged"),
    ],
)
def test_an_index_that_was_changed_is_refused(
    look: Look, server: VaultServer, index: Path, change: Callable[[dict], None], said: str
) -> None:
    tampered(index, change)
    outcome, findings = look(server.token(TRANSIT), mode=Mode.INDEX, index=str(index))
    assert outcome.run.status is RunStatus.FAILED
    assert re.search(said, outcome.run.reason)
    assert {one.secret_state for one in findings} == {None}


def test_an_index_that_is_old_or_not_there_is_refused(look: Look, server: VaultServer, index: Path) -> None:
    outcome, _ = look(server.token(TRANSIT), mode=Mode.INDEX, index=str(index), max_index_age=0.000001)
    assert "does not count" in outcome.run.reason
    for path, said in ((str(index) + "x", "cannot read the index"), ("", "needs an index")):
        outcome, _ = look(server.token(TRANSIT), mode=Mode.INDEX, index=path)
        assert said in outcome.run.reason


def test_who_may_look_up_cannot_make_an_index(server: VaultServer, index: Path) -> None:
    adapter = server.client(server.token(TRANSIT)).adapter
    assert adapter.post("/v1/transit/hmac/secscan-index/sha2-256", json={"input": "AAAA"})["data"]["hmac"]
    with pytest.raises(Forbidden):
        adapter.post("/v1/transit/hmac/secscan-index-seal/sha2-256", json={"input": "AAAA"})


def test_no_index_is_made_of_a_vault_that_gives_no_value(
    server: VaultServer, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = b'{"data": {"data": {}, "metadata": {"version": 1, "created_time": "", "deletion_time": ""}}}'
    with faulty.before(server.address) as proxy:
        proxy.fault, proxy.when = answer(200, empty), lambda _, path: f"/{filled}/data/" in path
        for name, value in {**server.environment(), "VAULT_ADDR": proxy.address}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(VaultError, match="no value that could be compared"):
            ask_for_index(VaultSettings(mounts=(filled,)), Limits())


def test_an_index_without_values_is_refused_though_it_is_sealed(
    look: Look, server: VaultServer, filled: str, tmp_path: Path
) -> None:
    with Connection(VaultSettings(), server.environment()) as connection:
        document, _ = build([], [], 0, Transit(connection))
    path = tmp_path / "empty.json"
    path.write_bytes(encode(document))
    outcome, findings = look(server.token(TRANSIT), mode=Mode.INDEX, index=str(path))
    assert outcome.run.status is RunStatus.FAILED
    assert "holds no value" in outcome.run.reason
    assert {one.secret_state for one in findings} == {None}


def test_more_questions_than_allowed_are_a_gap(look: Look, server: VaultServer, index: Path) -> None:
    outcome, findings = look(server.token(TRANSIT), mode=Mode.INDEX, index=str(index), most_queries=1)
    assert sum(one.secret_state is not None for one in findings) == 1
    assert [one.kind for one in outcome.gaps if one.subject == "vault:"] == [GapKind.STORE_UNAVAILABLE]


def test_each_state_by_the_audit_log_without_reading(look: Look, server: VaultServer, filled: str, reader: str) -> None:
    kv = server.client(reader).secrets.kv.v2
    kv.read_secret_version("app/db", mount_point=filled, raise_on_deleted_version=True)
    token = server.token(
        'path "sys/audit-hash/file" { capabilities = ["update"] }',
        'path "auth/token/lookup-self" { capabilities = ["read"] }',
        no_default_policy=True,
    )
    outcome, findings = look(token, mode=Mode.AUDIT_HASH, audit_log=str(server.folder / "audit.log"))
    assert (outcome.run.status, outcome.run.control, outcome.run.reason) == (RunStatus.COMPLETED, True, "")
    found = states(findings)
    assert (found["app.py:1"], found["app.py:2"]) == (SecretState.LIVE, SecretState.ROTATED)
    assert (found["app.py:3"], found["app.py:4"]) == (SecretState.UNKNOWN, SecretState.DELETED)


def test_an_audit_log_of_another_vault_is_no_control(look: Look, server: VaultServer, tmp_path: Path) -> None:
    token = server.token('path "sys/audit-hash/file" { capabilities = ["update"] }')
    log = tmp_path / "other.log"
    log.write_text((server.folder / "audit.log").read_text().splitlines()[0] + "\n{damaged\n")
    outcome, _ = look(token, mode=Mode.AUDIT_HASH, audit_log=str(log))
    assert outcome.run.status is RunStatus.FAILED
    assert "did not find its positive control" in outcome.run.reason
    log.write_text("")
    outcome, _ = look(token, mode=Mode.AUDIT_HASH, audit_log=str(log))
    assert "holds no entry of an audit log" in outcome.run.reason


def test_paths_are_ids_where_a_change_is_shown(look: Look, reader: str, filled: str) -> None:
    outcome, findings = look(reader, paths=PathDisplay.IDS)
    assert filled not in repr((outcome, findings))
    assert states(findings) == EVERY_STATE


def test_a_part_that_may_not_be_read_is_a_gap_and_lowers_nothing(look: Look, server: VaultServer, filled: str) -> None:
    token = server.token(
        f'path "{filled}/*" {{ capabilities = ["read", "list"] }}',
        f'path "{filled}/data/app/db" {{ capabilities = ["deny"] }}',
    )
    outcome, findings = look(token)
    assert (GapKind.STORE_DENIED, f"vault:{filled}/app/db") in [(one.kind, one.subject) for one in outcome.gaps]
    assert {one.place: one.severity for one in findings}["app.py:2"] is Severity.HIGH


def test_nobody_said_that_vault_may_be_asked(tmp_path: Path) -> None:
    target = folder_target(tmp_path, {"a.py": "x = 1\n"})
    (outcome,) = run_scanners(choose(("vault",)), Setup(target=target, place=tmp_path.joinpath))
    assert outcome.run.status is RunStatus.FAILED
    assert outcome.run.hint == "scan with --vault"


def test_for_a_fork_nothing_is_asked(
    look: Look, reader: str, server: VaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    before = len(server.audited())
    outcome, findings = look(reader, mode=Mode.INDEX)
    assert outcome.run.status is RunStatus.FAILED
    assert "comes from a fork" in outcome.run.reason
    assert len(server.audited()) == before
    assert {one.secret_state for one in findings} == {None}


FAULTS = {
    "a refusal in the middle": (answer(403), from_on(6)),
    "the login page of a proxy": (answer(200, b"<html>log in first</html>"), from_on(4)),
    "nothing": (answer(200, b""), from_on(4)),
    "half an answer": (faulty.truncated, from_on(4)),
    "a fault of the server": (answer(500), from_on(4)),
    "sealed": (answer(503), from_on(4)),
    "too many requests": (answer(429), from_on(4)),
    "no answer": (faulty.hang, from_on(4)),
    "an answer without end": (faulty.huge, from_on(4)),
    "the line is cut": (faulty.reset, from_on(4)),
    "another address": (answer(307, b"", Location="http://127.0.0.1:1/v1/x"), from_on(4)),
    "all from the beginning": (answer(503), always),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_could_not_be_asked_lowers_nothing(look: Look, reader: str, server: VaultServer, fault: str) -> None:
    spoil, when = FAULTS[fault]
    with faulty.before(server.address) as proxy:
        proxy.fault, proxy.when = spoil, when
        outcome, findings = look(reader, address=proxy.address, seconds=0.5, budget=0.3)
    told = {one.kind for one in outcome.gaps} & {GapKind.STORE_UNAVAILABLE, GapKind.STORE_DENIED}
    assert outcome.run.status is RunStatus.FAILED or told
    if outcome.run.status is RunStatus.FAILED:
        assert {one.secret_state for one in findings} == {None}
        assert {one.severity for one in findings} == {Severity.HIGH}
        assert outcome.run.reason
        assert reader not in outcome.run.reason
    assert next(one for one in findings if one.place == "app.py:3").severity is Severity.HIGH


@pytest.mark.parametrize("fault", ["sealed", "half an answer", "the login page of a proxy", "no answer"])
def test_an_index_that_transit_does_not_answer_for(look: Look, server: VaultServer, index: Path, fault: str) -> None:
    spoil, when = FAULTS[fault]
    with faulty.before(server.address) as proxy:
        proxy.fault, proxy.when = spoil, when
        token = server.token(TRANSIT)
        settings = {"mode": Mode.INDEX, "index": str(index), "seconds": 0.5, "budget": 0.3}
        outcome, findings = look(token, address=proxy.address, **settings)
    assert outcome.run.status is RunStatus.FAILED
    assert {one.secret_state for one in findings} == {None}


AUDITOR = (
    'path "sys/audit-hash/file" { capabilities = ["update"] }\n'
    'path "auth/token/lookup-self" { capabilities = ["read"] }'
)


def test_an_entry_that_was_made_anew_begins_with_version_1(look: Look, server: VaultServer, filled: str) -> None:
    kv = server.client().secrets.kv.v2
    for value in ("t1mber-Meadow.1", "t1mber-Meadow.2", "t1mber-Meadow.3"):
        kv.create_or_update_secret("anew", {"password": value}, mount_point=filled)
    kv.delete_metadata_and_all_versions("anew", mount_point=filled)
    kv.create_or_update_secret("anew", {"password": "t1mber-Meadow.4"}, mount_point=filled)
    files = {f"{n}.env": f"DB_PASSWORD=t1mber-Meadow.{n}\n" for n in (3, 4)}
    token = server.token(AUDITOR, no_default_policy=True)
    _, findings = look(token, files, mode=Mode.AUDIT_HASH, audit_log=str(server.folder / "audit.log"))
    assert states(findings) == {"3.env:1": SecretState.ROTATED, "4.env:1": SecretState.LIVE}


def test_the_same_path_in_two_namespaces_is_two_entries(look: Look, server: VaultServer) -> None:
    client = server.client()
    values = {"prod": "s4ddle-Violin.1", "dev": "s4ddle-Violin.2"}
    for name, value in values.items():
        client.adapter.post(f"/v1/sys/namespaces/{name}", json={})
        client.adapter.namespace = name
        client.sys.enable_secrets_engine("kv", path="kv", options={"version": "2"})
        for one in (f"{value}.old", value):
            client.secrets.kv.v2.create_or_update_secret("app", {"password": one}, mount_point="kv")
        client.secrets.kv.v2.read_secret_version("app", version=1, mount_point="kv", raise_on_deleted_version=True)
        client.adapter.namespace = None
    files = {f"{name}.env": f"DB_PASSWORD={value}\n" for name, value in values.items()}
    token = server.token(AUDITOR, no_default_policy=True)
    _, findings = look(token, files, mode=Mode.AUDIT_HASH, audit_log=str(server.folder / "audit.log"))
    assert states(findings) == {"dev.env:1": SecretState.LIVE, "prod.env:1": SecretState.LIVE}


def test_an_index_of_another_part_of_vault_is_refused(look: Look, server: VaultServer, index: Path) -> None:
    outcome, findings = look(server.token(TRANSIT), mode=Mode.INDEX, index=str(index), mounts=("secret",))
    assert outcome.run.status is RunStatus.FAILED
    assert "made of another part of Vault" in outcome.run.reason
    assert {one.secret_state for one in findings} == {None}
