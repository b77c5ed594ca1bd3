"""Real manifests against PyPI's real advisories, held against answers that another program worked out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.advisories.advice import advise
from secscan.advisories.aliases import alias_groups
from secscan.advisories.index import Index
from secscan.advisories.names import normal_name
from secscan.advisories.store import import_sources, resolve
from secscan.inventory.discover import reader_of


@pytest.fixture(scope="module")
def pypi(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pypi") / "index.sqlite"
    assert import_sources([shared_data / "osv" / "PyPI" / "all.zip"], path) > 5000
    return path


def test_pins_and_advisories_of_real_manifests(shared_data: Path, pypi: Path) -> None:
    folder = shared_data / "dependencies"
    expected = json.loads((folder / "expected_pypi.json").read_bytes())["files"]
    found_something = 0
    with resolve(str(pypi)), Index(pypi) as index:
        for name, wanted in expected.items():
            reader = reader_of(name)
            assert reader is not None, name
            inventory = reader(name, (folder / "manifests" / name).read_bytes())
            pins = {(normal_name(one.name), one.version) for one in inventory.packages}
            assert pins == {(normal_name(package), version) for package, version in wanted["pins"]}, name
            groups = {
                (package, version, group)
                for package, version in pins
                for group in alias_groups({one.id: one.ids for one in advise(index, "PyPI", package, version)})
            }
            assert groups == {
                (normal_name(one["name"]), one["version"], tuple(sorted(one["advisories"]))) for one in wanted["vulns"]
            }, name
            found_something += len(groups)
    assert found_something > 100
