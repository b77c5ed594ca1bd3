"""What `attest` writes harms nothing that it reads, and what `verify` is asked for is demanded."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.attest.terms import dumps
from secscan.cli.app import run
from tests.support.attested import judged_bytes, key_pair, terms

PRIVATE, PUBLIC = key_pair("P-256")
READ = {
    "secscan.json": judged_bytes(),
    "secscan.terms.json": dumps(terms()),
    "key.pem": PRIVATE,
    "c.yaml": b"version: 1",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a saved scan, its terms and a key."""
    monkeypatch.chdir(tmp_path)
    for name, data in READ.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "link").symlink_to("key.pem")
    (tmp_path / "here").symlink_to(".")
    return tmp_path


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (["-o", "key.pem"], "--output key.pem is the file of --key"),
        (["-o", "./here/here/key.pem"], "is the file of --key"),
        (["-o", "link"], "is the file of --key"),
        (["-o", "secscan.json"], "is the file of SCAN"),
        (["-o", "here/secscan.json"], "is the file of SCAN"),
        (["-o", "secscan.terms.json"], "is the file of what the scan was judged by"),
        (["-o", "c.yaml", "--config", "c.yaml"], "is the file of --config"),
        (["-o", "d.json", "--public-key", "key.pem"], "--public-key key.pem is the file of --key"),
        (["-o", "d.json", "--public-key", "here/d.json"], "is the file of --output"),
    ],
)
def test_an_input_or_another_output_is_not_written_over(house: Path, capsys, written: list[str], words: str) -> None:
    before = sorted(path.name for path in house.iterdir())
    assert run(["attest", "secscan.json", "--key", "key.pem", *written]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert sorted(path.name for path in house.iterdir()) == before
    assert {name: (house / name).read_bytes() for name in READ} == READ


@pytest.mark.parametrize("option", ["--policy", "--subject"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_demand_is_a_wrong_command(house: Path, capsys, option: str, value: str) -> None:
    assert run(["attest", "secscan.json", "--key", "key.pem", "-o", "d.json", "--public-key", "key.pub"]) == 0
    assert (house / "key.pub").read_bytes() == PUBLIC
    assert run(["verify", "d.json", "--key", "key.pub"]) == 0
    assert run(["verify", "d.json", "--key", "key.pub", "--policy", terms().policy.digest]) == 0
    capsys.readouterr()
    assert run(["verify", "d.json", "--key", "key.pub", option, value]) == 2
    assert f"{option} is empty" in capsys.readouterr().err
