"""Which layers come from the base: by the base itself, and by nothing that the image tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.errors import TargetError
from secscan.images.base import with_base
from secscan.images.read import read_image
from secscan.images.reading import ImageReading
from tests.support.image_samples import debian, node_packages
from tests.support.images import ImageBuilder
from tests.support.tars import file

BASE = ImageBuilder(name="base:1").layer(debian()).history('CMD ["bash"]')
SHOP = ImageBuilder().layer(debian()).history('CMD ["bash"]').layer(node_packages())


def read(image: ImageBuilder, folder: Path) -> ImageReading:
    return read_image("oci", image.oci(folder))


def test_the_layers_that_the_base_has(tmp_path: Path) -> None:
    shop, base = read(SHOP, tmp_path / "shop"), read(BASE, tmp_path / "base")
    assert [layer.base for layer in shop.layers] == [None, None]
    assert [layer.base for layer in with_base(shop, base, "base").layers] == [True, False]


def test_another_base_is_refused(tmp_path: Path) -> None:
    shop = read(SHOP, tmp_path / "shop")
    other = read(ImageBuilder().layer(file("x", "1")), tmp_path / "other")
    with pytest.raises(TargetError, match="was not built upon"):
        with_base(shop, other, "other")
    with pytest.raises(TargetError, match="cannot be compared"):
        with_base(shop, read_image("oci", tmp_path), "nothing")


def test_what_a_history_tells_is_told_and_proves_nothing(tmp_path: Path) -> None:
    layers = read(SHOP, tmp_path / "shop").layers
    assert [(layer.told_base, layer.base) for layer in layers] == [(True, None), (False, None)]
    silent = read(ImageBuilder().layer(debian()).layer(file("x", "1")), tmp_path / "silent").layers
    assert [layer.told_base for layer in silent] == [None, None]
