"""Nothing planted in the scanned tree runs, however secscan is started from inside it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

MODULES = (
    *("typer", "msgspec", "sitecustomize", "usercustomize", "bandit", "semgrep", "ruamel", "rich", "json", "re"),
    *("psutil", "yaml", "pip_audit", "stevedore"),
)
PROGRAMS = ("bandit", "semgrep", "semgrep-core", "pysemgrep", "pip-audit", "git", "python", "python3")


@pytest.fixture
def checkout(tmp_path: Path) -> tuple[Path, Path]:
    tree, marker = tmp_path / "checkout", tmp_path / "marker"
    plant = f"open({str(marker)!r}, 'a').write(__name__ + '\\n')\n"
    tree.mkdir()
    for name in MODULES:
        if name in {"bandit", "semgrep", "ruamel", "yaml"}:
            (tree / name).mkdir()
            (tree / name / "__init__.py").write_text(plant)
            (tree / name / "__main__.py").write_text(plant)
        else:
            (tree / f"{name}.py").write_text(plant)
    for folder in (tree, tree / ".venv" / "bin", tree / "bin"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in PROGRAMS:
            if not (folder / name).exists():
                (folder / name).write_text(f"#!/bin/sh\necho {name} >> {marker}\n")
                (folder / name).chmod(0o755)
    (tree / "pyvenv.cfg").write_text("home = .\n")
    (tree / "bandit.ini").write_text("[bandit]\nskips=B101\n")
    (tree / "conftest.py").write_text(plant)
    (tree / "setup.py").write_text(plant)
    (tree / "requirements.txt").write_text("-e .\n./evil\n")
    return tree, marker


@pytest.mark.parametrize(
    "start",
    ["secscan", *(pytest.param(f"python {way}-m secscan", marks=pytest.mark.slow) for way in ("", "-P ", "-I "))],
)
@pytest.mark.parametrize("path", ["plain", "planted"])
def test_nothing_of_the_tree_runs(installed, checkout, start: str, path: str, tmp_path: Path) -> None:
    tree, marker = checkout
    entries = [str(tree / ".venv" / "bin"), ".", "", "bin", str(tree)] if path == "planted" else []
    command = [str(installed.bin / start.split()[0]), *start.split()[1:]]
    ended = subprocess.run(
        [*command, "scan", ".", "--advisories", "demo", "--output", str(tmp_path / "out")],
        cwd=tree,
        env={
            **installed.environment(),
            "PATH": os.pathsep.join([*entries, str(installed.scanners), "/usr/bin", "/bin"]),
        },
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert not marker.exists(), marker.read_text()
    assert ended.returncode in (0, 1, 3), ended.stderr.decode()
    assert (tmp_path / "out" / "secscan.json").exists()
