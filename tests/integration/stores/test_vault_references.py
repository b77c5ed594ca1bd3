"""Where references lead, told by a real server to a role that may see names only; and as a scanner."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from secscan.findings.levels import Confidence, GapKind, RunStatus, Severity
from secscan.scanners.contract import Setup
from secscan.scanners.registry import choose
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.vault_references import SCANNER
from secscan.stores.contract import AuthenticationFailed, MissedKind
from secscan.stores.follow import unreferenced
from secscan.stores.references.checked import Checked, State
from secscan.stores.references.find import find, linked
from secscan.stores.references.reference import Reference
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.references import Resolver
from secscan.stores.vault.settings import PathDisplay, VaultSettings
from tests.support.targets import folder_target
from tests.support.vault import VaultServer

Make = Callable[..., str]
VALUE = "c0pper-Lantern.42"


def rules(*mounts: str) -> tuple[str, ...]:
    """The policy for references of KV 2, and of KV 1."""
    return tuple(
        f'path "{mount}/metadata/*" {{ capabilities = ["read", "list"] }}\n'
        f'path "{mount}/subkeys/*" {{ capabilities = ["read"] }}\n'
        f'path "{mount}/" {{ capabilities = ["list"] }}\n'
        f'path "{mount}/legacy/" {{ capabilities = ["list"] }}'
        for mount in mounts
    )


@pytest.fixture
def filled(server: VaultServer, mount: Make) -> str:
    """A mount of KV 2 with entries in every state."""
    path, kv = mount(2), server.client().secrets.kv.v2
    for number in range(3):
        for entry in ("app/db", "app/deleted", "app/destroyed", "app/spare"):
            values = {"password": f"{VALUE}{number}", "user": "ana", "tree": {"leaf": VALUE}}
            kv.create_or_update_secret(entry, values, mount_point=path)
    kv.delete_latest_version_of_secret("app/deleted", mount_point=path)
    kv.destroy_secret_versions("app/destroyed", [3], mount_point=path)
    kv.destroy_secret_versions("app/db", [1], mount_point=path)
    kv.update_metadata("app/empty", mount_point=path, max_versions=4)
    kv.create_or_update_secret("break-glass/root", {"a": VALUE}, mount_point=path)
    return path


@pytest.fixture
def old(server: VaultServer, mount: Make) -> str:
    path = mount(1)
    server.client().secrets.kv.v1.create_or_update_secret("legacy/x", {"user": VALUE}, mount_point=path)
    return path


def references(content: str, path: str = "a.sh") -> tuple[Reference, ...]:
    found = find(path, content)
    return linked(found.references, found.declared)


def checked(server: VaultServer, content: str, *allowed: str, **more: object) -> list[Checked]:
    settings = VaultSettings(budget=2, **more)  # type: ignore[arg-type]
    with Connection(settings, server.environment(server.token(*allowed))) as connection:
        resolver = Resolver(connection)
        return [resolver.check(one) for one in references(content)]


STATES = [
    ("vault kv get -field=password {m}/app/db", State.FOUND, "", ""),
    ("vault kv get {m}/app/db", State.FOUND, "", ""),
    ("vault kv get -mount={m} -field=user app/db", State.FOUND, "", ""),
    ("vault kv get -version=3 {m}/app/db", State.FOUND, "", ""),
    ("vault read {m}/data/app/db", State.FOUND, "", ""),
    ("x: vault:{m}/app/db#password", State.FOUND, "", ""),
    ("x: vault:{m}/data/app/db#password", State.FOUND, "", ""),
    ("x: vault:{m}/app/db#tree.leaf", State.FOUND, "", ""),
    ("x: <path:{m}/data/app/db#password#3>", State.FOUND, "", ""),
    ("vault kv get {m}/app/dbx", State.MISSING_ENTRY, "{m}/app/db", ""),
    ("vault kv get {m}/nowhere/at/all", State.MISSING_ENTRY, "", ""),
    ("vault kv get {m}/app/empty", State.MISSING_ENTRY, "{m}/app/empty", ""),
    ("vault kv get {m}/data/app/db", State.MISSING_ENTRY, "", ""),
    ("vault read {m}/app/db", State.MISSING_ENTRY, "{m}/data/app/db", ""),
    ("x: vault:{m}/app/db#pasword", State.MISSING_KEY, "password", ""),
    ("x: vault:{m}/app/db#tree.twig", State.MISSING_KEY, "tree", ""),
    ("x: vault:{m}/app/db#qqqqqq", State.MISSING_KEY, "", ""),
    ("vault kv get -version=9 {m}/app/db", State.MISSING_VERSION, "", "3"),
    ("vault kv get -version=1 {m}/app/db", State.DESTROYED, "", "3"),
    ("vault kv get {m}/app/destroyed", State.DESTROYED, "", ""),
    ("vault kv get {m}/app/deleted", State.DELETED, "", ""),
    ("vault kv get -version=2 -field=user {m}/app/db", State.OLD, "", "3"),
    ("vault kv get {m}/../../sys/mounts", State.WALKS_OUT, "", ""),
    ("vault kv get {m}/$X/../../sys/mounts", State.WALKS_OUT, "", ""),
    ("vault kv get {m}//app/db", State.WALKS_OUT, "", ""),
    ("x: vault:{m}/%2e%2e/sys#k", State.WALKS_OUT, "", ""),
    ("vault kv get {m}/$APP/db", State.UNCHECKED, "", ""),
    ("x: vault:{m}/app/db#${{KEY}}", State.UNCHECKED, "", ""),
    ("vault kv get -ns=other {m}/app/db", State.UNCHECKED, "", ""),
    ("vault kv get -version=$V {m}/app/db", State.UNCHECKED, "", ""),
    ("vault read {m}/data", State.UNCHECKED, "", ""),
    ("vault kv get nowhere/app/db", State.DENIED, "", ""),
    ("vault read database/creds/app", State.DENIED, "", ""),
    ("vault kv get {m}/break-glass/root", State.NOT_READ, "", ""),
]


@pytest.mark.parametrize(("content", "state", "near", "current"), STATES, ids=[one[0] for one in STATES])
def test_states(server: VaultServer, filled: str, content: str, state: State, near: str, current: str) -> None:
    (one,) = checked(server, content.format(m=filled), *rules(filled), not_read=(f"{filled}/break-glass/**",))
    assert (one.state, one.near, one.current) == (state, near.format(m=filled), current)
    assert VALUE not in repr(one)


def test_what_this_role_may_not_see_is_never_missing(server: VaultServer, filled: str) -> None:
    """Alike for an entry that is there and for one that is not; and for a key, where only names of entries are told."""
    only = f'path "{filled}/metadata/other/*" {{ capabilities = ["read"] }}'
    content = f"vault kv get {filled}/app/db; vault kv get {filled}/app/gone"
    assert [one.state for one in checked(server, content, only)] == [State.DENIED] * 2
    names = f'path "{filled}/metadata/*" {{ capabilities = ["read"] }}'
    content = f"vault kv get {filled}/app/db; vault kv get -field=x {filled}/app/db; vault kv get {filled}/app/gone"
    states = [one.state for one in checked(server, content, names)]
    assert states == [State.FOUND, State.DENIED, State.MISSING_ENTRY]


def test_the_first_version_of_kv(server: VaultServer, old: str) -> None:
    content = (
        f"vault kv get {old}/legacy/x; vault kv get -field=user {old}/legacy/x; vault kv get {old}/legacy/y"
        f"; vault read {old}/legacy/x; vault kv get {old}/hidden/x"
    )
    states = [one.state for one in checked(server, content, *rules(old))]
    assert states == [State.FOUND, State.UNCHECKED, State.MISSING_ENTRY, State.FOUND, State.DENIED]


def test_an_engine_that_makes_secrets(server: VaultServer, filled: str) -> None:
    server.client().sys.enable_secrets_engine("transit", path=f"{filled}-made")
    allowed = (*rules(filled), f'path "{filled}-made/keys/*" {{ capabilities = ["read"] }}')
    (one,) = checked(server, f"vault read {filled}-made/keys/a", *allowed)
    assert (one.state, "is no KV mount" in one.detail) == (State.UNCHECKED, True)


def test_each_question_is_asked_once_and_no_more_than_the_limit(server: VaultServer, filled: str) -> None:
    content = f"x: vault:{filled}/app/db#user\n" * 50
    with Connection(VaultSettings(), server.environment(server.token(*rules(filled)))) as connection:
        resolver = Resolver(connection)
        assert {resolver.check(one).state for one in references(content)} == {State.FOUND}
        assert resolver.asked == 2
    content = "".join(f"vault kv get {filled}/app/e{number}\n" for number in range(9))
    states = [one.state for one in checked(server, content, *rules(filled), most_queries=4)]
    assert states == [State.MISSING_ENTRY] * 3 + [State.TOO_MANY] * 6


def test_no_value_is_asked_for(server: VaultServer, filled: str) -> None:
    before = len(server.audited())
    content = "\n".join(one[0].format(m=filled) for one in STATES)
    checked(server, content, *rules(filled))
    paths = [one["request"]["path"] for one in server.audited()[before:] if one["request"]["path"].startswith(filled)]
    assert paths
    assert {path.removeprefix(f"{filled}/").split("/")[0] for path in paths} <= {"metadata", "subkeys"}
    assert not any(".." in path or "sys" in path for path in paths)


def test_entries_that_nothing_refers_to(server: VaultServer, filled: str, old: str, tmp_path: Path) -> None:
    content = f"x: vault:{filled}/data/app/db#a\nvault kv get {filled}/$APP/spare\nvault kv get {old}/legacy/x\n"
    settings = VaultSettings(mounts=(filled, old, "nowhere"), not_read=(f"{filled}/break-glass/**",), budget=2)
    with Connection(settings, server.environment(server.token(*rules(filled, old)))) as connection:
        found = Resolver(connection).unreferenced(references(content))
    assert found.entries == tuple(f"{filled}/app/{name}" for name in ("deleted", "destroyed", "empty"))
    assert [(one.path, one.kind) for one in found.missed] == [("nowhere", MissedKind.DENIED)]
    (tmp_path / "a.sh").write_text(f"vault kv get {filled}/app/db\n", encoding="utf-8")
    files = {str(tmp_path / name): name for name in ("a.sh", "gone")}
    with Connection(VaultSettings(mounts=(filled,)), server.environment()) as connection:
        found = unreferenced(connection, files)
    assert f"{filled}/app/db" not in found.entries
    assert f"{filled}/break-glass/root" in found.entries
    assert [(one.path, one.kind) for one in found.missed] == [("gone", MissedKind.UNAVAILABLE)]
    with Connection(VaultSettings(mounts=(filled,), most_queries=1), server.environment()) as connection:
        found = Resolver(connection).unreferenced(())
    assert [one.kind for one in found.missed] == [MissedKind.TOO_MUCH]


@pytest.fixture
def scan(server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Scan files, with a token that may do what the rules say."""
    for variable in ("GITHUB_EVENT_NAME", "CI_MERGE_REQUEST_IID"):
        monkeypatch.delenv(variable, raising=False)

    def run(files: dict[str, str], *allowed: str, settings: VaultSettings | None = None) -> Outcome:
        for name, value in server.environment(server.token(*allowed)).items():
            monkeypatch.setenv(name, value)
        target = folder_target(tmp_path, dict(files))
        setup = Setup(target=target, place=tmp_path.joinpath, vault=settings or VaultSettings(budget=2))
        (outcome,) = run_scanners({SCANNER.name: SCANNER}, setup)
        return outcome

    return run


def test_as_a_scanner(scan: Callable[..., Outcome], filled: str) -> None:
    files = {
        "a.sh": f"vault kv get {filled}/app/db\nX=$(vault kv get -field=pasword {filled}/app/db)\n",
        "b.yaml": f"x: <path:{filled}/data/gone#k>\ny: <path:{filled}/data/app/db#user#2>\n",
        "c.sh": "vault kv get other/x; vault kv get a/$X/b\n",
        "docs.md": f"`vault kv get {filled}/example/one` or `vault kv get kv/my/app`",
        "d.properties": f"spring.config.import=optional:vault://{filled}/gone\n",
        "e.py": "x = 1\n",
    }
    outcome = scan(files, *rules(filled))
    assert (outcome.run.status, outcome.run.control) == (RunStatus.COMPLETED, True)
    assert outcome.run.selected == outcome.run.looked_at == 6
    seen = [(one.place, one.sources[0].rule.rpartition(".")[2], one.severity) for one in outcome.findings]
    assert seen == [
        ("a.sh:2", "missing-key", Severity.HIGH),
        ("b.yaml:1", "missing-entry", Severity.HIGH),
        ("b.yaml:2", "old", Severity.MEDIUM),
        ("d.properties:1", "missing-entry", Severity.LOW),
        ("docs.md:1", "missing-entry", Severity.HIGH),
    ]
    assert outcome.findings[-1].confidence is Confidence.LOW
    assert "Did you mean password?" in outcome.findings[0].remediation
    assert [(one.subject, one.kind, one.line) for one in outcome.gaps] == [
        ("c.sh", GapKind.STORE_DENIED, 1),
        ("c.sh", GapKind.REFERENCE_UNCHECKED, 1),
        ("docs.md", GapKind.REFERENCE_UNCHECKED, 1),
    ]
    assert "9 references" in outcome.notices[0].text
    assert VALUE not in repr(outcome)


def test_names_of_vault_are_not_shown_where_paths_are_not(scan: Callable[..., Outcome], filled: str) -> None:
    files = {"a.sh": f"vault kv get -field=pasword {filled}/app/db\nvault kv get {filled}/app/dbx\n"}
    outcome = scan(files, *rules(filled), settings=VaultSettings(paths=PathDisplay.IDS))
    assert len(outcome.findings) == 2
    assert "password" not in repr(outcome)
    assert "Did you mean" not in repr(outcome)


def test_a_tree_without_references_is_looked_at(scan: Callable[..., Outcome], filled: str) -> None:
    outcome = scan({"e.py": "x = 1\n"}, *rules(filled))
    assert (outcome.run.status, outcome.run.control, outcome.findings) == (RunStatus.COMPLETED, True, ())


def test_who_sees_no_mount_at_all_learns_nothing(scan: Callable[..., Outcome]) -> None:
    outcome = scan({"a.sh": "vault kv get secret/app\n"}, 'path "sys/health" { capabilities = ["read"] }')
    assert outcome.findings == ()
    assert {one.kind for one in outcome.gaps} == {GapKind.STORE_DENIED}


def test_without_a_valid_login_it_fails(scan: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VaultServer, "token", lambda *_: "s.gone")
    outcome = scan({"a.sh": "vault kv get secret/app\n"})
    assert outcome.run.status is RunStatus.FAILED
    assert outcome.run.hint


def test_a_login_that_ends_is_an_error_and_not_a_refusal(server: VaultServer, filled: str) -> None:
    token = server.token(*rules(filled))
    with Connection(VaultSettings(budget=2), server.environment(token)) as connection:
        resolver = Resolver(connection)
        server.client().auth.token.revoke(token)
        (one,) = references(f"vault kv get {filled}/app/db")
        with pytest.raises(AuthenticationFailed):
            resolver.check(one)


LIES = {"secret": {"secret/": {"type": "kv", "options": {"version": "2"}}}, "keys": [], "subkeys": {"key": None}}


class Yes(BaseHTTPRequestHandler):
    """Answers every question with yes."""

    def do_GET(self) -> None:
        body = json.dumps({"data": {**LIES, "versions": {"1": {"created_time": "2026-01-01T00:00:00Z"}}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_server_that_finds_everything_has_looked_at_nothing(scan: Callable[..., Outcome], filled: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Yes) as lying:
        thread = threading.Thread(target=lying.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{lying.server_address[1]}"
        outcome = scan(
            {"a.sh": "vault kv get secret/app\n"}, *rules(filled), settings=VaultSettings(address=address, budget=2)
        )
        lying.shutdown()
        thread.join()
    assert outcome.run.status is RunStatus.FAILED
    assert "positive control" in outcome.run.reason


def test_for_a_fork_nobody_is_asked(
    scan: Callable[..., Outcome], server: VaultServer, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_MERGE_REQUEST_IID", "7")
    monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_ID", "2")
    outcome = scan({"a.sh": f"vault kv get {filled}/app/db\n"}, *rules(filled))
    assert outcome.run.status is RunStatus.FAILED
    assert "fork" in outcome.run.reason
    assert not [one for one in server.audited() if one["request"]["path"].startswith(f"{filled}/metadata/app/db")][1:]


def test_it_is_part_of_a_scan_only_where_vault_may_be_asked(tmp_path: Path) -> None:
    assert SCANNER.name not in choose(())
    assert SCANNER.name in choose((), vault=True)
    target = folder_target(tmp_path, {"a.sh": "vault kv get secret/app\n"})
    (outcome,) = run_scanners(choose((SCANNER.name,)), Setup(target=target, place=tmp_path.joinpath))
    assert (outcome.run.status, outcome.run.hint) == (RunStatus.FAILED, "scan with --vault")
