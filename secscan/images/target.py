"""An image as a target, for the rest of the program."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from secscan.findings.model import ImageInfo, TargetInfo
from secscan.images.reading import Image, ImageReading
from secscan.inventory.distribution import distribution_of
from secscan.targets.opened import OpenedTarget

KIND = "image"


def target_of(image: Image, folder: Path) -> OpenedTarget:
    """Return an image as a target, which has no files in scope; `folder` is an empty one."""
    reading = image.reading
    info = TargetInfo(
        kind=KIND,
        name=reading.name,
        digest=reading.digest,
        files=reading.entries,
        bytes=reading.size,
        out_of_scope=reading.out_of_scope,
        image=_image_info(reading),
    )
    return OpenedTarget(info=info, root=folder, origin=folder, files=(), gaps=(), notices=(), _digests={})


def _image_info(reading: ImageReading) -> ImageInfo:
    brought = Counter(one.layer for one in reading.packages)
    distribution = distribution_of(reading.distribution)
    return ImageInfo(
        distribution=distribution.name if distribution else "",
        user=reading.config.user if reading.config else "",
        layers=reading.layers,
        packages=tuple(brought[layer.index] for layer in reading.layers),
    )
