"""The installed program: a wheel of the checkout in a virtual environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import Browser, chromium, running


@dataclass(frozen=True)
class Result:
    """How one run of the installed program ended."""

    code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def scan(self) -> dict:
        """The saved scan that it wrote."""
        return json.loads((self.folder / "secscan.json").read_bytes())

    @property
    def verdict(self) -> str:
        return self.scan["judgement"]["verdict"]

    def scanner(self, name: str) -> dict:
        return next(run for run in self.scan["scanners"] if run["scanner"] == name)


@dataclass(frozen=True)
class Installed:
    """The environment in which the wheel is installed. Its dependencies are those of the running tests."""

    bin: Path
    scanners: Path

    def environment(self, **extra: str) -> dict[str, str]:
        return {"PATH": f"{self.scanners}:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", **extra}


Run = Callable[..., Result]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(project)], check=True)
    (wheel,) = folder.glob("secscan-*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)], check=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "dependencies-of-the-tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(bin=folder / "venv" / "bin", scanners=Path(sys.executable).parent)


def run_secscan(installed: Installed, *arguments: object, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
    """Run the installed `secscan ARGUMENTS` in the folder `cwd`, which is where its reports go."""
    ended = subprocess.run(
        [str(installed.bin / "secscan"), *(str(one) for one in arguments)],
        cwd=cwd,
        env=installed.environment(**(env or {})),
        capture_output=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Result(
        code=ended.returncode, stdout=ended.stdout.decode("utf-8"), stderr=ended.stderr.decode("utf-8"), folder=cwd
    )


@pytest.fixture
def secscan(installed: Installed, tmp_path: Path) -> Run:
    """Run `secscan ARGUMENTS` from an empty directory."""

    def run(*arguments: object, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Result:
        folder = cwd or tmp_path / "empty"
        folder.mkdir(exist_ok=True)
        return run_secscan(installed, *arguments, cwd=folder, env=env)

    return run


@pytest.fixture
def shims(tmp_path: Path, installed: Installed) -> Callable[[str, str], dict[str, str]]:
    """Put a program of the given shell code in the place of a scanner; returns the environment for it."""

    def shim(name: str, code: str) -> dict[str, str]:
        folder = tmp_path / "shims"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/bash\n{code}\n")
        (folder / name).chmod(0o755)
        return {"PATH": os.pathsep.join([str(folder), str(installed.scanners), "/usr/bin", "/bin"])}

    return shim


@pytest.fixture
def clean_tree(tmp_path: Path) -> Path:
    """A small project that nothing is wrong with, for which every scanner has something to do."""
    tree = tmp_path / "clean"
    tree.mkdir()
    (tree / "app.py").write_text('"""Adds numbers."""\n\n\ndef add(a: int, b: int) -> int:\n    return a + b\n')
    (tree / "requirements.txt").write_text("itsdangerous==2.2.0\n")
    return tree


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for the tests of a module; each opens its own page."""
    if not chromium():
        pytest.skip("no Chromium here")
    with running(tmp_path_factory.mktemp("browser")) as started:
        yield started
