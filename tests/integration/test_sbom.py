"""`secscan sbom` on a tree with a real scan of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.cli.app import run
from tests.unit.sbom.test_documents import check_cyclonedx, check_spdx


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("flask==0.12.2\nclick>=6\n")
    (folder / "package-lock.json").write_text(
        '{"packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0", "license": "MIT"}}}'
    )
    monkeypatch.chdir(tmp_path)
    return folder


def test_documents_of_a_scanned_tree(shop: Path) -> None:
    run(["scan", str(shop), "--scanner", "pip-audit", "--advisories", "demo", "--quiet"])
    arguments = ["sbom", str(shop), "--scan", "secscan.json", "--at", "2026-01-31T12:00:00Z"]
    assert run([*arguments, "-o", "bom.json"]) == 3, "click is a range: the list is not whole"
    data = Path("bom.json").read_bytes()
    check_cyclonedx(data)
    document = json.loads(data)
    assert [one["purl"] for one in document["components"]] == ["pkg:npm/a@1.0.0", "pkg:pypi/flask@0.12.2"]
    assert document["vulnerabilities"]
    assert run([*arguments, "-f", "spdx", "-o", "bom.spdx.json"]) == 3
    check_spdx(Path("bom.spdx.json").read_bytes())
    assert run([*arguments, "-f", "openvex", "-o", "vex.json"]) == 3
    statuses = {one["status"] for one in json.loads(Path("vex.json").read_bytes())["statements"]}
    assert statuses == {"affected"}


def test_a_whole_list_ends_with_0(shop: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (shop / "requirements.txt").unlink()
    assert run(["sbom", str(shop)]) == 0
    check_cyclonedx(capfdbinary.readouterr().out)


def test_a_scan_that_looked_nothing_up_is_no_clean_one(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "requirements.txt").write_text("flask==0.12.2\n")
    run(["scan", str(shop), "--scanner", "osv", "--advisories", "demo", "--quiet"])
    (shop / "requirements.txt").write_text("flask==0.12.2\ndjango==1.2\n")
    capsys.readouterr()
    assert run(["sbom", str(shop), "--scan", "secscan.json", "-f", "openvex", "-o", "vex.json"]) == 3
    assert "2 entries were not assessed in the scan; OpenVEX has no place for them" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--format", "xml"], ["--format", "openvex"], ["--at", "noon"]])
def test_what_cannot_be_done_is_said(shop: Path, arguments: list[str]) -> None:
    assert run(["sbom", str(shop), *arguments]) == 2
