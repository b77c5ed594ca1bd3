from __future__ import annotations

from pathlib import Path

import pytest

from secscan.errors import TargetError
from secscan.targets.open import TargetRequest, open_target
from secscan.targets.server import open_server


def test_a_server_is_a_target_without_files() -> None:
    with open_target(TargetRequest(path=Path(), server="https://vault.corp.example:8200/x")) as target:
        assert (target.info.kind, target.info.name, target.info.files) == ("vault", "vault.corp.example:8200", 0)
        assert target.files == target.gaps == target.notices == ()
        assert list(target.root.iterdir()) == []


def test_what_logs_in_is_no_part_of_its_name(tmp_path: Path) -> None:
    assert open_server("https://ana:pass@vault.corp.example", tmp_path).info.name == "vault.corp.example"
    assert open_server("unix:///run/vault/agent.sock", tmp_path).info.name == "agent.sock"


@pytest.mark.parametrize("address", ["", "https://[1", "https://"])
def test_an_address_that_is_none_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError):
        open_server(address, tmp_path)
