"""Shards of a real repository, looked at by the real scanners, come to what one scan comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.secrets.control import control_source
from tests.e2e.conftest import Installed, Result, run_secscan
from tests.support.repositories import commit, git, repository, write

TOKEN = control_source().decode()
WAIVERS = """
format: secscan.waivers/1
waivers:
  - id: W-1
    paths: [src/waived.py]
    reason: only administrators reach it
    owner: ana@example.org
    expires: 2026-03-01
"""
SHELL = (
    '"""Lists."""\nimport subprocess\n\n\ndef run(name: str) -> None:\n    subprocess.call("ls " + name, shell=True)\n'
)
BEFORE: dict[str, bytes | str] = {
    "src/old.py": SHELL,
    "src/waived.py": SHELL.replace("ls", "cat"),
    "src/broken.py": "def broken(:\n",
    "src/half.ipynb": '{"cells": [',
    "src/cells.ipynb": '{"cells": [{"cell_type": "code", "source": "%time eval(input())\\nx = !ls"},\n'
    '{"cell_type": "code", "source": ["def broken(:"]}]}',
    "conf/one.env": TOKEN,
    "requirements.txt": "jinja2==2.11.2\n",
    "Dockerfile": "FROM debian:latest\nRUN curl -fsSL https://example.org/x | sh\n",
    "deploy/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a, "
    "securityContext: {privileged: true}}]}\n",
    **{f"src/clean{n}.py": f'"""Adds {n}."""\n\n\ndef add(a: int) -> int:\n    return a + {n}\n' for n in range(6)},
}
AFTER: dict[str, bytes | str] = {
    "src/new.py": '"""Evaluates."""\nimport os\nimport sys\n\nos.system("ls " + sys.argv[1])\n',
    "lib/two.env": TOKEN,
}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = repository(tmp_path_factory.mktemp("shards") / "repo", BEFORE)
    git(folder, "branch", "base")
    write(folder, AFTER)
    git(folder, "mv", "src/old.py", "src/renamed.py")
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    waivers = tmp_path_factory.mktemp("waivers") / "waivers.yaml"
    waivers.write_text(WAIVERS)
    judge = ("--policy", "default", "--waivers", waivers, "--at", "2026-02-01T00:00:00Z")
    return (*judge, "--advisories", "demo")


BASELINE = ("--baseline-ref", "base")
"""What makes every look two; left to the slow tests."""


QUICK = tuple(
    word for name in ("bandit", "semgrep", "secrets", "dockerfile", "manifests", "osv") for word in ("--scanner", name)
)
"""What `make test` has time for: of every sort of work one."""


@pytest.fixture(scope="module")
def whole(
    installed: Installed, repo: Path, arguments: tuple[object, ...], tmp_path_factory: pytest.TempPathFactory
) -> Result:
    """One scan by everybody, and its baseline."""
    return run_secscan(installed, "scan", repo, *arguments, *BASELINE, cwd=tmp_path_factory.mktemp("whole"))


def shards(installed: Installed, repo: Path, count: int, folder: Path, *arguments: object) -> Path:
    folder.mkdir()
    for number in range(1, count + 1):
        ended = run_secscan(installed, "scan", repo, *arguments, "--shard", f"{number}/{count}", cwd=folder)
        assert ended.code == 0, ended.stderr
        assert f"No verdict yet: shard {number} of {count}" in ended.stderr
    assert sorted(folder.iterdir()) == [folder / f"secscan-shard-{n}-of-{count}.json" for n in range(1, count + 1)]
    return folder


@pytest.fixture(scope="module")
def two(
    installed: Installed, repo: Path, arguments: tuple[object, ...], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return shards(installed, repo, 2, tmp_path_factory.mktemp("two") / "parts", *arguments, *QUICK)


def same(one: Result, other: Result) -> None:
    assert (one.code, {**one.scan, "run": None}) == (other.code, {**other.scan, "run": None})
    for name in ("secscan.sarif", "secscan.terms.json"):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes()


def test_a_merge_is_one_scan(
    installed: Installed, repo: Path, arguments: tuple[object, ...], two: Path, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    one = run_secscan(installed, "scan", repo, *arguments, *QUICK, cwd=tmp_path / "one")
    same(run_secscan(installed, "merge", two, "--path", repo, *arguments, *QUICK, cwd=tmp_path), one)
    # It is worth the comparison: something of everything is there.
    assert (one.code, one.verdict) == (1, "failed")
    findings = one.scan["findings"]
    assert any({source["scanner"] for source in found["sources"]} >= {"bandit", "semgrep"} for found in findings)
    assert [len(found["places"]) for found in findings if found["kind"] == "secret" and "places" in found] == [1]
    assert {"dependency", "misconfiguration", "sast", "secret"} <= {found["kind"] for found in findings}
    decisions = one.scan["judgement"]["decisions"]
    assert any(decision.get("waiver") == "W-1" for decision in decisions)
    assert any(gap["subject"] == "src/broken.py" for gap in one.scan["gaps"])


def test_no_secret_is_in_what_a_shard_writes(two: Path) -> None:
    token = TOKEN.split("=")[-1].strip().strip("\"'")
    assert len(token) > 20
    assert not [file for file in two.iterdir() if token in file.read_text()]


def test_a_merge_without_a_shard_does_not_pass(installed: Installed, clean_tree: Path, tmp_path: Path) -> None:
    only = ("--advisories", "demo", "--policy", "secrets-only", "--scanner", "secrets")
    parts = shards(installed, clean_tree, 2, tmp_path / "parts", *only)
    assert run_secscan(installed, "merge", parts, "--path", clean_tree, *only, cwd=tmp_path).code == 0
    one, other = sorted(parts.iterdir())
    other.write_text(other.read_text().replace("app.py", "ape.py").replace("requirements", "requirement5"))
    for given in ([one], [one, other]):
        merged = run_secscan(installed, "merge", *given, "--path", clean_tree, *only, cwd=tmp_path)
        assert (merged.code, merged.verdict) == (3, "incomplete")
        gaps = {gap["subject"]: gap["detail"] for gap in merged.scan["gaps"]}
        assert gaps.pop("shard 2 of 2").startswith("its result is missing; nobody looked file by file at 1 of 2 files")
        assert [Path(name).name for name in gaps] == [file.name for file in given[1:]]
        assert all("its seal does not fit" in detail for detail in gaps.values())
        assert merged.scanner("secrets")["reason"] == "shard 2 of 2: its result is missing"
    refused = run_secscan(installed, "gate", one, "--policy", "advisory", cwd=tmp_path)
    assert (refused.code, "has no verdict" in refused.stderr) == (2, True)


def test_keys_seal_what_shards_write(installed: Installed, clean_tree: Path, tmp_path: Path) -> None:
    only = ("--policy", "secrets-only", "--scanner", "secrets")
    key = {"SECSCAN_CACHE_KEY": "k" * 32}
    run_secscan(installed, "scan", clean_tree, *only, "--shard", "1/1", cwd=tmp_path, env=key)
    ours = run_secscan(installed, "merge", ".", "--path", clean_tree, *only, cwd=tmp_path, env=key)
    other = {"SECSCAN_CACHE_KEY": "o" * 32}
    others = run_secscan(installed, "merge", ".", "--path", clean_tree, *only, cwd=tmp_path, env=other)
    assert (ours.code, others.code) == (0, 2)
    assert "not sealed with the key" in others.stderr


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("kept", [False, True])
def test_any_number_of_shards_with_a_cache_or_without(
    count: int,
    kept: bool,
    installed: Installed,
    repo: Path,
    arguments: tuple[object, ...],
    whole: Result,
    tmp_path: Path,
) -> None:
    cache = ("--cache", tmp_path / "kept") if kept else ("--no-cache",)
    if kept:  # so that a shard knows most of its files
        run_secscan(installed, "scan", repo, *arguments, *cache, cwd=tmp_path, env={"HOME": str(tmp_path)})
    assert {decision["new"] for decision in whole.scan["judgement"]["decisions"]} == {True, False}
    arguments = (*arguments, *BASELINE)
    parts = tmp_path / "parts"
    parts.mkdir()
    for number in range(1, count + 1):
        shard = ("--shard", f"{number}/{count}", "-o", parts)
        run_secscan(installed, "scan", repo, *arguments, *cache, *shard, cwd=tmp_path, env={"HOME": str(tmp_path)})
    same(run_secscan(installed, "merge", parts, "--path", repo, *arguments, cwd=tmp_path), whole)


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--staged"], ["--diff", "base...HEAD"], ["--history"], []])
def test_other_targets(options: list[str], installed: Installed, repo: Path, tmp_path: Path) -> None:
    only = (*options, "--at", "2026-02-01T00:00:00Z", "--scanner", "bandit", "--scanner", "secrets")
    write(repo, {"src/staged.py": SHELL})
    git(repo, "add", "src/staged.py")
    try:
        tree = repo if options else repo / "src"
        parts = shards(installed, tree, 2, tmp_path / "parts", *only)
        out = tmp_path / "whole"
        out.mkdir()
        one = run_secscan(installed, "scan", tree, *only, cwd=out)
        same(run_secscan(installed, "merge", parts, "--path", tree, *only, cwd=tmp_path), one)
    finally:
        git(repo, "rm", "--quiet", "--force", "src/staged.py")
