"""Licences of packages, judged by a policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.cli.app import run

POLICY = """
format: secscan.policy/1
name: house
required: [licences]
rules:
  - {id: copyleft, match: {kind: [licence], licence: ["GPL-*"]}, action: block, reason: not for us, undecided: next}
  - {id: rest, action: accept, reason: fine}
"""


def scan(folder: Path, licence: str) -> dict:
    lock = {
        "packages": {"node_modules/a": {"version": "1.0.0", "license": licence}, "node_modules/b": {"version": "2.0.0"}}
    }
    (folder / "tree").mkdir(exist_ok=True)
    (folder / "tree" / "package-lock.json").write_text(json.dumps(lock))
    (folder / "policy.yaml").write_text(POLICY)
    code = run(["scan", "tree", "--policy", "policy.yaml", "--scanner", "licences", "--quiet"])
    return {"code": code, **json.loads((folder / "secscan.json").read_bytes())}


@pytest.mark.parametrize(("licence", "code"), [("GPL-3.0-only", 1), ("MIT OR GPL-3.0-only", 0), ("MIT", 0), ("", 0)])
def test_a_scan_for_licences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, licence: str, code: int) -> None:
    monkeypatch.chdir(tmp_path)
    saved = scan(tmp_path, licence)
    assert saved["code"] == code
    assert [one["package"]["name"] for one in saved["findings"]] == ["a", "b"]
    assert saved["scanners"][0]["control"]
