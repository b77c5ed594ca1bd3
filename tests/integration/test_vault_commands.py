"""The commands of `secscan vault` that look at a server, or at what a scan found: exit codes, reports, no token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from secscan.cli.app import run
from secscan.findings.levels import Kind, RunStatus
from secscan.findings.scan import dumps, load
from secscan.scanners.registry import all_scanners, choose
from secscan.secrets.texts import LOOKED_AT_MOST
from secscan.stores.vault import least
from secscan.stores.vault.settings import VaultSettings
from tests.support.repositories import commit, git, repository, write
from tests.support.vault import ROOT_TOKEN, VaultServer, running

PASSWORD = "c0pper-Lantern.42"
ADVISORY = "format: secscan.policy/1\nname: mine\nrules:\n  - {id: rest, action: warn, reason: because}\n"
CI = (
    "GITHUB_ACTIONS",
    "GITHUB_EVENT_NAME",
    "GITHUB_BASE_REF",
    "GITHUB_EVENT_PATH",
    "CI_MERGE_REQUEST_IID",
    "GITLAB_CI",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with running(tmp_path_factory.mktemp("bao")) as started:
        yield started


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*CI, "VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_CACERT", "SECSCAN_SECRET_ID_KEY"):
        monkeypatch.delenv(name, raising=False)


def asks(monkeypatch: pytest.MonkeyPatch, server: VaultServer, token: str) -> None:
    for name, value in server.environment(token).items():
        monkeypatch.setenv(name, value)


# --- audit ------------------------------------------------------------------------------------------------------------


def test_a_bad_server_fails_and_the_reports_say_why(
    server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asks(monkeypatch, server, ROOT_TOKEN)
    assert run(["vault", "audit"]) == 1
    scan = load(tmp_path / "secscan.json")
    assert (scan.target.kind, scan.target.files) == ("vault", 0)
    ran = {one.scanner: one for one in scan.scanners}
    assert ran["vault-audit"].control
    assert ran["vault-audit"].selected == ran["vault-audit"].looked_at > 30
    assert {one.status for name, one in ran.items() if name != "vault-audit"} == {"skipped"}
    assert "Root token that lives" in {one.title for one in scan.findings}
    sarif = json.loads((tmp_path / "secscan.sarif").read_bytes())
    results = sarif["runs"][0]["results"]
    assert {one["properties"]["class"] for one in results} == {"long-lived-credential", "vault-misconfiguration"}
    assert all(
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("vault%3A") for one in results
    )
    said = capsys.readouterr()
    for text in (said.out, said.err, *(path.read_text() for path in tmp_path.glob("secscan.*"))):
        assert ROOT_TOKEN not in text


def test_what_may_not_be_looked_at_makes_it_incomplete(
    server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text(ADVISORY)
    role = least.policy(least.Role.HYGIENE, VaultSettings())
    asks(monkeypatch, server, server.token(role))
    assert run(["vault", "audit", "--policy", "mine.yaml", "--quiet"]) == 0
    fewer = "\n".join(line for line in role.splitlines() if "accessors" not in line)
    asks(monkeypatch, server, server.token(fewer))
    assert run(["vault", "audit", "--policy", "mine.yaml", "--quiet"]) == 3
    gaps = [one for one in load(tmp_path / "secscan.json").gaps if one.scanner == "vault-audit"]
    assert {one.subject for one in gaps} == {f"secscan.vault.1.{n}" for n in (1, 2, 3, 4)}
    assert "secscan vault policy --mode hygiene" in gaps[0].remedy


@pytest.mark.parametrize("optional", [False, True])
def test_a_login_that_fails_is_never_a_pass(
    server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optional: bool
) -> None:
    (tmp_path / "mine.yaml").write_text(f"{ADVISORY}optional: [vault-audit]\n" if optional else ADVISORY)
    asks(monkeypatch, server, "s.none")
    assert run(["vault", "audit", "--policy", "mine.yaml", "--quiet"]) == 3


def test_a_fork_does_not_audit(server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asks(monkeypatch, server, ROOT_TOKEN)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    assert run(["vault", "audit", "--quiet"]) == 3
    assert load(tmp_path / "secscan.json").findings == ()


def test_without_a_server_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["vault", "audit"]) == 2
    assert "VAULT_ADDR" in capsys.readouterr().err
    assert run(["vault", "audit", "--oldest", "new"]) == 2


def test_settings_of_the_working_directory_do_not_choose_the_server(
    server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"version: 1\nvault:\n  address: {server.address}\n  audit: {{lease_days: 40}}\n"
    (tmp_path / "secscan.yaml").write_text(text)
    monkeypatch.setenv("VAULT_TOKEN", ROOT_TOKEN)
    assert run(["vault", "audit", "--quiet"]) == 2
    assert run(["vault", "audit", "--quiet", "--config", "secscan.yaml"]) == 1


def test_an_ordinary_scan_is_without_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "vault-audit" in all_scanners()
    assert "vault-audit" not in choose(())
    assert "vault-audit" not in choose((), vault=True)
    assert set(choose((), looks_at="server")) == {"vault-audit"}
    assert run(["scan", "--scanner", "vault-audit", str(tmp_path)]) == 2
    assert "it has a command of its own" in capsys.readouterr().err


# --- policy -----------------------------------------------------------------------------------------------------------


def test_policy_and_role_come_from_settings_or_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "house.yaml").write_text(
        "version: 1\nvault:\n  mode: index\n  mounts: [kv]\n  transit: {mount: t, key: k}\n  not_read: ['top/**']\n"
    )
    assert run(["vault", "policy", "--config", "house.yaml"]) == 0
    assert 'path "t/hmac/k/sha2-256"' in capsys.readouterr().out
    assert run(["vault", "policy", "--config", "house.yaml", "--mode", "crawl", "--kv1", "old"]) == 0
    said = capsys.readouterr().out
    for path in ("kv/data/*", "kv/data/top/*", "old/*", "old/top/*"):
        assert f'path "{path}"' in said
    assert run(["vault", "policy", "-m", "refs", "--role", "jwt", "--repository", "42"]) == 0
    role = json.loads(capsys.readouterr().out)
    assert role["bound_claims"]["repository_id"] == "42"
    assert run(["vault", "policy", "-m", "refs", "--role", "approle"]) == 0
    assert json.loads(capsys.readouterr().out)["secret_id_num_uses"] == 1


@pytest.mark.parametrize("wrong", [["-m", "all"], ["--role", "root"], ["--not-read", "**/x{"], ["--mount", "a*"]])
def test_what_cannot_be_printed_is_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["vault", "policy", *wrong]) == 2
    assert capsys.readouterr().out == ""


# --- rotate-plan ------------------------------------------------------------------------------------------------------


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """A repository with two secrets, and a scan of it."""
    folder = repository(
        tmp_path / "shop",
        {
            "a.py": f'import os\nDB_PASSWORD = "{PASSWORD}"\n',
            "b.yaml": f"database:\n  password: {PASSWORD}x\n",
        },
    )
    assert run(["scan", "-q", "-p", "secrets-only", "-s", "secrets", "-o", str(tmp_path), str(folder)]) == 1
    assert len([one for one in load(tmp_path / "secscan.json").findings if one.kind is Kind.SECRET]) == 2
    return folder


def test_the_plan_has_every_secret_and_no_value(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["vault", "rotate-plan"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("2 secrets to replace")
    assert run(["vault", "rotate-plan", "--format", "markdown"]) == 0
    markdown = capsys.readouterr().out
    assert markdown.count("1. [ ] ") == 2
    for said in (text, markdown):
        assert "a.py:2" in said
        assert "vault kv put secret/TEAM/APPLICATION password=-" in said
        assert PASSWORD not in said


def change(folder: Path, files: dict[str, bytes | str]) -> None:
    write(folder, files)
    commit(folder)


def fates(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = run(["vault", "rotate-plan", "--path", str(folder), "--diff", "HEAD~1...HEAD"])
    said = capsys.readouterr().out
    assert PASSWORD not in said
    return code, [line.partition(":")[0] for line in said.splitlines() if not line.startswith(" ")]


REFERENCES: dict[str, bytes | str] = {
    "a.py": 'import os\nDB_PASSWORD = os.environ["DB_PASSWORD"]\n',
    "b.yaml": "database:\n  password: ${DB_PASSWORD}\n",
}


def test_references_in_their_stead_are_done(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(leaky, REFERENCES)
    assert fates(leaky, capsys) == (0, ["done", "done"])


def test_one_that_is_left_is_still_there(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(leaky, {"a.py": REFERENCES["a.py"]})
    assert fates(leaky, capsys) == (1, ["done", "still there"])


def test_one_that_moves_is_still_there(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(leaky, {**REFERENCES, "c.py": f'DB_PASSWORD = "{PASSWORD}"\n'})
    code, said = fates(leaky, capsys)
    assert code == 1
    assert "still there" in said


def test_another_literal_in_its_stead_is_still_there(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(leaky, {**REFERENCES, "a.py": 'import os\nDB_PASSWORD = "v1olin-Harbor.77"\n'})
    assert fates(leaky, capsys) == (1, ["still there", "done"])


def test_gone_without_a_reference_is_said(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(leaky, "rm", "-q", "b.yaml")
    change(leaky, {"a.py": "import os\n"})
    assert fates(leaky, capsys) == (0, ["gone but no reference seen", "gone but no reference seen"])


def test_a_file_that_is_renamed_is_followed(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = "".join(f"x{n} = {n}\n" for n in range(40))
    change(leaky, {"a.py": f'{more}DB_PASSWORD = "{PASSWORD}"\n'})
    assert run(["scan", "-q", "-p", "secrets-only", "-s", "secrets", "-o", ".", str(leaky)]) == 1
    git(leaky, "mv", "a.py", "settings.py")
    change(leaky, {"settings.py": f'{more}DB_PASSWORD = os.environ["DB_PASSWORD"]\n'})
    assert fates(leaky, capsys) == (1, ["done", "still there"])


def test_a_folder_of_a_repository_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = repository(tmp_path / "all", {"shop/a.py": f'import os\nDB_PASSWORD = "{PASSWORD}"\n', "b.py": "x = 1\n"})
    assert run(["scan", "-q", "-p", "secrets-only", "-s", "secrets", "-o", ".", str(top / "shop")]) == 1
    change(top, {"shop/a.py": REFERENCES["a.py"]})
    assert fates(top / "shop", capsys) == (0, ["done"])


def test_one_that_moves_to_a_file_that_is_too_large_is_not_done(
    leaky: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = f'DB_PASSWORD = "{PASSWORD}"\n' + "# nothing\n" * (LOOKED_AT_MOST // 10 + 1)
    change(leaky, {**REFERENCES, "large.py": large})
    assert fates(leaky, capsys) == (3, ["not looked at", "not looked at"])


def test_a_link_elsewhere_holds_no_text_unless_it_took_the_place(
    leaky: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (leaky / "elsewhere").symlink_to("/nowhere")
    change(leaky, REFERENCES)
    assert fates(leaky, capsys) == (0, ["done", "done"])
    (leaky / "b.yaml").unlink()
    (leaky / "b.yaml").symlink_to("/nowhere")
    commit(leaky)
    assert fates(leaky, capsys)[0] == 3


@pytest.mark.parametrize("more", [[], ["--diff", "HEAD...HEAD"], ["--format", "markdown"]])
@pytest.mark.parametrize(
    ("change_run", "said"),
    [
        ({"status": RunStatus.FAILED, "reason": "it was killed"}, "it was killed"),
        ({"status": RunStatus.SKIPPED, "reason": "not wanted"}, "not wanted"),
        ({"control": False}, "positive control"),
        (None, "no part of it"),
    ],
)
def test_a_scan_without_the_detector_says_nothing_of_secrets(
    leaky: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change_run: dict[str, object] | None,
    said: str,
    more: list[str],
) -> None:
    saved = load(tmp_path / "secscan.json")
    (ran,) = (one for one in saved.scanners if one.scanner == "secrets")
    runs = () if change_run is None else (msgspec.structs.replace(ran, **change_run),)
    (tmp_path / "none.json").write_bytes(dumps(msgspec.structs.replace(saved, scanners=runs, findings=())))
    capsys.readouterr()
    assert run(["vault", "rotate-plan", "--scan", "none.json", "--path", str(leaky), *more]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err
    (tmp_path / "some.json").write_bytes(dumps(msgspec.structs.replace(saved, scanners=runs)))
    assert run(["vault", "rotate-plan", "--scan", "some.json", "--path", str(leaky), *more]) == 3
    assert ("a.py:2" in capsys.readouterr().out) is ("--diff" not in more)  # what was found is to be replaced anyway


def test_a_range_that_is_none_is_refused(leaky: Path) -> None:
    assert run(["vault", "rotate-plan", "--path", str(leaky), "--diff", "nowhere...HEAD"]) == 2
    assert run(["vault", "rotate-plan", "--scan", "none.json"]) == 2
    assert run(["vault", "rotate-plan", "--format", "html"]) == 2


def test_what_the_detector_did_not_see_is_incomplete(
    leaky: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "secscan.json"
    saved.write_bytes(dumps(load(saved)).replace(b"secscan.secret.generic-password", b"secscan.vault.live"))
    change(leaky, REFERENCES)
    assert fates(leaky, capsys) == (3, ["not looked at", "not looked at"])


# --- What nobody refers to --------------------------------------------------------------------------------------------


def test_what_nobody_refers_to_is_listed(
    server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kv = server.client().secrets.kv.v2
    for entry in ("shop/db", "shop/mail", "old/thing"):
        kv.create_or_update_secret(entry, {"password": "c0pper-Lantern.42"})
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "deploy.sh").write_text("vault kv get -field=password secret/shop/db\nvault kv get secret/shop/$NAME\n")
    rules = [f'path "secret/{part}/*" {{ capabilities = ["read", "list"] }}' for part in ("metadata", "subkeys")]
    asks(monkeypatch, server, server.token(*rules))
    assert run(["vault", "unreferenced", str(tree)]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert "secret/old/thing" in listed
    assert not {"secret/shop/db", "secret/shop/mail"} & {*listed}
    asks(monkeypatch, server, server.token('path "sys/health" { capabilities = ["read"] }'))
    assert run(["vault", "unreferenced", str(tree)]) == 3
    assert "not looked at" in capsys.readouterr().err
