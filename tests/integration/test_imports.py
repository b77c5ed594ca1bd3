"""`secscan scan --import` and `secscan import` on files of real tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from secscan.cli.app import run
from tests.unit.imports.samples import APP, RECORDED


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    return folder


def saved(folder: str = ".") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(folder, "secscan.json").read_bytes())
    return found


def places(scan: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(one["fingerprint"], one["defect"], one["location"]["path"]) for one in scan["findings"]}


def test_results_of_others_join_ours_and_nothing_of_ours_changes(shop: Path) -> None:
    arguments = ["scan", str(shop), "--scanner", "bandit", "--quiet", "-p", "default"]
    assert run([*arguments, "-o", "plain"]) == 1
    files = ["--import", str(RECORDED / "bandit.sarif"), "--import", str(RECORDED / "semgrep.sarif")]
    assert run([*arguments, *files, "-o", "joined"]) == 1
    plain, joined = saved("plain"), saved("joined")
    assert places(plain) == places(joined)
    shell = next(one for one in joined["findings"] if one["defect"] == "command-injection")
    assert [one["scanner"] for one in shell["sources"]] == ["bandit", "import:bandit", "import:semgrep-oss"]
    runs = {one["scanner"]: one for one in joined["scanners"]}
    assert "control" not in runs["import:bandit"]


def test_what_only_they_saw_is_a_finding_with_its_place_in_the_file(shop: Path) -> None:
    assert run(["scan", str(shop), "--scanner", "secrets", "--import", str(RECORDED / "semgrep.sarif"), "--quiet"]) == 1
    (found,) = saved()["findings"]
    assert found["location"]["symbol"] == "run"
    assert "subprocess.call" in found["location"]["snippet"]


def test_files_alone_are_judged_and_do_not_pass(shop: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(RECORDED / "bandit.sarif"), "--path", str(shop), "--quiet"]) == 1
    assert len(saved()["findings"]) == 5
    assert Path("secscan.html").exists()
    empty = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "bandit"}}, "results": []}]}
    Path("empty.sarif").write_text(json.dumps(empty))
    assert run(["import", "empty.sarif", "--path", str(shop), "--quiet"]) == 3
    assert "bandit is required by the policy and was not part of this scan" in capfd.readouterr().out


def test_our_own_sarif_comes_back_with_the_same_fingerprints(shop: Path) -> None:
    run(["scan", str(shop), "--scanner", "bandit", "--scanner", "semgrep", "--quiet", "-o", "first"])
    for file in ("first/secscan.sarif", "first/secscan.json"):
        run(["import", file, "--path", str(shop), "--quiet", "-o", "second"])
        assert places(saved("second")) == places(saved("first"))
        assert [one["severity"] for one in saved("second")["findings"]] == [
            one["severity"] for one in saved("first")["findings"]
        ]


def test_a_file_that_cannot_be_imported_ends_before_anything_is_run(shop: Path) -> None:
    Path("x.sarif").write_text("{}")
    assert run(["scan", str(shop), "--import", "x.sarif", "--quiet"]) == 2
    assert run(["scan", str(shop), "--import", "gone.sarif", "--quiet"]) == 2
    assert not Path("secscan.json").exists()


def test_the_tree_cannot_bring_an_import(shop: Path) -> None:
    (shop / "secscan.yaml").write_text("format: secscan.settings/1\nimports: [x.sarif]\n")
    assert run(["scan", str(shop), "--scanner", "bandit", "--quiet"]) == 2
    (shop / "secscan.yaml").unlink()
    (shop / "x.sarif").write_bytes((RECORDED / "semgrep.sarif").read_bytes())
    run(["scan", str(shop), "--scanner", "bandit", "--quiet"])
    assert {one["scanner"] for one in saved()["scanners"]} == {"bandit"}
