"""Which image an archive holds: one that every engine would take, or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from secscan.images.read import read_image
from secscan.images.reading import ImageReading
from tests.support.image_samples import Known, debian
from tests.support.images import OCI, Files, ImageBuilder, as_json, blob_path, descriptor, write_archive

GOOD = ImageBuilder(name="shop:1", user="app").layer(debian())
EVIL = ImageBuilder(name="evil:1").layer(debian([Known("Debian:12", "evil", "6.6.6", architecture="all")]))
ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest"}


def listed(image: ImageBuilder, architecture: str = "", **annotations: str) -> dict[str, Any]:
    """How an index names an image."""
    told: dict[str, Any] = {"platform": {"os": "linux", "architecture": architecture}} if architecture else {}
    return descriptor(as_json(image.manifest()), f"{OCI}.manifest.v1+json", annotations=annotations, **told)


def index(*manifests: dict[str, Any]) -> bytes:
    return as_json({"schemaVersion": 2, "manifests": list(manifests)})


def read(place: Path, files: Files, *, kind: str = "oci-archive", name: str = "") -> ImageReading:
    return read_image(kind, write_archive(place / "image.tar", files), name)


def names(reading: ImageReading) -> set[str]:
    return {one.name for one in reading.packages}


def with_manifest(data: bytes) -> Files:
    files = {**GOOD.oci_files(), **EVIL.oci_files(), blob_path(data): data}
    return {**files, "index.json": index(descriptor(data, f"{OCI}.manifest.v1+json"))}


@pytest.mark.parametrize("key", ["Layers", "LAYERS", "layer\u017f", "Config"])
def test_a_name_in_another_case_is_refused(key: str, tmp_path: Path) -> None:
    """Engines would take it for the layers, and of both the last: skopeo was seen to."""
    evil = EVIL.manifest()["config" if key == "Config" else "layers"]
    data = json.dumps({**GOOD.manifest(), key: evil}, ensure_ascii=False).encode()
    reading = read(tmp_path, with_manifest(data))
    assert reading.packages == ()
    assert "do not agree" in reading.gaps[0].detail


@pytest.mark.parametrize("key", ["Config", "RootFS", "History"])
def test_a_name_of_the_configuration_in_another_case_is_refused(key: str, tmp_path: Path) -> None:
    config = as_json({**GOOD.config(), key: {}})
    manifest = {**GOOD.manifest(), "config": descriptor(config, f"{OCI}.config.v1+json")}
    reading = read(tmp_path, {**with_manifest(as_json(manifest)), blob_path(config): config})
    assert reading.config is None
    assert reading.gaps


def test_labels_are_named_as_anybody_likes(tmp_path: Path) -> None:
    image = ImageBuilder(user="app", labels={"user": "a", "User": "b", "ENV": "c"}).layer(debian())
    assert read(tmp_path, image.oci_files()).gaps == ()


def test_a_row_in_another_case_is_refused(tmp_path: Path) -> None:
    files = GOOD.docker_files()
    (row,) = json.loads(bytes(files["manifest.json"]))  # type: ignore[arg-type]
    files["manifest.json"] = as_json([{**row, "layers": []}])
    assert read(tmp_path, files, kind="docker-archive").gaps


def test_an_image_that_calls_itself_an_attestation_is_one_for_engines(tmp_path: Path) -> None:
    files = {**EVIL.oci_files(), **GOOD.oci_files()}
    files["index.json"] = index(listed(EVIL, "amd64", **ATTESTATION), listed(GOOD, "amd64"))
    reading = read(tmp_path, files)
    assert reading.packages == ()
    assert reading.gaps


def test_an_attestation_is_no_image(tmp_path: Path) -> None:
    attached = {**listed(EVIL, **ATTESTATION), "platform": {"os": "unknown", "architecture": "unknown"}}
    files = {**EVIL.oci_files(), **GOOD.oci_files(), "index.json": index(attached, listed(GOOD, "amd64"))}
    reading = read(tmp_path, files)
    assert reading.gaps == ()
    assert "bash" in names(reading)


def beside(place: Path, *manifests: dict[str, Any], rows: tuple[ImageBuilder, ...] = (GOOD,)) -> list[str]:
    """What is wrong with an archive that has `manifest.json` and an index; the first image is meant."""
    files: Files = {}
    named: list[Any] = []
    for image in rows:
        files |= image.docker_files(modern=True)
        named += json.loads(bytes(files["manifest.json"]))  # type: ignore[arg-type]
    files |= {**EVIL.oci_files(), "manifest.json": as_json(named), "index.json": index(*manifests)}
    reading = read(place, files, kind="docker-archive", name=rows[0].name)
    assert "bash" in names(reading)
    return [one.detail for one in reading.gaps]


def test_an_index_beside_the_manifest_may_not_bring_other_images(tmp_path: Path) -> None:
    """Whichever way it names them: engines that go by the index would load one."""
    for count, others in enumerate(([listed(EVIL)], [listed(EVIL)] * 2, [listed(GOOD), listed(EVIL)], [listed(GOOD)])):
        found = beside(tmp_path / str(count), *others)
        assert found == (
            ["manifest.json and index.json name different images: programs will take either"] * (count < 3)
        )


def test_an_index_beside_the_manifest_that_cannot_be_followed(tmp_path: Path) -> None:
    [found] = beside(tmp_path, {**listed(GOOD), "Digest": "x"})
    assert "cannot be followed" in found


def test_an_archive_of_two_images_and_of_other_platforms(tmp_path: Path) -> None:
    elsewhere = ImageBuilder(name="shop:1", architecture="s390x").layer(debian())
    assert beside(tmp_path / "a", listed(GOOD), listed(EVIL), rows=(GOOD, EVIL)) == []
    assert beside(tmp_path / "b", listed(GOOD, "amd64"), listed(elsewhere, "s390x")) == []
