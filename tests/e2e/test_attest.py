"""The installed program: scan, attest, verify, replay, compare; and then one byte is changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import Installed, Run, run_secscan
from tests.support.attested import key_pair
from tests.support.repositories import commit, git, repository, write

WORD = "korrekt Pferd"


@pytest.fixture(scope="module")
def house(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scanned tree, and a key with a passphrase."""
    folder = tmp_path_factory.mktemp("attested")
    tree = folder / "tree"
    tree.mkdir()
    (tree / "a.py").write_text('password = "kR9vX2mQ7tLp"\n', encoding="utf-8")
    private, public = key_pair("P-256", passphrase=WORD)
    (folder / "key.pem").write_bytes(private)
    (folder / "key.pub").write_bytes(public)
    (folder / "before").mkdir()
    for place in ("before", "."):
        scan = ("scan", tree, "--scanner", "secrets", "--policy", "secrets-only")
        assert run_secscan(installed, *scan, cwd=folder / place).code == 1
    env = {"SECSCAN_KEY_PASSPHRASE": WORD}
    made = run_secscan(installed, "attest", "secscan.json", "--key", "key.pem", "-o", "a.json", cwd=folder, env=env)
    assert made.code == 0, made.stderr
    return folder


def test_it_is_verified_and_replayed(secscan: Run, house: Path) -> None:
    ended = secscan("verify", "a.json", "--key", "key.pub", "--scan", "secscan.json", cwd=house)
    assert ended.code == 0, ended.stderr
    assert "verdict:  failed" in ended.stdout
    assert secscan("verify", "a.json", "--key", "key.pub", "--passed", cwd=house).code == 1
    ended = secscan("replay", "a.json", "secscan.json", "--key", "key.pub", cwd=house)
    assert ended.code == 0, ended.stderr
    assert "the verdict is the same" in " ".join(ended.stdout.split())


def test_one_changed_byte_is_refused(secscan: Run, house: Path) -> None:
    for name in ("a.json", "secscan.json"):
        data = bytearray((house / name).read_bytes())
        data[len(data) // 2] ^= 1
        (house / f"changed-{name}").write_bytes(data)
    key = ("--key", "key.pub")
    assert secscan("verify", "changed-a.json", *key, cwd=house).code == 1
    assert secscan("replay", "changed-a.json", "secscan.json", *key, cwd=house).code == 1
    assert secscan("verify", "a.json", *key, "--scan", "changed-secscan.json", cwd=house).code == 1
    assert secscan("replay", "a.json", "changed-secscan.json", *key, cwd=house).code == 1


def test_a_verdict_that_was_edited_is_not_attested(secscan: Run, house: Path) -> None:
    softer = (house / "secscan.json").read_text(encoding="utf-8").replace('"verdict":"failed"', '"verdict":"passed"')
    (house / "softer.json").write_text(softer, encoding="utf-8")
    arguments = ("attest", "softer.json", "--terms", "secscan.terms.json", "--unsigned", "-o", "softer.statement.json")
    ended = secscan(*arguments, cwd=house)
    assert (ended.code, (house / "softer.statement.json").exists()) == (2, False)
    assert "not byte for byte" in " ".join(ended.stderr.split())


def test_a_wrong_passphrase_or_none_is_a_wrong_command(secscan: Run, house: Path) -> None:
    for env in ({}, {"SECSCAN_KEY_PASSPHRASE": "wrong-word"}):
        ended = secscan("attest", "secscan.json", "--key", "key.pem", "-o", "no.json", cwd=house, env=env)
        assert (ended.code, (house / "no.json").exists()) == (2, False)
        assert "wrong-word" not in ended.stdout + ended.stderr


def test_unsigned_must_be_asked_for(secscan: Run, house: Path) -> None:
    assert secscan("attest", "secscan.json", "--unsigned", "-o", "s.json", cwd=house).code == 0
    assert json.loads((house / "s.json").read_bytes())["predicateType"] == "https://secscan.dev/attestation/decision/v1"
    assert secscan("verify", "s.json", "--unsigned", cwd=house).code == 0
    assert secscan("replay", "s.json", "secscan.json", "--unsigned", cwd=house).code == 0
    assert secscan("verify", "s.json", "--key", "key.pub", cwd=house).code == 1
    for arguments in (("verify", "s.json"), ("verify", "a.json", "--unsigned"), ("attest", "secscan.json", "-o", "x")):
        assert secscan(*arguments, cwd=house).code == 2


def test_without_the_extra_only_signatures_are_missing(secscan: Run, house: Path, tmp_path: Path) -> None:
    """A module that cannot be imported stands in the place of the library."""
    folder = tmp_path / "securesystemslib"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise ModuleNotFoundError(name='securesystemslib')\n", encoding="utf-8")
    env = {"PYTHONPATH": str(tmp_path)}
    ended = secscan("verify", "a.json", "--key", "key.pub", cwd=house, env=env)
    assert ended.code == 2
    assert "secscan[attest]" in ended.stderr
    assert secscan("attest", "secscan.json", "--unsigned", "-o", "t.json", cwd=house, env=env).code == 0
    assert secscan("replay", "t.json", "secscan.json", "--unsigned", cwd=house, env=env).code == 0


def test_a_pull_request_is_attested_with_what_it_was_judged_by(installed: Installed, tmp_path: Path) -> None:
    """Policy and waivers of the base, waivers that the change brings along, and a baseline that was scanned for it."""
    one = "  - {{id: {0}, owner: ana, reason: a password of the test server only, expires: {1}, paths: [/{0}.py]}}\n"
    ends = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    first, more = ("format: secscan.waivers/1\nwaivers:\n" + one.format("old", ends), one.format("new", ends))
    files = {"old.py": 'password = "kR9vX2mQ7tLp"\n', ".secscan/waivers.yaml": first}
    root = repository(tmp_path / "shop", files)
    base = git(root, "rev-parse", "HEAD")
    write(root, {"new.py": 'password = "zT4wB8nC3yHs"\n', ".secscan/waivers.yaml": first + more})
    commit(root)
    refs = ("--policy-ref", base, "--baseline-ref", base)
    scan = ("scan", root, "-s", "secrets", "-p", "secrets-only", *refs)
    ended = run_secscan(installed, *scan, cwd=tmp_path)
    assert ended.code in {1, 3}, ended.stderr
    terms = json.loads((tmp_path / "secscan.terms.json").read_bytes())
    assert ([one["id"] for one in terms["waivers"]], [one["id"] for one in terms["pending"]]) == (["old"], ["new"])
    assert terms["baseline"]["findings"]
    assert run_secscan(installed, "attest", "secscan.json", "--unsigned", "-o", "s.json", cwd=tmp_path).code == 0
    (tmp_path / "secscan.terms.json").unlink()
    replayed = run_secscan(installed, "replay", "s.json", "secscan.json", "--unsigned", cwd=tmp_path)
    assert replayed.code == 0, replayed.stderr


def test_two_scans_are_compared(secscan: Run, house: Path) -> None:
    ended = secscan("diff", "before/secscan.json", "secscan.json", cwd=house)
    assert ended.code == 0, ended.stderr
    assert "0 new, 0 changed, 0 fixed, 0 not seen, 1 the same" in ended.stdout
    assert secscan("diff", "before/secscan.json", "secscan.json", "-f", "json", "-o", "d.json", cwd=house).code == 0
    assert json.loads((house / "d.json").read_bytes())["format"] == "secscan.diff/1"
    assert secscan("diff", "secscan.json", "a.json", cwd=house).code == 2
