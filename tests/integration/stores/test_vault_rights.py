"""What a token is and may do, told by a real server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secscan.stores.contract import AuthenticationFailed
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.mounts import Mount
from secscan.stores.vault.rights import PROBE, Excess, capabilities, more_than_needed, who_am_i
from secscan.stores.vault.settings import Mode, VaultSettings
from tests.support.vault import VaultServer

Make = Callable[..., str]


def connect(server: VaultServer, *rules: str) -> Connection:
    return Connection(VaultSettings(budget=2), server.environment(server.token(*rules)))


def test_who_it_is(server: VaultServer) -> None:
    with connect(server, 'path "secret/data/*" { capabilities = ["read"] }') as connection:
        told = who_am_i(connection)
    assert (told.kind, told.is_root, told.renewable, told.uses) == ("service", False, True, 0)
    assert "default" in told.policies
    assert 0 < told.seconds <= 300
    assert told.accessor
    with Connection(VaultSettings(), server.environment()) as root:
        assert who_am_i(root).is_root


def test_who_has_ended_is_nobody(server: VaultServer) -> None:
    with Connection(VaultSettings(budget=2), server.environment("s.gone")) as gone, pytest.raises(AuthenticationFailed):
        who_am_i(gone)


def test_capabilities_of_many_paths(server: VaultServer) -> None:
    """More than OpenBao takes in one question."""
    with connect(server, 'path "secret/data/*" { capabilities = ["read", "update"] }') as connection:
        paths = [f"secret/data/{number}" for number in range(1_100)]
        held = capabilities(connection, [*paths, "sys/mounts"])
        assert {held[path] for path in paths} == {frozenset({"read", "update"})}
        assert held["sys/mounts"] == {"deny"}
        assert capabilities(connection, []) == {}


@pytest.mark.parametrize(
    ("mode", "version", "rules", "excess"),
    [
        (Mode.CRAWL, 2, ['"{m}/data/*" read', '"{m}/metadata/*" read list'], []),
        (Mode.CRAWL, 1, ['"{m}/*" read list'], []),
        (Mode.CRAWL, 2, ['"{m}/data/*" read create update'], [("{m}/data/{p}", "create"), ("{m}/data/{p}", "update")]),
        (Mode.CRAWL, 1, ['"{m}/*" read delete'], [("{m}/{p}", "delete")]),
        (Mode.CRAWL, 2, ['"{m}/metadata/*" read sudo'], [("{m}/metadata/{p}", "sudo")]),
        (Mode.CRAWL, 2, ['"{m}/destroy/*" update'], [("{m}/destroy/{p}", "update")]),
        (Mode.INDEX, 2, ['"transit/hmac/secscan-index*" update', '"{m}/metadata/*" read list'], []),
        (Mode.INDEX, 2, ['"{m}/data/*" read'], [("{m}/data/{p}", "read")]),
        (Mode.INDEX, 2, ['"transit/export/*" read'], [("transit/export/hmac-key/secscan-index", "read")]),
        (Mode.AUDIT_HASH, 2, ['"sys/audit-hash/*" update'], []),
        (Mode.AUDIT_HASH, 1, ['"{m}/*" read'], [("{m}/{p}", "read")]),
    ],
)
def test_more_than_the_mode_needs(
    server: VaultServer, mount: Make, mode: Mode, version: int, rules: list[str], excess: list[tuple[str, str]]
) -> None:
    one = Mount(mount(version), version)
    written = []
    for rule in rules:
        path, *rights = rule.replace("{m}", one.path).split()
        written.append(f"path {path} {{ capabilities = [{', '.join(map(repr, rights))}] }}".replace("'", '"'))
    with connect(server, *written) as connection:
        found = more_than_needed(connection, mode, [one])
    assert list(found) == [Excess(path.format(m=one.path, p=PROBE), right) for path, right in excess]


def test_root_is_more_than_anything_needs(server: VaultServer) -> None:
    with Connection(VaultSettings(), server.environment()) as connection:
        assert more_than_needed(connection, Mode.CRAWL, [Mount("secret", 2)]) == (Excess("", "root"),)


def test_rights_for_one_folder_only_are_found_where_entries_are_named(server: VaultServer, mount: Make) -> None:
    one = Mount(mount(2), 2)
    with connect(server, f'path "{one.path}/data/app/*" {{ capabilities = ["read", "update"] }}') as connection:
        assert more_than_needed(connection, Mode.CRAWL, [one]) == ()
        found = more_than_needed(connection, Mode.CRAWL, [one], [(one, "app/db")])
    assert found == (Excess(f"{one.path}/data/app/db", "update"),)
