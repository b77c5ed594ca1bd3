"""Reading whole KV mounts of a real server: what is there is given or said to be missed, and nothing else is asked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from secscan.stores.contract import AuthenticationFailed, Held, Missed, MissedKind
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.kv import VaultStore
from secscan.stores.vault.settings import VaultSettings
from tests.support.vault import VaultServer

Make = Callable[..., str]


def crawled(
    server: VaultServer, *mounts: str, token: str = "", versions: bool = True, most: int = 100, **more: Any
) -> tuple[list[Held], list[Missed], VaultStore]:
    environment = server.environment(token) if token else server.environment()
    with Connection(VaultSettings(mounts=mounts, budget=2, **more), environment) as connection:
        store = VaultStore(connection, versions=versions, most_versions=most)
        items = list(store.read())
    return [one for one in items if isinstance(one, Held)], [one for one in items if isinstance(one, Missed)], store


def values(held: list[Held]) -> dict[tuple[str, str, str], str]:
    return {(one.place.path, one.place.field, one.place.version): one.secret.reveal() for one in held}


def test_both_versions_of_kv_with_every_kind_of_value(server: VaultServer, mount: Make) -> None:
    old, new = mount(1), mount(2)
    client = server.client()
    digits = 4929123456789012
    stored = {"digits": digits, "text": "c0pper", "number": 7, "truth": True, "none": None, "tree": {"a": ["ü", 1.5]}}
    client.secrets.kv.v1.create_or_update_secret("top", stored, mount_point=old)
    client.secrets.kv.v1.create_or_update_secret("deep/er/one two", {"a": "b"}, mount_point=old)
    client.secrets.kv.v2.create_or_update_secret("top", stored, mount_point=new)
    client.secrets.kv.v2.create_or_update_secret("deep/ünder/one", {"a": "b"}, mount_point=new)
    held, missed, store = crawled(server, old, new)
    texts = {
        "digits": str(digits),
        "text": "c0pper",
        "number": "7",
        "truth": "true",
        "none": "null",
        "tree": '{"a":["ü",1.5]}',
    }
    assert values(held) == {
        **{(f"{old}/top", name, ""): text for name, text in texts.items()},
        (f"{old}/deep/er/one two", "a", ""): "b",
        **{(f"{new}/top", name, "1"): text for name, text in texts.items()},
        (f"{new}/deep/ünder/one", "a", "1"): "b",
    }
    assert missed == []
    assert store.counts == {"mounts": 2, "folders": 6, "entries": 4}


@pytest.fixture
def history(server: VaultServer, mount: Make) -> str:
    """A mount with an entry in every state that its versions can be in."""
    path, kv = mount(), server.client().secrets.kv.v2
    for name in ("live", "deleted", "destroyed", "all-deleted", "undeleted"):
        for number in (1, 2, 3):
            kv.create_or_update_secret(name, {"password": f"{name}-{number}"}, mount_point=path)
    kv.delete_secret_versions("live", [2], mount_point=path)
    kv.delete_latest_version_of_secret("deleted", mount_point=path)
    kv.destroy_secret_versions("destroyed", [1, 3], mount_point=path)
    kv.delete_secret_versions("all-deleted", [1, 2, 3], mount_point=path)
    kv.delete_latest_version_of_secret("undeleted", mount_point=path)
    kv.undelete_secret_versions("undeleted", [3], mount_point=path)
    return path


def test_every_state_of_a_version(server: VaultServer, history: str) -> None:
    held, missed, _ = crawled(server, history)
    assert {(one.place.path.rpartition("/")[2], one.place.version): one.secret.reveal() for one in held} == {
        ("live", "3"): "live-3",
        ("live", "1"): "live-1",
        ("deleted", "2"): "deleted-2",
        ("deleted", "1"): "deleted-1",
        ("destroyed", "2"): "destroyed-2",
        **{("undeleted", str(number)): f"undeleted-{number}" for number in (1, 2, 3)},
    }
    assert {(one.path.rpartition("/")[2], one.version, one.kind) for one in missed} == {
        ("live", "2", MissedKind.DELETED),
        ("deleted", "3", MissedKind.DELETED),
        ("destroyed", "1", MissedKind.DELETED),
        ("destroyed", "3", MissedKind.DELETED),
        *(("all-deleted", str(number), MissedKind.DELETED) for number in (1, 2, 3)),
    }
    states = {one.place.path.rpartition("/")[2]: set[tuple[bool, bool]]() for one in held}
    for one in held:
        states[one.place.path.rpartition("/")[2]].add((one.place.current, one.place.deleted))
    assert states == {
        "live": {(True, False), (False, False)},
        "undeleted": {(True, False), (False, False)},
        "deleted": {(False, True)},
        "destroyed": {(False, True)},
    }


def test_times_are_those_of_the_metadata(server: VaultServer, history: str) -> None:
    held, _, _ = crawled(server, history)
    told = server.client().secrets.kv.v2.read_secret_metadata("live", mount_point=history)["data"]["versions"]
    times = {
        one.place.version: (one.place.created, one.place.replaced)
        for one in held
        if one.place.path == f"{history}/live"
    }
    assert times == {
        "3": (told["3"]["created_time"], ""),
        "1": (told["1"]["created_time"], told["2"]["created_time"]),
    }


def test_only_the_newest_or_only_a_few_versions(server: VaultServer, history: str) -> None:
    held, missed, _ = crawled(server, history, versions=False)
    assert {one.secret.reveal() for one in held} == {"live-3", "undeleted-3"}
    assert {one.path.rpartition("/")[2] for one in missed} == {"deleted", "destroyed", "all-deleted"}
    held, missed, _ = crawled(server, history, most=2)
    too_much = {(one.path.rpartition("/")[2], one.version) for one in missed if one.kind is MissedKind.TOO_MUCH}
    assert too_much == {("undeleted", "1")}


def test_the_audit_log_shows_what_was_read_and_nothing_else(server: VaultServer, history: str) -> None:
    token = server.token(f'path "{history}/*" {{ capabilities = ["read", "list"] }}')
    before = len(server.audited())
    _, _, store = crawled(server, history, token=token)
    logged = Counter(
        (one["request"]["operation"], one["request"]["path"].removeprefix(f"{history}/"))
        for one in server.audited()[before:]
    )
    assert logged == {
        ("read", "auth/token/lookup-self"): 1,
        ("read", f"sys/internal/ui/mounts/{history}"): 1,
        ("list", "metadata/"): 1,
        **{("read", f"metadata/{name}"): 1 for name in ("live", "deleted", "destroyed", "all-deleted", "undeleted")},
        ("read", "data/live"): 3,  # the newest, one that is deleted, one that is not
        ("read", "data/deleted"): 4,  # the newest is asked for with and without its number
        ("read", "data/destroyed"): 2,  # what is destroyed is not asked for
        ("read", "data/all-deleted"): 4,
        ("read", "data/undeleted"): 3,
    }
    assert store._connection.asked == logged.total()


def test_what_is_denied_is_said_unless_it_is_not_meant_to_be_read(server: VaultServer, mount: Make) -> None:
    path, client = mount(), server.client()
    for name in ("app/db", "app/key", "break-glass/root", "break-glass/deep/root", "other/x"):
        client.secrets.kv.v2.create_or_update_secret(name, {"a": name}, mount_point=path)
    token = server.token(
        f'path "{path}/metadata/*" {{ capabilities = ["list", "read"] }}',
        f'path "{path}/metadata/break-glass/*" {{ capabilities = ["deny"] }}',
        f'path "{path}/data/app/*" {{ capabilities = ["read"] }}',
        f'path "{path}/data/app/key" {{ capabilities = ["deny"] }}',
    )
    held, missed, _ = crawled(server, path, token=token)
    assert [one.secret.reveal() for one in held] == ["app/db"]
    assert {one.path.removeprefix(f"{path}/") for one in missed} == {"app/key", "break-glass", "other/x"}
    assert {one.kind for one in missed} == {MissedKind.DENIED}
    before = len(server.audited())
    _, missed, store = crawled(server, path, token=token, not_read=("break-glass/**", f"{path}/other/*", "app/key"))
    assert (missed, store.counts["not-read"]) == ([], 3)
    assert not [one for one in server.audited()[before:] if "break-glass" in one["request"]["path"]]


def test_a_glob_for_some_of_a_folder_does_not_hide_the_folder(server: VaultServer, mount: Make) -> None:
    path = mount()
    for name in ("a/one", "a/b/c/two"):
        server.client().secrets.kv.v2.create_or_update_secret(name, {"f": name}, mount_point=path)
    held, _, _ = crawled(server, path, not_read=("a/*", "a/*/*"))
    assert [one.secret.reveal() for one in held] == ["a/b/c/two"]


def test_without_the_right_to_metadata_other_versions_are_missed(server: VaultServer, history: str) -> None:
    token = server.token(
        f'path "{history}/metadata/*" {{ capabilities = ["list"] }}',
        f'path "{history}/data/*" {{ capabilities = ["read"] }}',
    )
    held, missed, _ = crawled(server, history, token=token)
    assert {one.secret.reveal() for one in held} == {"live-3", "undeleted-3"}
    assert len(missed) == 5


def test_every_mount_that_the_token_may_see(server: VaultServer, mount: Make) -> None:
    one, other = mount(1), mount(2)
    server.client().secrets.kv.v1.create_or_update_secret("x", {"a": "old"}, mount_point=one)
    server.client().secrets.kv.v2.create_or_update_secret("x", {"a": "new"}, mount_point=other)
    rules = [f'path "{path}/*" {{ capabilities = ["read", "list"] }}' for path in (one, other)]
    held, missed, store = crawled(server, token=server.token(*rules))
    assert ({item.secret.reveal() for item in held}, missed) == ({"old", "new"}, [])
    assert {(item.path, item.version) for item in store.mounts} == {(one, 1), (other, 2)}


def test_a_token_that_may_do_nothing_but_this(server: VaultServer, history: str) -> None:
    """Not even look itself up."""
    least = f'path "{history}/*" {{ capabilities = ["read", "list"] }}'
    held, _, _ = crawled(server, history, token=server.token(least, no_default_policy=True))
    assert len(held) == 8


def test_nothing_to_see_is_said(server: VaultServer, mount: Make) -> None:
    nobody = server.token('path "sys/health" { capabilities = ["read"] }')
    empty = mount()
    cases: list[tuple[tuple[str, ...], str, list[tuple[str, MissedKind]]]] = [
        ((), nobody, [("", MissedKind.DENIED)]),
        ((empty,), "", [("", MissedKind.UNAVAILABLE)]),
        (("nowhere",), nobody, [("nowhere", MissedKind.DENIED)]),
        (("sys",), "", [("sys", MissedKind.UNAVAILABLE)]),
        (("a/../sys",), "", [("a/../sys", MissedKind.UNAVAILABLE)]),
        ((f"{empty}/below",), "", [(f"{empty}/below", MissedKind.UNAVAILABLE)]),
    ]
    for mounts, token, said in cases:
        held, missed, _ = crawled(server, *mounts, token=token)
        assert (held, [(one.path, one.kind) for one in missed]) == ([], said)


@pytest.mark.parametrize("name", ["per%cent", "sharp#x", "ask?x=1", "back\\slash"])
def test_names_that_cannot_be_asked_safely_are_missed(server: VaultServer, mount: Make, name: str) -> None:
    import requests

    path = mount(1)
    token = server.environment()["VAULT_TOKEN"]
    url = f"{server.address}/v1/{path}/{requests.utils.quote(name, safe='')}"
    requests.put(url, json={"a": "b"}, headers={"X-Vault-Token": token}, timeout=10).raise_for_status()
    _, missed, _ = crawled(server, path)
    assert missed[0] == Missed(f"{path}/{name}", MissedKind.UNAVAILABLE, missed[0].detail)
    assert "not asked for" in missed[0].detail


def test_a_login_that_ends_in_the_middle_is_an_error_and_no_denial(server: VaultServer, mount: Make) -> None:
    path, client = mount(), server.client()
    for number in range(40):
        client.secrets.kv.v2.create_or_update_secret(f"s{number}", {"a": "b"}, mount_point=path)
    token = server.token(f'path "{path}/*" {{ capabilities = ["read", "list"] }}')
    settings = VaultSettings(mounts=(path,), workers=1, budget=2)
    with Connection(settings, server.environment(token)) as connection:
        reading = VaultStore(connection).read()
        first = next(reading)
        client.auth.token.revoke(token)
        with pytest.raises(AuthenticationFailed):
            list(reading)
    assert isinstance(first, Held)


def test_whoever_stops_early_leaves_no_thread(server: VaultServer, mount: Make) -> None:
    path, client = mount(), server.client()
    for number in range(200):
        client.secrets.kv.v2.create_or_update_secret(f"s{number}", {"a": "b"}, mount_point=path)
    with Connection(VaultSettings(mounts=(path,)), server.environment()) as connection:
        reading = VaultStore(connection).read()
        next(reading)
        reading.close()  # type: ignore[attr-defined]
        assert not [one for one in threading.enumerate() if one.name.startswith("crawl")]
        assert connection.asked < 200
