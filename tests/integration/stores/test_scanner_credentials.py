"""Credentials of scanners: read from Vault when their program starts, for that one program, and kept by nobody."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from secscan.cli.reading import credentials_of
from secscan.config import parse_settings
from secscan.findings.levels import Kind, RunStatus
from secscan.process import Ended, lending, run
from secscan.scanners.contract import MalformedOutput, Plan, Report, Scanner, Setup
from secscan.scanners.runner import run_scanners
from secscan.scanners.toolkit import FileBatch
from tests.support.targets import folder_target
from tests.support.vault import VaultServer

TOKEN = "t0ken-of-the-scanner"
SETTINGS = b"version: 1\ncredentials: {needy: {NEEDY_TOKEN: 'vault:secret/ci/needy#token'}}\n"
SHOW = [sys.executable, "-c", "import os; print(len(os.environ.get('NEEDY_TOKEN', '')))"]


class Needy(Scanner[FileBatch]):
    """A scanner whose program looks for its token."""

    title = "needs a token"
    kinds = (Kind.SAST,)
    piece_type = FileBatch

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]

    def plan(self, setup: Setup) -> Plan[FileBatch]:
        return Plan(pieces=(FileBatch(placed={"a.py": "a.py"}),), selected=frozenset({"a.py"}))

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        return run(SHOW, limits=setup.limits)

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        if int(ended.stdout) != len(TOKEN):
            raise MalformedOutput(f"it got {int(ended.stdout)} characters")
        return Report(looked_at=frozenset({"a.py"}), control=True)


@pytest.fixture
def setup(server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    server.client().secrets.kv.v2.create_or_update_secret("ci/needy", {"token": TOKEN})
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    settings = parse_settings(SETTINGS, origin="secscan.yaml", from_tree=False).honoured()
    target = folder_target(tmp_path, {"a.py": "x = 1\n"})
    return Setup(target=target, place=tmp_path.joinpath, credentials=credentials_of(settings))


def test_the_one_that_needs_it_gets_it_and_no_other(setup: Setup) -> None:
    needy, other = run_scanners({"needy": Needy("needy"), "other": Needy("other")}, setup)
    assert needy.run.status is RunStatus.COMPLETED
    assert other.run.reason == "it got 0 characters"
    assert TOKEN not in repr((needy, other, setup))


def test_one_that_cannot_be_read_is_a_scanner_that_failed(setup: Setup, server: VaultServer) -> None:
    server.client().secrets.kv.v2.delete_metadata_and_all_versions("ci/needy")
    (needy,) = run_scanners({"needy": Needy("needy")}, setup)
    assert needy.run.status is RunStatus.FAILED
    assert "a credential of its own could not be read: there is no secret secret/ci/needy" in needy.run.reason


def test_what_was_lent_is_given_back() -> None:
    with lending({"NEEDY_TOKEN": "abc"}):
        assert run(SHOW).stdout == b"3\n"
    assert run(SHOW).stdout == b"0\n"
