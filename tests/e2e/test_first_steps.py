"""The first five minutes of the installed program, on the bundled shop: init, scan, and what a newcomer reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.repositories import repository


@pytest.mark.slow
def test_init_and_scan_tell_a_newcomer_what_to_do(secscan, project: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(project / "examples" / "shop", shop)
    repository(shop, {})
    home = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data")}

    begun = secscan("init", "--yes", cwd=shop, env=home)
    assert begun.code == 0, begun.stderr
    assert "python" in begun.stderr
    assert "Dockerfile" in begun.stderr
    assert ".bandit" in begun.stderr
    update = "secscan advisories update PyPI --from https://"
    assert update in begun.stderr
    assert "trusted on this machine: secscan.yaml" in begun.stderr

    first = secscan("scan", cwd=shop, env=home)
    assert (first.code, first.verdict) == (1, "failed")
    assert "no advisory index" in first.stdout
    assert update in " ".join(first.stdout.split())
    assert "secscan.yaml: it counts, since whoever scans trusts it" in first.stdout

    known = secscan("init", "--yes", "--force", "--baseline", cwd=shop, env=home)
    assert known.code == 0, known.stderr
    again = secscan("scan", "--advisories", "demo", cwd=shop, env=home)
    assert {one["fingerprint"] for one in first.scan["findings"]} <= {
        one["fingerprint"] for one in again.scan["findings"]
    }
    kinds = {one["fingerprint"]: one["kind"] for one in again.scan["findings"]}
    decided = {one["fingerprint"]: one["action"] for one in again.scan["judgement"]["decisions"]}
    of_code = {decided[one] for one, kind in kinds.items() if kind == "sast"}
    assert of_code
    assert "block" not in of_code
    shown = secscan("config", "show", "--origin", cwd=shop, env=home)
    assert "policy: .secscan/policy.yaml  (secscan.yaml:" in shown.stdout
    assert "not .secscan" not in shown.stdout
