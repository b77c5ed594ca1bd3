"""A thousand canaries in Vault and in a tree: no byte that is written anywhere holds one, or what gives one away.

Every write of every process of a scan is watched (strace), with what is left on the disk and what `/proc` tells of the
children. Sockets are left out: values go to Vault, where they come from, and nowhere else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.traces import STRACE, Traces, canaries, watched
from tests.support.vault import VaultServer

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def tree(tmp_path: Path, server: VaultServer) -> tuple[Path, list[str]]:
    """A tree with 1,000 canaries, which are in Vault as well, and their mount."""
    values = canaries(1000)
    client = server.client()
    mount = f"canaries-{time.monotonic_ns()}"
    client.sys.enable_secrets_engine("kv", path=mount, options={"version": "1"})
    for number in range(0, 1000, 10):
        fields = {f"password{at}": value for at, value in enumerate(values[number : number + 10])}
        client.secrets.kv.v1.create_or_update_secret(f"app/{number}", fields, mount_point=mount)
    folder = tmp_path / mount
    folder.mkdir()
    for number in range(0, 1000, 50):
        lines = [f'PASSWORD_{at} = "{value}"' for at, value in enumerate(values[number : number + 50])]
        (folder / f"settings_{number}.py").write_text("\n".join(lines) + "\n")
    return folder, values


def checking(folder: Path, home: Path, environment: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The command that checks a tree against its mount, and its environment."""
    settings = home / "settings.yaml"
    home.mkdir()
    settings.write_text(f"version: 1\nvault: {{mounts: [{folder.name}]}}\n")
    command = [sys.executable, "-m", "secscan", "vault", "check", str(folder), "--config", str(settings), "-o", "out"]
    own = {"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return command, {**environment, "PATH": os.environ["PATH"], **own}


def test_nothing_that_is_written_gives_a_canary_away(
    tree: tuple[Path, list[str]], tmp_path: Path, server: VaultServer
) -> None:
    folder, values = tree
    traces = Traces(values)
    home = tmp_path / "home"
    command, environment = checking(folder, home, server.environment())
    code, said, data, told = watched(command, home, environment)
    assert code == 1, said.decode()
    report = (home / "out" / "secscan.json").read_text()
    assert report.count('"secret_state":"live"') == 1000
    assert len(data) > 100_000
    assert any(b"secscan.stores.worker" in one for one in told)
    assert traces.in_(data) == set()
    assert traces.in_(said) == set()
    assert traces.in_(b"\n".join(told)) == set()
    left = [path for path in home.rglob("*") if path.is_file()]
    assert {path.parent.name for path in left} == {"home", "out", "results", "secscan"}  # the cache and its key, too
    for path in left:
        assert traces.in_(path.read_bytes()) == set(), path


def test_neither_does_the_token(tree: tuple[Path, list[str]], tmp_path: Path, server: VaultServer) -> None:
    folder, _ = tree
    token = server.token(f'path "{folder.name}/*" {{ capabilities = ["read", "list"] }}')
    home = tmp_path / "home"
    command, environment = checking(folder, home, server.environment(token))
    ended = subprocess.run(command, cwd=home, env=environment, capture_output=True, check=False)
    assert ended.returncode == 1, ended.stderr
    assert token.encode() not in ended.stdout + ended.stderr
    assert all(token.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())


CRASH = """
import sys
from secscan.stores import worker
def broken(request):
    canary = sys.argv[1]
    raise ValueError(f"{canary} of {request}")
worker.answer = broken
sys.argv[1:] = [sys.argv[1]]
worker.main()
"""


def test_a_crash_of_the_child_tells_where_and_not_what(tmp_path: Path) -> None:
    (value,) = canaries(1)
    request = (
        b'{"settings": {}, "environment": {"VAULT_TOKEN": "s.precious"}, "files": {}, "show_paths": true, "key": ""}'
    )
    ended = subprocess.run(
        [sys.executable, "-c", CRASH, value], input=request, capture_output=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.startswith(b"ValueError at ")
    assert value.encode() not in ended.stdout + ended.stderr
    assert b"precious" not in ended.stdout + ended.stderr


LEAK = """
import hashlib, sys, time
time.sleep(0.5)
open("report.txt", "w").write(f"found {sys.argv[1]}")
open("hash.txt", "w").write(hashlib.sha256(sys.argv[1].encode()).hexdigest())
"""


def test_a_leak_would_be_seen(tmp_path: Path) -> None:
    one, other = canaries(2)
    _, _, data, told = watched([sys.executable, "-c", LEAK, one], tmp_path, dict(os.environ))
    assert Traces([one]).in_(data) == {one}
    assert Traces([one]).in_((tmp_path / "hash.txt").read_bytes()) == {one}
    assert Traces([one]).in_(b"\n".join(told)) == {one}
    assert Traces([other]).in_(data) == set()
