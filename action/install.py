"""Puts secscan and everything it needs into a virtual environment of its own, outside of the workspace.

Run by the steps of the action as `python -I install.py key|install`, before there is anything but Python's own library.
Every file that is installed has the digest that `requirements.txt` says, also one that comes out of a cache: so a cache
saves time, and nobody who writes into one gets code into a gate.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path

ACTION = Path(__file__).resolve().parent.parent
LOCK = ACTION / "action" / "requirements.txt"
FIRST = (3, 11)
"""The oldest Python that will do."""


def main() -> int:
    """Do what the command line says; returns the exit code."""
    if os.name != "posix":
        return refuse("secscan runs on Linux and macOS; use a runner with one of these")
    if sys.version_info < FIRST:
        return refuse(f"secscan needs Python 3.11 or newer, and this is {platform.python_version()}")
    home = Path(os.environ["RUNNER_TEMP"]).resolve() / "secscan"
    home.mkdir(parents=True, exist_ok=True)
    return {"key": key, "install": install}[sys.argv[1]](home)


def key(home: Path) -> int:
    """Tell the keys of the caches, and what they hold."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:32]
    asked = "\0".join(os.environ.get(f"SECSCAN_INPUT_ADVISORIES_{name}", "") for name in ("FROM", "ECOSYSTEMS"))
    source = hashlib.sha256(asked.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    machine = f"{sys.platform}-{platform.machine()}-{sys.implementation.cache_tag}"
    # Each shard has files of its own, and so a cache of its own.
    shard = re.sub(r"[^0-9]+", "-", os.environ.get("SECSCAN_INPUT_SHARD", ""))[:20]
    results = f"secscan-results-1-{machine}-{lock}-{shard}-"
    year, week, _ = datetime.now(UTC).isocalendar()
    outputs(
        wheels=str(home / "wheels"),
        wheels_key=f"secscan-wheels-1-{machine}-{lock}",
        results=str(home / "results"),
        results_key=f"{results}{os.environ.get('GITHUB_SHA', '')}",
        results_restore=results,
        advisories=str(home / "advisories"),
        advisories_key=f"secscan-advisories-1-{source}-{year}-{week:02}",
        advisories_restore=f"secscan-advisories-1-{source}-",
    )
    return 0


def install(home: Path) -> int:
    """Make the environment, and tell its Python."""
    place, wheels = home / "venv", home / "wheels"
    python = place / "bin" / "python"
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=True, symlinks=True)
    locked = ("--require-hashes", "--only-binary=:all:", "--requirement", str(LOCK))
    offline = ("--no-index", f"--find-links={wheels}")
    if not wheels.is_dir() or not pip(python, "install", *offline, *locked, quiet=True):
        shutil.rmtree(wheels, ignore_errors=True)
        if not pip(python, "download", f"--dest={wheels}", *locked) or not pip(python, "install", *offline, *locked):
            return refuse("what secscan needs could not be installed; the log of this step says why")
    own = ("--no-index", "--no-deps", "--no-build-isolation", "--no-cache-dir", str(ACTION))
    if not pip(python, "install", *own):
        return refuse("secscan itself could not be installed; the log of this step says why")
    outputs(python=str(python))
    return 0


def pip(python: Path, *arguments: str, quiet: bool = False) -> bool:
    """Run pip in the environment, and return whether it did what it was asked for.

    Nothing but its own settings reaches it, so that a mirror of a house is used; none of Python's variables does.
    """
    command = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    told = subprocess.DEVNULL if quiet else None
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, env=environment, cwd=python.parent, stderr=told, check=False).returncode == 0


def outputs(**values: str) -> None:
    """Set outputs of the step. None of them holds text of anybody else."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name.replace('_', '-')}={value}\n" for name, value in values.items())


def refuse(why: str) -> int:
    """Say why nothing was installed."""
    sys.stdout.write(f"::error title=secscan::{why}\n")
    return 3


if __name__ == "__main__":
    sys.exit(main())
