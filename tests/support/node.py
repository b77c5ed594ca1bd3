"""Programs of others from npm, which judge our reports; `make test` installs them into tests/node/node_modules."""

from __future__ import annotations

from pathlib import Path

import pytest

_MODULES = Path(__file__).resolve().parent.parent / "node" / "node_modules"


def node_file(*parts: str) -> Path:
    """Return a file of an installed package; skip the test where the packages are not installed."""
    place = _MODULES.joinpath(*parts)
    if not place.is_file():
        pytest.skip("the programs of tests/node are not installed (npm)")
    return place


def multitool() -> Path:
    """Return the program that judges SARIF."""
    program = node_file("@microsoft", "sarif-multitool-linux", "Sarif.Multitool")
    program.chmod(0o755)  # npm leaves it without, since we run no scripts of packages
    return program


def axe() -> str:
    """Return the script that judges how accessible a page is."""
    return node_file("axe-core", "axe.min.js").read_text(encoding="utf-8")
