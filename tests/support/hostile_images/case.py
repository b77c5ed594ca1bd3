"""Images made to bring a reader down, to lead it out of the image, or to show it something else than what runs.

Each is a function that makes one in a folder and returns how to name it to `secscan scan`. `CASES` has them by name,
with what must come of it: `right`, where nothing but the truth is told, or `gap`, where what was not read is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import images
from tests.support.image_samples import DEBS, Known, deb_paragraph, debian
from tests.support.images import Files, ImageBuilder, as_json, blob_path, descriptor, digest, write_archive
from tests.support.tars import (
    END,
    Entry,
    tar,
)

BASE = frozenset(DEBS)
EVIL = Known("Debian:12", "evil", "6.6.6", architecture="all")
"""A package that is not installed, whatever an image seems to say."""
STATUS = "var/lib/dpkg/status"
PASSWORDS = "root:x:0:0"
"""What no report may hold: it would come from this machine's /etc/passwd."""
DEEP = 200_000


@dataclass(frozen=True)
class Hostile:
    """One hostile image, and what must come of it."""

    make: Callable[[Path], str]
    outcome: str
    """`right`, `gap`, or `either` where reading all of it and saying that it was not read are equally good."""
    finds: frozenset[Known]
    """Packages that must be in the result."""
    hides: frozenset[Known]
    """Packages that must not be in it."""
    slow: bool


CASES: dict[str, Hostile] = {}


def hostile(
    outcome: str, finds: Iterable[Known] = BASE, hides: Iterable[Known] = (EVIL,), *, slow: bool = False
) -> Callable[[Callable[[Path], str]], Callable[[Path], str]]:
    """Enter an image into `CASES`."""

    def enter(make: Callable[[Path], str]) -> Callable[[Path], str]:
        CASES[make.__name__] = Hostile(make, outcome, frozenset(finds), frozenset(hides), slow)
        return make

    return enter


def below() -> ImageBuilder:
    """An image with an installed Debian, upon which the hostile layer is laid."""
    return ImageBuilder(name="evil:1", user="app").layer(debian(), command="ADD rootfs.tar /")


def saved(place: Path, builder: ImageBuilder) -> str:
    """As an archive of an OCI layout: its layers are as they were given, compressed or not."""
    return f"oci-archive:{builder.oci_archive(place / 'image.tar')}"


def with_layer(place: Path, *content: Entry | bytes, end: bytes = END, compression: str = "gzip") -> str:
    """An image whose second layer holds this."""
    return saved(place, below().layer_of(tar(content, end), compression=compression))


def with_blob(place: Path, data: bytes, *, compression: str = "gzip", diff_id: str = "") -> str:
    """An image whose second layer is this blob, whatever it expands to."""
    builder = below().layer_of(b"")
    manifest, config = builder.manifest(), builder.config()
    config["rootfs"]["diff_ids"][-1] = diff_id or digest(b"unknown")
    manifest["layers"][-1] = descriptor(data, images.LAYER_TYPES[compression])
    return oci_of(place, builder, manifest, config, data)


def oci_of(place: Path, builder: ImageBuilder, manifest: dict[str, Any], config: Any, *blobs: bytes) -> str:
    """An OCI archive with another manifest or configuration than the builder would make."""
    data = config if isinstance(config, bytes) else as_json(config)
    manifest = {**manifest, "config": descriptor(data, f"{images.OCI}.config.v1+json")}
    return indexed(place, builder.oci_files(), as_json(manifest), data, *blobs)


def indexed(place: Path, files: Files, manifest: bytes, *blobs: bytes, **more: Any) -> str:
    """An OCI archive with files, more blobs, and an index that names one manifest."""
    entry = descriptor(manifest, f"{images.OCI}.manifest.v1+json", **more)
    files = {**files, **{blob_path(one): one for one in (*blobs, manifest)}}
    files["index.json"] = as_json({"schemaVersion": 2, "manifests": [entry]})
    return f"oci-archive:{write_archive(place / 'image.tar', files)}"


def docker(place: Path, files: Files) -> str:
    """As `docker save` writes it."""
    return f"docker-archive:{write_archive(place / 'image.tar', files)}"


def evil_status() -> str:
    """A database of dpkg with the package that is not installed."""
    return deb_paragraph(EVIL)


def zeros(size: int, pack: Callable[[bytes], bytes], flush: Callable[[], bytes], before: bytes) -> Iterator[bytes]:
    """A compressed stream of something and then many zeros."""
    yield pack(before)
    chunk = bytes(1 << 24)
    for _ in range(size // len(chunk)):
        yield pack(chunk)
    yield flush()
