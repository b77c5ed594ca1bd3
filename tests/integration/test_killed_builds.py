"""Builds of the index that are killed at any moment: the old index or the new one, never a third thing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from secscan.advisories.index import Index
from tests.support.feed import Feed, serving
from tests.support.osv_records import index_of, osv

MOMENTS = 20


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("newer") / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for at in range(4_000):
            archive.writestr(f"{at}.json", json.dumps(osv(f"PYSEC-NEW-{at}", f"p{at}", details="x" * 400)))
    return path


def killed_after(seconds: float, arguments: list[str]) -> bool:
    """Start secscan and kill it; whether it was killed before its end."""
    child = subprocess.Popen(
        [sys.executable, "-m", "secscan", "advisories", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    try:
        _, said = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        _, said = child.communicate()
    assert child.returncode in {0, -signal.SIGKILL}, said
    return child.returncode == -signal.SIGKILL


def state_of(path: Path) -> str:
    """Which index it is; an error where it is none."""
    with Index(path) as index:
        index.verify()
        return index.digest


@pytest.mark.slow
@pytest.mark.parametrize("command", ["import", "update"])
def test_a_build_that_is_killed_leaves_the_old_index_or_the_new_one(tmp_path: Path, newer: Path, command: str) -> None:
    target = index_of(tmp_path / "index.sqlite", *(osv(f"PYSEC-OLD-{at}", f"p{at}") for at in range(2_500)))
    old, old_bytes = state_of(target), target.read_bytes()
    with serving(Feed({"/PyPI/all.zip": newer.read_bytes()})) as feed:
        arguments = {
            "import": ["import", str(newer), "-o", str(target)],
            "update": ["update", "PyPI", "--from", feed.url, "-o", str(target)],
        }[command]
        started = time.monotonic()
        assert not killed_after(120, arguments)
        whole = time.monotonic() - started
        new = state_of(target)
        assert new != old
        chance = random.Random(command)
        killed, tries, seen = 0, 0, set()
        while killed < MOMENTS and tries < 5 * MOMENTS:
            target.write_bytes(old_bytes)
            tries += 1
            killed += killed_after(chance.uniform(0, whole), arguments)
            state = state_of(target)
            assert state in {old, new}
            seen.add(state)
        print(f"{command}: killed {killed} of {tries}, {len(seen)} of two states seen")  # noqa: T201 - see it with -rP
        assert killed == MOMENTS
        assert not killed_after(120, arguments)
    assert state_of(target) == new
    assert not list(tmp_path.glob(".index.sqlite.new-*")), "what a killed build left is taken away by the next"
