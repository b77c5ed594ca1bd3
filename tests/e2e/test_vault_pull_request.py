"""A pull request with a secret in use, one that was replaced, and one that nobody knows, as a job of GitHub Actions
sees it: a role that can read no secret, logged in by the job's id token, and an index that a trusted job wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.e2e.conftest import Installed, Result, run_secscan
from tests.support.issuer import Issuer, issuing
from tests.support.repositories import commit, git, repository, write
from tests.support.vault import VaultServer, running

LIVE, OLD, STRANGE = "c0pper-Lantern.42", "c0pper-Lantern.41", "v1olin-Harbor.77"
CODE = f'''"""The shop."""
DB_PASSWORD = "{LIVE}"
OLD_PASSWORD = "{OLD}"
MAIL_PASSWORD = "{STRANGE}"
'''
CLAIMS = {"repository_id": "42", "ref": "refs/pull/7/merge", "job_workflow_ref": "house/ci/.github/workflows/scan.yml"}
SETTINGS = """
version: 1
vault:
  address: {address}
  auth: {{method: jwt, mount: github, role: secscan-pr, audience: secscan}}
  mode: index
  index: {index}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, installed: Installed) -> Iterator[VaultServer]:
    folder = tmp_path_factory.mktemp("policies")
    with running(tmp_path_factory.mktemp("bao")) as started:
        client = started.client()
        for value in (OLD, LIVE):
            client.secrets.kv.v2.create_or_update_secret("app/db", {"password": value, "user": "shop"})
        client.sys.enable_secrets_engine("transit")
        for key in ("secscan-index", "secscan-index-seal"):
            client.secrets.transit.create_key(key)
        for name, modes in {"secscan-pr": ("index", "refs"), "secscan-indexer": ("indexer",)}.items():
            printed = [run_secscan(installed, "vault", "policy", "--mode", mode, cwd=folder) for mode in modes]
            client.sys.create_or_update_policy(name, "\n".join(one.stdout for one in printed))
        yield started


@pytest.fixture(scope="module")
def issuer(server: VaultServer) -> Iterator[Issuer]:
    with issuing() as started:
        client = server.client()
        client.sys.enable_auth_method("jwt", path="github")
        client.auth.jwt.configure(oidc_discovery_url=started.address, path="github")
        client.auth.jwt.create_role(
            "secscan-pr", allowed_redirect_uris=[], role_type="jwt", user_claim="sub", path="github",
            bound_audiences=["secscan"], bound_claims=CLAIMS, token_policies=["secscan-pr"], token_ttl="5m",
        )  # fmt: skip
        started.claims = CLAIMS
        yield started


class Stranger:
    """A server that would like to be asked."""

    def __init__(self) -> None:
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def handle(self) -> None:
                asked.append(self.client_address)
                super().handle()

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    one = Stranger()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def repo(tmp_path: Path, installed: Installed, server: VaultServer, stranger: Stranger) -> Path:
    """The index, written by a trusted job, and a repository whose change would rather have another Vault asked."""
    (tmp_path / "trusted").mkdir()
    token = server.client().auth.token.create(policies=["secscan-indexer"], no_default_policy=True, ttl="5m")
    environment = server.environment(token["auth"]["client_token"])
    wanted = ("vault", "index", "--output", "index.json", "--paths", "paths.json")
    made = run_secscan(installed, *wanted, cwd=tmp_path / "trusted", env=environment)
    assert made.code == 0, made.stderr
    settings = SETTINGS.format(address=server.address, index=tmp_path / "trusted" / "index.json")
    folder = repository(tmp_path / "repo", {"secscan.yaml": settings, "app.py": '"""The shop."""\n'})
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    write(folder, {"app.py": CODE, "secscan.yaml": settings.replace(server.address, stranger.address)})
    commit(folder, "a change")
    return folder


def scanned(installed: Installed, repo: Path, issuer: Issuer, head: str = "house/shop") -> Result:
    """What the job of the pull request does."""
    event = {"pull_request": {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "house/shop"}}}}
    out = repo.parent / "out"
    out.mkdir(exist_ok=True)
    (out / "event.json").write_text(json.dumps(event))
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_BASE_REF": "main",
        "GITHUB_EVENT_PATH": str(out / "event.json"),
        **issuer.environment(),
    }
    wanted = ("--vault", "--scanner", "secrets", "--policy", "secrets-only")
    return run_secscan(installed, "scan", repo, *wanted, cwd=out, env=environment)


def outputs(result: Result) -> bytes:
    files = [path.read_bytes() for path in result.folder.iterdir()]
    return b"\n".join([result.stdout.encode(), result.stderr.encode(), *files])


def test_each_secret_gets_the_word_that_it_deserves(
    installed: Installed, repo: Path, issuer: Issuer, server: VaultServer, stranger: Stranger
) -> None:
    before = len(server.audited())
    result = scanned(installed, repo, issuer)
    assert result.code == 1, result.stderr
    assert result.scanner("vault")["status"] == "completed", result.scanner("vault")
    decisions = {one["fingerprint"]: one for one in result.scan["judgement"]["decisions"]}
    found = {
        one["location"]["region"]["start_line"]: (one, decisions[one["fingerprint"]])
        for one in result.scan["findings"]
        if one["location"]["path"] == "app.py"
    }
    said = {line: (one["secret_state"], one["severity"], to["action"], to["rule"]) for line, (one, to) in found.items()}
    assert said == {
        2: ("live", "critical", "block", "live-secret"),
        3: ("rotated", "low", "warn", "ended-secret"),
        4: ("unknown", "high", "block", "secret"),
    }
    assert "Rotate it now" in found[2][0]["remediation"]
    assert "replaced 20" in found[3][0]["message"]
    assert found[4][0]["notes"] == ["Vault: does not know it, so it may be in use all the same"]
    # Neither a secret nor a path of Vault is in any output.
    text = outputs(result)
    for hidden in (LIVE, OLD, STRANGE, "app/db"):
        assert hidden.encode() not in text
    assert b"vault:id-" in text
    # Who may know finds out what an id stands for.
    paths_of = json.loads((repo.parent / "trusted" / "paths.json").read_bytes())
    assert [path for number, path in paths_of.items() if number.encode() in text] == ["secret/app/db"]
    # Whom the change would rather have asked was not asked; the role did what it says and was ended.
    assert stranger.asked == []
    paths = {one["request"]["path"] for one in server.audited()[before:]}
    assert not [path for path in paths if "/data/" in path]
    assert {"auth/github/login", "transit/hmac/secscan-index/sha2-256", "auth/token/revoke-self"} <= paths


def test_for_a_fork_vault_is_not_asked_and_nothing_is_lowered(
    installed: Installed, repo: Path, issuer: Issuer, server: VaultServer
) -> None:
    before = len(server.audited())
    result = scanned(installed, repo, issuer, head="stranger/shop")
    assert result.code == 1
    assert len(server.audited()) == before
    assert "comes from a fork" in result.scanner("vault")["reason"]
    assert {one["severity"] for one in result.scan["findings"]} == {"high"}
    reasons = {one["verdict"] for one in result.scan["judgement"]["reasons"]}
    assert reasons == {"failed", "incomplete"}


def test_a_job_that_is_not_bound_to_the_role_gets_nothing(
    installed: Installed, repo: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer, "claims", {**CLAIMS, "repository_id": "43"})
    result = scanned(installed, repo, issuer)
    assert result.scanner("vault")["status"] == "failed"
    assert "secret_state" not in json.dumps(result.scan["findings"])
