"""What is installed in a real virtual environment, by its metadata: nothing of it runs."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from secscan.cli.app import run
from secscan.errors import TargetError
from secscan.inventory.discover import take_inventory
from secscan.targets.open import TargetRequest, open_target


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip in it, and one project that was installed from a folder."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", with_pip=True)
    source = folder / "own"
    source.mkdir()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "own-project"\nversion = "1.0"\nlicense = "MIT"\n'
        "[tool.hatch.build.targets.wheel]\nbypass-selection = true\n"
    )
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)], check=True)
    (wheel,) = folder.glob("own_project-*.whl")
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)], check=True)
    return folder / "venv"


def test_every_package_that_pip_knows_is_read(environment: Path) -> None:
    python = environment / "bin" / "python"
    asked = subprocess.run([str(python), "-m", "pip", "list", "--format", "json"], capture_output=True, check=True)
    expected = {(one["name"].lower(), one["version"]) for one in json.loads(asked.stdout)}
    with open_target(TargetRequest(path=Path(), environment=environment)) as target:
        found = take_inventory([file.path for file in target.files], target.read)
    assert {(one.name.lower(), one.version) for one in found.packages} == expected
    assert {one.name: one.licence for one in found.packages}["own-project"] == "MIT"
    assert [gap.subject.partition(" in ")[0] for gap in found.gaps] == ["own_project-1.0"], "it came from a file"


def test_a_scan_of_an_environment(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = environment / "lib" / "old" / "flask-0.12.2.dist-info"
    old.mkdir(parents=True)
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: Flask\nVersion: 0.12.2\n")
    monkeypatch.chdir(tmp_path)
    arguments = ["scan", "--python-environment", str(environment), "--scanner", "pip-audit", "--advisories", "demo"]
    assert run([*arguments, "--quiet"]) == 1
    saved = json.loads((tmp_path / "secscan.json").read_bytes())
    assert saved["target"]["kind"] == "environment"
    assert {one["package"]["name"] for one in saved["findings"]} >= {"flask"}
    assert run([*arguments, "--staged"]) == 2


def test_an_environment_without_packages_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(TargetError, match="no package is installed"),
        open_target(TargetRequest(path=Path(), environment=tmp_path)),
    ):
        pass
