"""An OCI archive is unpacked into what it was made of, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.images.limits import Broken, TooMuch
from secscan.images.unpack import unpack
from tests.support.image_samples import debian
from tests.support.images import ImageBuilder, as_json, write_archive
from tests.support.tars import file, folder, symlink, tar

IMAGE = ImageBuilder().layer(debian())


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_is_what_it_was_made_of(tmp_path: Path) -> None:
    unpack(IMAGE.oci_archive(tmp_path / "image.tar"), tmp_path / "image")
    assert files_in(tmp_path / "image") == files_in(IMAGE.oci(tmp_path / "expected"))


def test_names_that_lead_elsewhere_are_no_parts_of_an_image(tmp_path: Path) -> None:
    names = ("../evil", "/evil", "blobs/sha256/../../../evil", "blobs/sha256/short", f"blobs/sha256/{'a' * 64}/x", "x")
    place = tmp_path / "image.tar"
    place.write_bytes(tar([folder("blobs"), *(file(name, b"evil") for name in names), file("index.json", b"{}")]))
    unpack(place, tmp_path / "below" / "image")
    assert files_in(tmp_path / "below") == {"image/index.json": b"{}"}
    assert {path.name for path in tmp_path.iterdir()} == {"image.tar", "below"}


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    place = tmp_path / "image.tar"
    place.write_bytes(tar([symlink("index.json", "/etc/passwd")]))
    with pytest.raises(Broken):
        unpack(place, tmp_path / "image")
    assert not files_in(tmp_path / "image")


def test_what_stands_in_it_twice_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "image.tar"
    place.write_bytes(tar([file("index.json", b"{}"), file("index.json", b"[]")]))
    with pytest.raises(Broken, match="twice"):
        unpack(place, tmp_path / "image")


def test_what_is_too_much_is_refused(tmp_path: Path) -> None:
    place = write_archive(tmp_path / "image.tar", {"index.json": as_json([0] * 1000)})
    with pytest.raises(TooMuch, match="more than 100 bytes"):
        unpack(place, tmp_path / "image", most=100)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(b"no archive" * 100)
    with pytest.raises(Broken):
        unpack(tmp_path / "image.tar", tmp_path / "image")
