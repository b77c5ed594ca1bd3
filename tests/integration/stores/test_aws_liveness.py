"""Whether secrets in code are in use, by what AWS holds: the scanner and its child process, on a real server (moto)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from secscan.correlate.merge import merge
from secscan.findings.levels import RunStatus, SecretState, Severity
from secscan.scanners.contract import Setup
from secscan.scanners.registry import choose
from secscan.scanners.runner import run_scanners
from secscan.stores.aws.settings import AwsSettings
from tests.support.aws import REGION, AwsServer, running
from tests.support.targets import folder_target

LIVE, OLD, STRANGE = "c0pper-Lantern.42", "c0pper-Lantern.41", "v1olin-Harbor.77"
FILES = {"app.py": f"A_PASSWORD = '{LIVE}'\nB_PASSWORD = '{OLD}'\nC_PASSWORD = '{STRANGE}'\n"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsServer]:
    with running(tmp_path_factory.mktemp("moto")) as started:
        yield started


@pytest.fixture
def setup(server: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "tree").mkdir()
    target = folder_target(tmp_path / "tree", dict(FILES))
    wanted = AwsSettings(region=REGION, endpoint=server.address, seconds=20.0)
    return Setup(target=target, place=target.root.joinpath, aws=wanted)


def test_each_state(server: AwsServer, setup: Setup) -> None:
    server.reset()
    client = server.client("secretsmanager")
    client.create_secret(Name="shop/db", SecretString=json.dumps({"username": "shop", "password": OLD}))
    client.put_secret_value(SecretId="shop/db", SecretString=json.dumps({"username": "shop", "password": LIVE}))
    outcomes = run_scanners(choose(("secrets",), aws=True), setup)
    aws = next(one for one in outcomes if one.run.scanner == "aws-secrets")
    assert (aws.run.status, aws.run.control, aws.run.reason) == (RunStatus.COMPLETED, True, "")
    found = {one.place: one for one in merge(one for outcome in outcomes for one in outcome.findings)}
    assert {place: (one.secret_state, one.severity) for place, one in found.items()} == {
        "app.py:1": (SecretState.LIVE, Severity.CRITICAL),
        "app.py:2": (SecretState.ROTATED, Severity.LOW),
        "app.py:3": (SecretState.UNKNOWN, Severity.HIGH),
    }
    assert (
        "AWS gives this value to those who ask it now: aws:secretsmanager:shop/db#password" in found["app.py:1"].message
    )
    assert "a reference to AWS in the place of the literal." in found["app.py:1"].remediation
    assert "secscan vault" not in found["app.py:1"].remediation  # whose steps write to Vault
    assert "entries read: 1" in [one.text for one in aws.notices]
    for value in (LIVE, OLD, STRANGE):
        assert value not in repr(outcomes)


def test_an_empty_account_is_no_control(server: AwsServer, setup: Setup) -> None:
    server.reset()
    (aws,) = run_scanners(choose(("aws-secrets",)), setup)
    assert aws.run.status is RunStatus.FAILED
    assert "no value that could be compared" in aws.run.reason


def test_nobody_said_that_aws_may_be_asked_or_a_change_is_only_proposed(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    (aws,) = run_scanners(choose(("aws-secrets",)), replace(setup, aws=None))
    assert (aws.run.status, aws.run.hint) == (RunStatus.FAILED, "scan with --aws")
    monkeypatch.setenv("CI_MERGE_REQUEST_IID", "7")
    (aws,) = run_scanners(choose(("aws-secrets",)), setup)
    assert "only proposed" in aws.run.reason
    assert "aws-secrets" not in choose(())
