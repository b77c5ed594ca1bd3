"""What one reading of an image showed, as values: they cross from the child process that reads to everyone else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from secscan.findings.model import Gap, Layer, OutOfScope
from secscan.inventory.contract import Declared

IN_CONFIG = "image configuration"
"""The path text of a finding that is about the image as a whole: no file of it has a blank in so few letters."""


def layer_name(layer: Layer) -> str:
    """How gaps name a layer, and how it is counted."""
    return f"layer {layer.index} ({layer.digest.partition(':')[2][:12] or 'unknown'})"


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class ImageConfig(_Value, frozen=True, kw_only=True):
    """What an image says of itself: https://github.com/opencontainers/image-spec/blob/main/config.md."""

    user: str = ""
    ports: tuple[str, ...] = ()
    """As written: `8080/tcp`."""
    volumes: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    """Names of the variables."""
    entrypoint: tuple[str, ...] = ()
    """With the arguments that follow it (`Cmd`); secrets masked."""
    has_healthcheck: bool = False
    labels: dict[str, str] = {}
    """Those that tell where an image comes from (`org.opencontainers.image.*`); secrets masked."""
    architecture: str = ""
    os: str = ""
    created: str = ""


EVERYTHING, PACKAGES_ONLY = "everything", "packages-only"
"""What the child process is asked to look at."""


@dataclass(frozen=True)
class Keys:
    """What names of secrets are made with; see `secrets.worker`."""

    key: bytes = b""
    values_key: bytes = b""


NO_KEYS = Keys()


class FileFact(_Value, frozen=True, kw_only=True):
    """A file of the image whose owner or mode matters."""

    path: str
    fact: str
    """`setuid`, `setgid`, `world-writable`, `writable-sensitive`, `device`; or of a program that was left in:
    `package-manager`, `shell`, `builder`."""
    mode: int
    user: int
    group: int
    layer: int


class FoundSecret(_Value, frozen=True, kw_only=True):
    """A secret, by its place: never its value. See `secrets.worker.look_at`."""

    path: str
    layer: int | None
    found: dict[str, str | int]


class ImageReading(_Value, frozen=True, kw_only=True):
    """Everything that was seen of an image."""

    name: str
    """What the archive calls it (`shop:1.2`), or the name of its file or folder."""
    digest: str
    """SHA-256 of its configuration, hexadecimal: the image id. Of a file system tree, over what was read of it."""
    layers: tuple[Layer, ...]
    """From the lowest; what they tell of the base is told by them."""
    config: ImageConfig | None
    """None for a file system tree, which has none."""
    distribution: dict[str, str]
    """The members of `os-release`; empty where there is none."""
    packages: tuple[Declared, ...]
    """Each with the layer that brought it."""
    facts: tuple[FileFact, ...]
    secrets: tuple[FoundSecret, ...]
    gaps: tuple[Gap, ...]
    out_of_scope: tuple[OutOfScope, ...]
    entries: int
    """Entries of all layers."""
    size: int
    """Bytes of all regular files of all layers."""
    control: bool
    """Whether what rode along as positive control was found: a package, a secret and a mode in a layer of our own."""


@dataclass(frozen=True)
class Image:
    """An image that was opened: where it lies, for tools that read it themselves, and what we saw."""

    kind: str
    """`docker-archive`, `oci-archive`, `oci` (a folder) or `rootfs` (a folder)."""
    place: Path
    """The file or folder."""
    reading: ImageReading
