"""`secscan fix` on a real scan: the plan holds, files keep their form, and the next scan finds nothing left to fix."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from secscan.cli.app import run

PINS = "# the shop\r\nflask==0.12.2  # old\r\nrequests[socks] == 2.19.1 ; python_version > '3'\r\npyyaml==5.1\r\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_bytes(PINS.encode())
    monkeypatch.chdir(tmp_path)
    return folder


def scan(folder: Path) -> dict:
    run(["scan", str(folder), "--scanner", "pip-audit", "--advisories", "demo", "--quiet"])
    return json.loads(Path("secscan.json").read_bytes())


def blocked(saved: dict) -> int:
    return sum(one["action"] == "block" for one in saved["judgement"]["decisions"])


def test_what_is_written_clears_what_blocked(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = scan(shop)
    assert blocked(before)
    capsys.readouterr()
    assert run(["fix", str(shop), "--plan"]) == 0
    plan = capsys.readouterr().out
    assert "flask 0.12.2 -> " in plan
    assert "-flask==0.12.2  # old" in plan
    assert (shop / "requirements.txt").read_bytes() == PINS.encode(), "a plan changes nothing"
    assert run(["fix", str(shop), "--write", "--all"]) == 0
    text = (shop / "requirements.txt").read_bytes().decode()
    assert text.startswith("# the shop\r\nflask==")
    assert "  # old\r\nrequests[socks] == " in text
    assert text.count("\r\n") == 4
    after = scan(shop)
    assert not after["findings"]


def test_a_file_that_has_changed_since_is_left_alone(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan(shop)
    (shop / "requirements.txt").write_text("flask==0.12.2\n")
    assert run(["fix", str(shop), "--write"]) == 3
    assert (shop / "requirements.txt").read_text() == "flask==0.12.2\n"
    assert "not as it was scanned" in capsys.readouterr().err


def test_a_saved_scan_cannot_make_it_write_elsewhere(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan(shop)
    outside = tmp_path / "requirements.txt"
    shutil.copy(shop / "requirements.txt", outside)
    saved = Path("secscan.json").read_text().replace('"path":"requirements.txt"', '"path":"../requirements.txt"')
    Path("secscan.json").write_text(saved)
    assert run(["fix", str(shop), "--write"]) == 3
    assert outside.read_bytes() == PINS.encode()
    assert "lies outside" in capsys.readouterr().err


def test_a_link_is_not_followed(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan(shop)
    outside = tmp_path / "elsewhere.txt"
    (shop / "requirements.txt").rename(outside)
    (shop / "requirements.txt").symlink_to(outside)
    assert run(["fix", str(shop), "--write"]) == 3
    assert outside.read_bytes() == PINS.encode()
    assert "no regular file" in capsys.readouterr().err


def test_a_lock_file_is_told_how_to_be_written_again(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "requirements.txt").unlink()
    lock = '[[package]]\nname = "flask"\nversion = "0.12.2"\n'
    (shop / "uv.lock").write_text(lock)
    scan(shop)
    capsys.readouterr()
    assert run(["fix", str(shop), "--write"]) == 3
    assert "uv lock --upgrade-package flask==" in capsys.readouterr().out
    assert (shop / "uv.lock").read_text() == lock


def test_one_file_that_is_refused_makes_it_incomplete(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "constraints.txt").write_text("flask==0.12.2\n")
    scan(shop)
    (shop / "constraints.txt").write_text("flask==0.12.2  # by hand\n")
    capsys.readouterr()
    assert run(["fix", str(shop), "--plan"]) == 0, "a plan has nothing to leave undone"
    assert run(["fix", str(shop), "--write"]) == 3
    assert "Changed 1 file;" in capsys.readouterr().err
    assert (shop / "requirements.txt").read_bytes() != PINS.encode()


def test_what_is_changed_already_is_told_where_another_cannot_be_written(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shop / f"{'z' * 230}-requirements.txt"  # too long a name for a file beside it that takes its place
    other.write_text("flask==0.12.2\n")
    scan(shop)
    capsys.readouterr()
    assert run(["fix", str(shop), "--write"]) == 3
    assert "changed already: requirements.txt" in capsys.readouterr().err
    assert other.read_text() == "flask==0.12.2\n"
    assert (shop / "requirements.txt").read_bytes() != PINS.encode()
