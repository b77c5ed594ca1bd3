"""What a user names as an image, and what is none."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from secscan.errors import UsageError
from secscan.images.reference import ImageReference, parse_reference
from tests.support.images import ImageBuilder
from tests.support.tars import file, tar

IMAGE = ImageBuilder().layer(file("a", "1"))


def test_files_say_themselves_what_they_are(tmp_path: Path) -> None:
    docker, oci = IMAGE.docker_archive(tmp_path / "docker.tar"), IMAGE.oci_archive(tmp_path / "oci.tar")
    assert parse_reference(str(docker)) == ImageReference("docker-archive", str(docker))
    assert parse_reference(str(oci)) == ImageReference("oci-archive", str(oci))


def test_a_folder_is_an_image_only_where_the_user_says_so(tmp_path: Path) -> None:
    layout = IMAGE.oci(tmp_path / "layout")
    with pytest.raises(UsageError, match="OCI layout"):
        parse_reference(str(layout))
    assert parse_reference(f"oci:{layout}") == ImageReference("oci", str(layout))
    assert parse_reference(f"oci:{layout}:shop:1") == ImageReference("oci", str(layout), "shop:1")
    assert parse_reference(f"rootfs:{tmp_path}") == ImageReference("rootfs", str(tmp_path))


@pytest.mark.parametrize("text", [".", "src", "-", "a:b", "C:/x"])
def test_paths_are_no_images(text: str) -> None:
    assert parse_reference(text) is None


def test_a_file_that_is_called_like_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("oci:x").mkdir()
    assert parse_reference("oci:x") is None


def test_engines() -> None:
    assert parse_reference("docker:registry:5000/shop:1") == ImageReference("docker", "registry:5000/shop:1")
    for text in ("docker:", "podman:--help", "docker:a\nb"):
        with pytest.raises(UsageError, match="names no image"):
            parse_reference(text)


def test_what_is_not_there_and_what_is_of_another_sort(tmp_path: Path) -> None:
    archive = IMAGE.oci_archive(tmp_path / "oci.tar")
    for text in (f"oci:{tmp_path}/none", f"oci:{archive}", f"oci-archive:{tmp_path}", "rootfs:"):
        with pytest.raises(UsageError):
            parse_reference(text)


def test_an_archive_that_is_no_image_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "sources.tar"
    place.write_bytes(tar([file("setup.py", "1")]))
    with pytest.raises(UsageError, match="no image of a container"):
        parse_reference(str(place))


def test_a_broken_archive_is_looked_at_as_an_image_so_that_it_is_a_gap(tmp_path: Path) -> None:
    place = tmp_path / "image.tar"
    place.write_bytes(IMAGE.docker_archive(tmp_path / "whole.tar").read_bytes()[:1_000])
    assert parse_reference(str(place)) == ImageReference("docker-archive", str(place))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("image.tar", b"", "is empty"),
        ("image.TGZ", b"no space left on device\n", "no archive"),
        ("image.tar.xz", lzma.compress(b"a" * 1_000), "with xz"),
        ("image.tar.bz2", bz2.compress(b"a" * 1_000), "with bzip2"),
    ],
)
def test_what_is_called_like_an_archive_is_not_looked_at_as_a_file(
    tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    place = tmp_path / name
    place.write_bytes(data)
    with pytest.raises(UsageError, match=says):
        parse_reference(str(place))


def test_what_is_left_of_a_compressed_image_is_a_gap(tmp_path: Path) -> None:
    whole = IMAGE.docker_archive(tmp_path / "whole.tar").read_bytes()
    place = tmp_path / "image.tar.gz"
    place.write_bytes(gzip.compress(whole)[:100])
    assert parse_reference(str(place)) == ImageReference("docker-archive", str(place))


def test_other_files_are_files(tmp_path: Path) -> None:
    place = tmp_path / "a.py"
    place.write_text("x = 1\n")
    assert parse_reference(str(place)) is None
