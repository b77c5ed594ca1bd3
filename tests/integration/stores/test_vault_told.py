"""Services whose addresses and keys are in Vault: read when they are told, and in no word of what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.cli.app import run
from tests.support.receiver import receiving
from tests.support.vault import VaultServer

SETTINGS = "version: 1\nnotify: {to: [{service: slack, url: 'vault:secret/ci/slack#url'}]}\n"


def test_an_address_in_vault(
    server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secscan.yaml").write_text(SETTINGS, encoding="utf-8")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    command = ["notify", "test", "--config", str(tmp_path / "secscan.yaml")]
    with receiving() as receiver:
        kv = server.client().secrets.kv.v2
        kv.create_or_update_secret("ci/slack", {"url": f"{receiver.address}/canary"})
        assert run(command) == 0
        assert [one.path for one in receiver.got] == ["/canary"]
        assert "secscan" in json.loads(receiver.got[0].body)["text"]
        kv.delete_metadata_and_all_versions("ci/slack")
        assert run(command) == 3
    said = capsys.readouterr()
    assert "slack was not told: there is no secret secret/ci/slack in Vault" in said.err
    assert "canary" not in said.out + said.err
