"""The wheel in an empty environment, with the dependencies it asks for, used from an empty directory."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

import pytest

from tests.e2e.conftest import Installed, run_secscan
from tests.e2e.shop_planted import SHOP


@pytest.mark.slow
def test_a_new_environment_gives_the_same_result(installed: Installed, tmp_path: Path) -> None:
    (wheel,) = installed.bin.parent.parent.glob("secscan-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    fresh = tmp_path / "venv" / "bin"
    install = [str(fresh / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", str(wheel)]
    subprocess.run(install, check=True, cwd=tmp_path)
    here, there = tmp_path / "here", tmp_path / "there"
    results = []
    for folder, where in ((here, installed), (there, Installed(bin=fresh, scanners=fresh))):
        folder.mkdir()
        results.append(run_secscan(where, "scan", SHOP, "--advisories", "demo", cwd=folder))
    assert [result.code for result in results] == [1, 1], results[1].stderr
    first, second = (result.scan for result in results)
    for one in (first, second):
        del one["run"]
        for run in one["scanners"]:
            run.pop("version", "")  # the newest that fits, in the new environment
    assert first == second


@pytest.mark.slow
def test_a_tree_of_thousands_of_files_is_looked_at_whole(installed: Installed, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for number in range(3_000):
        path = tree / f"p{number % 50}" / f"m{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"def f{number}(a: int) -> int:\n    return a + {number}\n")
    (tree / "requirements.txt").write_text("itsdangerous==2.2.0\n")
    (tree / "p7" / "bad.py").write_text("import os\nos.system(input())\n")
    (tmp_path / "empty").mkdir()
    result = run_secscan(installed, "scan", tree, "--advisories", "demo", cwd=tmp_path / "empty")
    assert result.code == 1, result.stdout + result.stderr
    looked_at = {run["scanner"]: run["looked_at"] for run in result.scan["scanners"] if run["status"] != "skipped"}
    assert looked_at == {"bandit": 3_001, "semgrep": 3_001, "osv": 1, "pip-audit": 1, "secrets": 3_002}
    assert not result.scan["gaps"]
    assert {one["location"]["path"] for one in result.scan["findings"]} == {"p7/bad.py"}
