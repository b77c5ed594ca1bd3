"""The table of scanners says what their modules say, and nothing but what a scan may need is imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from secscan import scanners
from secscan.errors import UsageError
from secscan.scanners import registry
from secscan.scanners.contract import FILES
from secscan.scanners.registry import all_scanners, choose


def test_the_table_lists_every_scanner_of_the_package_by_its_name() -> None:
    assert registry._unlisted(tuple(scanners.__path__)) == []
    assert all(name == one.name for name, one in all_scanners().items())


def test_the_table_says_what_a_scan_must_ask_for() -> None:
    said = {}
    for name, one in all_scanners().items():
        asked = {"vault": one.needs.vault, "aws": one.needs.aws, "licences": one.needs.licences}
        asked["named"] = one.joins == "named"
        said[name] = next((what for what, needed in asked.items() if needed), "")
    assert said == {name: asked for name, (_, asked) in registry._OWN.items()}


def test_a_module_that_is_not_listed_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from secscan.scanners.bandit import Bandit\nSCANNER = type('One', (Bandit,), {'name': 'unlisted'})()\n"
    (tmp_path / "unlisted.py").write_text(text)
    monkeypatch.setattr(scanners, "__path__", [*scanners.__path__, str(tmp_path)])
    try:
        assert "unlisted" in all_scanners()
        assert "unlisted" in choose(())
        (tmp_path / "unlisted.py").write_text(text.replace("'unlisted'", "'osv'"))
        sys.modules.pop("secscan.scanners.unlisted")
        with pytest.raises(UsageError, match="two installed scanners"):
            all_scanners()
    finally:
        sys.modules.pop("secscan.scanners.unlisted", None)


def test_what_a_hook_does_not_need_is_not_imported() -> None:
    program = (
        "import sys; from secscan.scanners.registry import all_scanners, choose; tuple(all_scanners()); choose(());"
        "print([name for name in sys.modules if name in %r])"
    )
    heavy = ["importlib.metadata", "hvac", "boto3", "packaging.requirements", "jinja2", "ruamel.yaml", "psutil"]
    own = ["trivy", "grype", "vault", "vault_audit", "vault_references", "checkov", "kingfisher", "aws_secrets"]
    unwanted = [*heavy, *(f"secscan.scanners.{name}" for name in own)]
    done = subprocess.run([sys.executable, "-I", "-c", program % unwanted], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_scanners_is_a_mapping() -> None:
    known: Mapping[str, object] = all_scanners()
    names = list(known)
    assert [name for name in known if known[name]] == names == list(known)
    assert list(known) == sorted(known)
    assert len(known) == len(list(known))
    assert all(one.looks_at == FILES for one in choose(()).values())
