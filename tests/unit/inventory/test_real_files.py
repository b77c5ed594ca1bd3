"""Eighty-six real manifests and lock files: every one understood, or a gap that is known here by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secscan.inventory.contract import Inventory
from secscan.inventory.known import reader_of
from secscan.inventory.names import normal_name

BROKEN = {
    "aquasecurity+trivy/pkg/dependency/parser/python/pip/testdata/requirements_compatible.txt": "==5.*.* is no version",
    "aquasecurity+trivy/pkg/dependency/parser/python/pip/testdata/requirements_no_version.txt": "a version, no name",
    "aquasecurity+trivy/pkg/fanal/analyzer/language/nodejs/npm/testdata/sad/package-lock.json": "no JSON",
    "aquasecurity+trivy/pkg/fanal/analyzer/secret/testdata/package-lock.json": "a secret where packages should be",
    "aquasecurity+trivy/pkg/fanal/analyzer/testdata/post-apps/poetry/sad/poetry.lock": "no TOML",
}
"""Files that their projects broke on purpose."""


@pytest.fixture(scope="module")
def manifests(shared_data: Path) -> dict[str, Inventory]:
    folder = shared_data / "dependencies" / "manifests"
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            reader = reader_of(name)
            assert reader is not None, f"no reader for {name}"
            found[name] = reader(name, path.read_bytes())
    return found


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> dict[str, dict[str, list[list[str]]]]:
    return json.loads((shared_data / "dependencies" / "expected_pypi.json").read_text())["files"]


@pytest.mark.data
def test_every_file_is_understood_or_known_to_be_broken(manifests: dict[str, Inventory]) -> None:
    assert len(manifests) >= 86
    broken = {name for name, one in manifests.items() if any(gap.kind == "broken-manifest" for gap in one.gaps)}
    assert broken == BROKEN.keys()
    assert all(one.line for found in manifests.values() for one in found.packages)


@pytest.mark.data
def test_nothing_that_is_expected_is_missed_in_silence(
    manifests: dict[str, Inventory], expected: dict[str, dict[str, list[list[str]]]]
) -> None:
    count = 0
    for name, answer in expected.items():
        found = manifests[name]
        read = {(normal_name(one.name), one.version) for one in found.packages}
        for package, version in answer["pins"]:
            count += 1
            assert (normal_name(package), version) in read, f"{package} {version} of {name}"
    assert count > 1_000


@pytest.mark.data
def test_what_is_not_pinned_is_a_range_or_a_gap(
    manifests: dict[str, Inventory], expected: dict[str, dict[str, list[list[str]]]]
) -> None:
    for name, answer in expected.items():
        found = manifests[name]
        if name in BROKEN:
            continue
        told = len(found.ranges) + len(found.gaps) + len(found.includes)
        pinned = {normal_name(one.name) for one in found.packages}
        lost = [one for one in answer["unpinned"] if normal_name(one.split()[0].split("=")[0]) not in pinned]
        assert told >= len(lost), f"{name}: {lost}"
