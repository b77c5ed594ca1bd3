"""`secscan init`: what it writes, what it keeps, whom it trusts, and what it asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from secscan.cli.app import build
from secscan.cli.judging import Wanted, gather
from secscan.errors import Interrupted, PolicyError, UsageError
from secscan.scanners.registry import all_scanners
from secscan.trust.listed import list_path, read_list
from tests.support.repositories import repository, write

FILES: dict[str, bytes | str] = {
    "app.py": "print('x')\n",
    "requirements.txt": "itsdangerous==2.2.0\n",
    ".github/workflows/ci.yml": "on: push\njobs: {}\n",
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def init(repo: Path, *words: str, answers: str | None = None, monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    if monkeypatch is not None:
        monkeypatch.setattr("secscan.cli.init.is_terminal", lambda: True)
    ended = CliRunner().invoke(build(), ["init", str(repo), *words], input=answers)
    if ended.exception is not None:
        raise ended.exception
    return ended.output


def test_it_writes_settings_that_count_from_then_on(repo: Path) -> None:
    said = init(repo, "--yes")
    assert (repo / "secscan.yaml").read_text().startswith("# yaml-language-server")
    assert "secscan advisories update PyPI --from" in said
    assert said.index("Next:") < said.index("secscan scan")
    judge = gather(repo, None, Wanted(), scanners=tuple(all_scanners()))
    assert judge.trusted == {"secscan.yaml"}
    assert not [one for one in judge.notices if "not honoured" in one.text]


def test_a_second_time_changes_nothing(repo: Path) -> None:
    init(repo, "--yes")
    before = {path: path.read_bytes() for path in repo.rglob("*") if path.is_file() and ".git/" not in str(path)}
    said = init(repo, "--yes")
    after = {path: path.read_bytes() for path in repo.rglob("*") if path.is_file() and ".git/" not in str(path)}
    assert after == before
    assert "  wrote " not in said


def test_what_somebody_wrote_is_shown_and_kept_and_not_trusted(repo: Path) -> None:
    write(repo, {"secscan.yaml": "version: 1\nscan: {exclude: ['/app.py']}\n"})
    said = init(repo, "--yes")
    assert "-scan: {exclude: ['/app.py']}" in said
    assert "kept secscan.yaml" in said
    assert (repo / "secscan.yaml").read_text().startswith("version: 1")
    assert not list_path().exists()
    assert gather(repo, None, Wanted(), scanners=tuple(all_scanners())).settings.exclude == ()
    init(repo, "--yes", "--force")
    assert (repo / "secscan.yaml").read_text().startswith("# yaml-language-server")


def test_files_that_were_there_are_not_trusted_along(repo: Path) -> None:
    write(repo, {".secscan/waivers.yaml": "format: secscan.waivers/1\nwaivers: []\n"})
    init(repo, "--yes")
    (tree,) = read_list(list_path())
    assert set(tree.files) == {"secscan.yaml"}


def test_a_dry_run_writes_nothing(repo: Path) -> None:
    said = init(repo, "--dry-run", "--ci", "github")
    assert "+version: 1" in said
    assert sorted(path.name for path in repo.iterdir()) == [".git", ".github", "app.py", "requirements.txt"]
    assert not list_path().exists()


def test_a_pipeline_is_written_where_it_is_wanted(repo: Path) -> None:
    init(repo, "--yes", "--ci", "gitlab")
    assert (repo / ".gitlab-ci.yml").exists()
    with pytest.raises(UsageError, match="no pipeline for 'nosuch'"):
        init(repo, "--yes", "--ci", "nosuch")


def test_a_policy_that_there_is_not_is_refused_before_anything_is_written(repo: Path) -> None:
    with pytest.raises(PolicyError, match="nosuch"):
        init(repo, "--yes", "--policy", "nosuch")
    assert not (repo / "secscan.yaml").exists()
    with pytest.raises(UsageError, match="no folder"):
        init(repo / "app.py", "--yes")


def test_nothing_is_asked_where_nobody_is_there(repo: Path) -> None:
    said = init(repo)
    assert "?" not in said.partition("Next:")[0]
    assert "policy: default" in (repo / "secscan.yaml").read_text()


def test_on_a_terminal_it_asks_little(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, {".gitignore": "\n"})
    said = init(repo, answers="nonsense\nstrict\nn\ny\ny\n", monkeypatch=monkeypatch)
    assert said.count("]: ") <= 6
    assert "secscan" in (repo / ".git/hooks/pre-commit").read_text()
    assert "policy: strict" in (repo / "secscan.yaml").read_text()
    assert any(b"secscan" in path.read_bytes() for path in (repo / ".github/workflows").iterdir())


def test_whoever_stops_is_no_gate_that_failed(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Interrupted):
        init(repo, answers="", monkeypatch=monkeypatch)
    assert not (repo / "secscan.yaml").exists()


@pytest.mark.slow
def test_with_a_baseline_only_what_is_new_blocks(repo: Path) -> None:
    """The whole way: a backlog, init, a green scan, something new, a red one."""
    write(repo, {"old.py": "import subprocess\nsubprocess.call(input(), shell=True)\n"})
    (repo / "requirements.txt").unlink()
    said = init(repo, "--yes", "--baseline")
    assert "finding" in said
    scan = ["scan", str(repo), "--advisories", "demo", "--output", str(repo.parent / "out")]
    ended = CliRunner().invoke(build(), scan)
    assert ended.exit_code == 0, ended.output
    write(repo, {"new.py": "import subprocess\nsubprocess.call(input(), shell=True)  # new\n"})
    ended = CliRunner().invoke(build(), scan)
    assert ended.exit_code == 1, ended.output
    assert "new.py:2" in ended.output
