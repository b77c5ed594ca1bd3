"""The targets that settings name: each has its own reports, and the worst verdict counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from secscan.cli.app import build
from secscan.cli.several import Place, places_of, within
from secscan.config import Settings, parse_settings
from secscan.errors import ConfigError, TargetError, UsageError
from tests.support.secret_samples import Maker

SECRET = Maker().checked("ghp_")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {"pay": "KEY = 1\n", "shop": "A = 1\n", "other": "B = 2\n"}.items():
        (tmp_path / "services" / name).mkdir(parents=True)
        (tmp_path / "services" / name / "app.py").write_text(text)
    (tmp_path / "secscan.yaml").write_text("version: 1\ntargets: [services/pay, services/shop]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scan(*words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(
        build(), ["scan", "-s", "secrets", "-p", "secrets-only", "--no-cache", "-o", "out", *words]
    )
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended.exit_code, ended.output


def verdicts(tree: Path) -> dict[str, str]:
    return {
        str(path.parent.relative_to(tree / "out")): json.loads(path.read_bytes())["judgement"]["verdict"]
        for path in (tree / "out").rglob("secscan.json")
    }


def test_each_has_its_reports_and_the_worst_counts(tree: Path) -> None:
    assert scan("--config", "secscan.yaml")[0] == 0
    assert verdicts(tree) == {"services-pay": "passed", "services-shop": "passed"}
    (tree / "services/shop/app.py").write_text(f"TOKEN = {SECRET!r}\n")
    (tree / "services/other/app.py").write_text(f"TOKEN = {SECRET!r}\n")
    assert scan("--config", "secscan.yaml")[0] == 1
    assert verdicts(tree) == {"services-pay": "passed", "services-shop": "failed"}


def test_a_path_on_the_command_line_goes_first(tree: Path) -> None:
    assert scan("services/other", "--config", "secscan.yaml")[0] == 0
    assert verdicts(tree) == {".": "passed"}


def test_a_tree_does_not_say_what_of_it_is_scanned(tree: Path) -> None:
    (tree / "services/other/app.py").write_text(f"TOKEN = {SECRET!r}\n")
    code, said = scan()
    assert code == 1
    assert verdicts(tree) == {".": "failed"}
    assert "targets is not honoured" in " ".join(said.split())


@pytest.mark.parametrize("words", [("--format", "json"), ("--baseline", "b.json"), ("--import", "a.sarif")])
def test_what_is_about_one_target_needs_one(tree: Path, words: tuple[str, ...]) -> None:
    for word in words[1:]:
        (tree / word).write_text("{}")
    with pytest.raises(UsageError, match="is about one target"):
        places_of(None, Settings(targets=("a", "b")), [words[0]])
    assert places_of(Path("a"), Settings(targets=("a", "b")), [words[0]]) == (Place(Path("a"), Path()),)


def test_two_that_would_share_a_folder_are_refused() -> None:
    with pytest.raises(UsageError, match="same folder"):
        places_of(None, Settings(targets=("a/b", "a-b"), origin="/x/secscan.yaml"), ())
    with pytest.raises(UsageError, match="same folder"):
        places_of(None, Settings(targets=("A", "a"), origin="/x/secscan.yaml"), ())


def test_paths_are_those_of_the_settings_file(tmp_path: Path) -> None:
    settings = Settings(targets=("a", "oci:build", "docker:web:1", "."), origin=str(tmp_path / "secscan.yaml"))
    assert [str(one.path) for one in places_of(None, settings, ())] == [
        str(tmp_path / "a"),
        f"oci:{tmp_path}/build",
        "docker:web:1",
        str(tmp_path),
    ]
    assert [str(one.folder) for one in places_of(None, settings, ())] == ["a", "oci-build", "docker-web-1", "tree"]


@pytest.mark.parametrize("target", ["/etc", "../up", "oci:/x", "oci:../x", "a/../../b"])
def test_none_leads_out_of_the_folder_of_the_settings(target: str) -> None:
    with pytest.raises(ConfigError, match="leads out"):
        parse_settings(f"version: 1\ntargets: [{target!r}]\n".encode(), origin="/x/secscan.yaml", from_tree=False)


def test_files_that_count_are_told_by_their_paths_in_the_target(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    files = frozenset({"a b/.bandit", ".bandit", "c/.bandit"})
    assert within(files, tmp_path, tmp_path / "a b") == {".bandit"}
    assert within(files, tmp_path, tmp_path) == files
    assert within(files, tmp_path, Path("/")) == frozenset()


def test_what_stops_the_first_leaves_no_old_verdict_on_the_others(tree: Path) -> None:
    assert scan("--config", "secscan.yaml")[0] == 0
    (tree / "services/pay").rename(tree / "services/gone")
    with pytest.raises(TargetError):
        scan("--config", "secscan.yaml")
    assert verdicts(tree) == {}


def test_what_is_wrong_with_the_command_line_is_found_before_anything_is_removed(tree: Path) -> None:
    assert scan("--config", "secscan.yaml")[0] == 0
    with pytest.raises(UsageError):
        scan("--config", "secscan.yaml", "--cache", "elsewhere")
    assert verdicts(tree) == {"services-pay": "passed", "services-shop": "passed"}
