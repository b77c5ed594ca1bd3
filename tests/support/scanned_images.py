"""Images for scanners of images, as `Setup` gives them to one, and the real trivy where there is one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from secscan.findings.model import Layer
from secscan.images.reading import Image, ImageReading
from secscan.inventory.contract import Declared
from secscan.process import Limits, find_program
from secscan.scanners.contract import Setup
from tests.support.image_samples import Known
from tests.support.images import ImageBuilder, as_json
from tests.support.targets import folder_target

STATUS = "var/lib/dpkg/status"
_TRIVY = os.environ.get("SECSCAN_TEST_TRIVY") or find_program("trivy")
"""Read before the environment of tests is scrubbed."""


def real_trivy() -> Path:
    """The program that SECSCAN_TEST_TRIVY names, or that is in PATH; skips the test where there is none."""
    if not _TRIVY:
        pytest.skip("no trivy here")
    return Path(_TRIVY)


def declared(known: Iterable[Known], path: str = STATUS, layer: int = 0) -> tuple[Declared, ...]:
    """What a reader finds of these packages."""
    return tuple(
        Declared(
            one.name, one.version, one.ecosystem, path, source=one.source, architecture=one.architecture, layer=layer
        )
        for one in sorted(known)
    )


def read_image(kind: str, place: Path, packages: Iterable[Declared], digest: str = "", layers: int = 2) -> Image:
    """An image that was read."""
    reading = ImageReading(
        name="shop:1.2",
        digest=digest,
        layers=tuple(Layer(index=index, digest=f"sha256:{index}", command=f"RUN {index}") for index in range(layers)),
        config=None,
        distribution={},
        packages=tuple(packages),
        facts=(),
        secrets=(),
        gaps=(),
        out_of_scope=(),
        entries=0,
        size=0,
        control=True,
    )
    return Image(kind=kind, place=place, reading=reading)


def written(image: ImageBuilder, kind: str, folder: Path, packages: Iterable[Declared]) -> Image:
    """An image in one of the forms, written below a folder, and read."""
    writers = {"docker-archive": image.docker_archive, "oci-archive": image.oci_archive, "oci": image.oci,
               "rootfs": image.rootfs}  # fmt: skip
    place = writers[kind](folder / f"of-{kind}" / "image")
    return read_image(kind, place, packages, hashlib.sha256(as_json(image.config())).hexdigest())


def setup_of(image: Image | None, folder: Path, *, limits: Limits | None = None) -> Setup:
    """The setup of a scan of an image."""
    return Setup(target=folder_target(folder / "no files", {}), image=image, limits=limits or Limits(seconds=120))
