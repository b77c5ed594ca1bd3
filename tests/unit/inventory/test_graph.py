"""Who asks for whom: what a hostile file can make of it is bounded."""

from __future__ import annotations

import json

import pytest

from secscan.inventory import graph
from tests.unit.inventory.support import gaps, pins, read

COUNT = 12


def _toml(more: str) -> str:
    return "".join(f'[[package]]\nname = "a"\nversion = "{at}"\n{more}' for at in range(COUNT))


def _nuget(kind: str) -> str:
    locked = {at: {"type": "Transitive", "resolved": f"1.0.{at}", "dependencies": {"A": "1"}} for at in range(COUNT)}
    frameworks = {
        f"net{at}": {"a": one, "own": {"type": kind, "dependencies": {"A": "1"}}} for at, one in locked.items()
    }
    return json.dumps({"version": 1, "dependencies": frameworks})


OWN = '[[package]]\nname = "own"\nversion = "0"\nsource = { virtual = "." }\n[package.optional-dependencies]\n'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Cargo.lock", _toml('source = "registry+x"\ndependencies = ["a"]\n')),
        (
            "Cargo.lock",
            _toml('source = "registry+x"\n') + '[root]\nname = "r"\nversion = "1"\ndependencies = ["a", "a"]\n',
        ),
        ("poetry.lock", _toml('[package.dependencies]\nA = "*"\n')),
        ("pdm.lock", _toml('dependencies = ["A>=1"]\n')),
        ("uv.lock", _toml("") + OWN + 'x = [{ name = "a" }]\ny = [{ name = "A" }]\n'),
        ("packages.lock.json", _nuget("Project")),
    ],
)
def test_many_versions_that_each_ask_for_all_are_a_gap(path: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would take the square of their number, in time and in memory."""
    assert len(pins(read(path, text))) == COUNT
    monkeypatch.setattr(graph, "MAX_EDGES", 2 * COUNT - 1)
    found = read(path, text)
    assert (pins(found), gaps(found)) == ([], [("broken-manifest", path)])


def test_what_more_packages_ask_for_than_anyone_wrote_is_not_followed() -> None:
    one = '[[package]]\nname = "a"\nversion = "{}"\nsource = "registry+x"\ndependencies = ["a{}"]\n'
    count = 3_000
    found = read("Cargo.lock", "".join(one.format(at, "") for at in range(count)))
    assert gaps(found) == [("broken-manifest", "Cargo.lock")]
    assert "too many dependencies" in found.gaps[0].detail
    named = read("Cargo.lock", "".join(one.format(at, " 0") for at in range(count)))
    assert (len(named.packages), named.gaps) == (count, ())
