"""The checks on answers as Vault gives them; the real server is in tests/integration/stores/test_hygiene.py."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from secscan.findings.defects import DEFECTS
from secscan.stores.contract import AuthenticationFailed, Denied, Malformed, Missing, StoreError, Unavailable
from secscan.stores.vault.hygiene.audit import CHECKS, SECTIONS, Audited, audit, terms_of
from secscan.stores.vault.hygiene.checks import CONTROL, Entry, Problem, Unlooked
from secscan.stores.vault.hygiene.policies import covers
from secscan.stores.vault.hygiene.server import SECTION as SERVER
from secscan.stores.vault.settings import AuditSettings, VaultSettings

NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Refusing:
    """A connection on which everything ends in the same way."""

    settings = VaultSettings(address="http://127.0.0.1:1")

    def __init__(self, error: StoreError) -> None:
        self.error = error

    def get(self, path: str) -> dict[str, Any]:
        raise self.error

    def list(self, path: str) -> tuple[str, ...]:
        if isinstance(self.error, Missing):
            return ()
        raise self.error

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        raise self.error


class Answering:
    """A connection with these answers by path, and nothing at any other."""

    settings = VaultSettings(address="http://127.0.0.1:1")

    def __init__(self, listed: dict[str, tuple[str, ...]], **answers: dict[str, Any] | StoreError) -> None:
        self.listed = listed
        self.answers = answers

    def get(self, path: str) -> dict[str, Any]:
        told = self.answers.get(path, Missing("nothing"))
        if isinstance(told, StoreError):
            raise told
        return told

    def list(self, path: str) -> tuple[str, ...]:
        return self.listed.get(path, ())

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.get(path)


def unlooked(connection: Answering) -> set[str]:
    audited = audit(connection, now=NOW)
    found = {one.check for one in audited.unlooked}
    assert not found & audited.done
    return found


TOKENS = {"1.1", "1.2", "1.3", "1.4"}


@pytest.mark.parametrize(
    ("told", "lost"),
    [
        ({}, TOKENS),
        ({"data": {}}, TOKENS),
        ({"data": {"accessor": "another", "policies": ["default"]}}, TOKENS),
        (StoreError("status 405"), TOKENS),
        (Denied("no"), TOKENS),
        ({"data": {"accessor": "one", "policies": ["default"]}}, set()),
        (Missing("it ended"), set()),
        (Malformed("it ended"), set()),
    ],
)
def test_a_token_that_vault_does_not_tell_of_is_a_gap_unless_it_ended(told: Any, lost: set[str]) -> None:
    connection = Answering({"auth/token/accessors": ("one",)}, **{"auth/token/lookup-accessor": told})
    assert unlooked(connection) & TOKENS == lost


POLICIES = {"2.1", "2.2", "2.3", "2.4"}
SYSTEM: dict[str, dict[str, Any]] = {
    "sys/mounts": {"data": {"kv/": {"type": "kv", "options": {"version": "2"}}}},
    "sys/auth": {"data": {"approle/": {"type": "approle"}, "userpass/": {"type": "userpass"}}},
    "sys/policies/acl/team": {"data": {"policy": ""}},
    "auth/approle/role/app": {"data": {}},
    "sys/auth/approle/tune": {"data": {}},
    "sys/auth/userpass/tune": {"data": {}},
    "sys/mounts/kv/tune": {"data": {}},
    "kv/config": {"data": {}},
    "kv/metadata/app/db": {"data": {}},
}
LISTED = {
    "sys/policies/acl": ("team",),
    "auth/approle/role": ("app",),
    "kv/metadata": ("app/",),
    "kv/metadata/app": ("db",),
}


@pytest.mark.parametrize(
    ("gone", "lost"),
    [
        ("", set()),
        ("sys/policies/acl/team", POLICIES),
        ("auth/approle/role/app", {"3.6", "3.7", "3.8"}),
        ("sys/auth/userpass/tune", {"3.9", "4.6"}),
        ("sys/auth/approle/tune", {"4.6"}),
        ("sys/mounts/kv/tune", {"4.6"}),
        ("kv/config", {"4.2", "4.3"}),
        ("kv/metadata/app/db", {"4.4", "4.5"}),
        ("kv/metadata/app", {"4.4", "4.5"}),
    ],
)
def test_what_was_listed_and_is_not_there_is_a_gap(gone: str, lost: set[str]) -> None:
    answers = {path: told for path, told in SYSTEM.items() if path != gone}
    listed = {path: keys for path, keys in LISTED.items() if path != gone}
    found = {one for one in unlooked(Answering(listed, **answers)) if one[0] in "234"}
    assert found == lost


def test_an_empty_mount_is_no_gap() -> None:
    connection = Answering({"sys/policies/acl": ("team",), "auth/approle/role": ("app",)}, **SYSTEM)
    assert not unlooked(connection) & {"4.4", "4.5"}


def test_every_check_is_whole() -> None:
    for check in CHECKS.values():
        assert check.defect in DEFECTS
        assert check.title
        assert check.remedy.endswith(".")
        assert not check.title.endswith(".")
    assert sum(len(section.checks) for section in SECTIONS) == len(CHECKS)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda one: one.checks[0].id)
def test_every_check_finds_its_control_under_any_terms(section: Any) -> None:
    for settings in (AuditSettings(), AuditSettings(secret_days=36_500, lease_days=36_500, oldest_version="0.0.1")):
        found = {
            said.check
            for entry in section.controls
            for said in section.judge(entry, terms_of(settings, NOW))
            if isinstance(said, Problem)
        }
        assert found == {check.id for check in section.checks}


@pytest.mark.parametrize(
    "error", [Denied("no"), Unavailable("later"), Missing("nothing")], ids=lambda one: type(one).__name__
)
def test_what_cannot_be_looked_at_is_a_gap_of_every_check(error: StoreError) -> None:
    audited = audit(Refusing(error), now=NOW)
    # What is seen without asking: the way to it.
    assert audited.done == {"5.7", "5.8"}
    assert {one.check for one in audited.unlooked} == set(CHECKS) - audited.done
    assert audited.proved == set(CHECKS)
    assert [one.check for one in audited.problems] == ["5.7"]


def test_a_login_that_ends_is_no_audit() -> None:
    with pytest.raises(AuthenticationFailed):
        audit(Refusing(AuthenticationFailed("over")), now=NOW)


def test_nothing_of_a_control_is_among_the_problems() -> None:
    audited: Audited = audit(Refusing(Denied("no")), now=NOW)
    assert all(CONTROL not in one.subject for one in audited.problems)


@pytest.mark.parametrize(
    ("rule", "path", "meant"),
    [
        ("*", "a/b/c", True),
        ("a/*", "a/b/c", True),
        ("a/*", "a", False),
        ("a/b*", "a/bc/d", True),
        ("+/b/*", "a/b/c", True),
        ("+/b", "a/b/c", False),
        ("+/+/+", "a/b/c", True),
        ("a/+/c", "a/b/c", True),
        ("a/b/c", "a/b/c", True),
        ("a*b", "axb", False),
    ],
)
def test_what_the_path_of_a_rule_covers(rule: str, path: str, meant: bool) -> None:
    assert covers(rule, path) is meant


@pytest.mark.parametrize(
    ("version", "oldest", "old"),
    [("1.18.9", "", True), ("1.19.0", "", False), ("1.20.1+ent", "", False), ("2.3.1", "", True), ("2.7.2", "", False),
     ("3.0.0", "", False), ("2.7.2", "2.8", True), ("v1.21", "1.21.0", False)],
)  # fmt: skip
def test_which_versions_are_old(version: str, oldest: str, old: bool) -> None:
    told = {"sealed": False, "version": version, "storage_type": "raft"}
    entry = Entry("sys/seal-status", {"about": "status", "told": told})
    said = list(SERVER.judge(entry, terms_of(AuditSettings(oldest_version=oldest), NOW)))
    assert [one.check for one in said] == (["5.5"] if old else [])


def test_a_server_that_does_not_say_what_it_is_is_a_gap() -> None:
    entry = Entry("sys/seal-status", {"about": "status", "told": {"sealed": False}})
    said = list(SERVER.judge(entry, terms_of(AuditSettings(), NOW)))
    assert [(type(one), one.check) for one in said] == [(Unlooked, "5.5"), (Unlooked, "5.6")]


def test_the_document_names_every_check() -> None:
    text = (Path(__file__).parents[5] / "docs" / "vault.md").read_text(encoding="utf-8")
    for check in CHECKS.values():
        cwes = ", ".join(map(str, check.cwes)) or "-"
        assert f"| `{check.rule}` | {check.title} | {check.severity} | {cwes} |" in text
