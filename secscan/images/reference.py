"""What a user names as an image: `docker-archive:FILE`, `oci:DIR:TAG`, `podman:NAME`, or a file that is one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from secscan.errors import UsageError

ARCHIVES = ("docker-archive", "oci-archive")
FOLDERS = ("oci", "rootfs")
ENGINES = ("docker", "podman")
KINDS = (*ARCHIVES, *FOLDERS, *ENGINES)
_NAMED = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")
"""Endings of archives."""


@dataclass(frozen=True)
class ImageReference:
    """One image, by where it lies."""

    kind: str
    """One of `KINDS`."""
    place: str
    """A path; for an engine, the name of an image."""
    name: str = ""
    """Which image of several."""


def parse_reference(text: str) -> ImageReference | None:
    """Return the image that a text names; None where it is a path of something else.

    A folder is an image only where the user says so: what lies in a source tree does not choose how it is looked at.
    Raises `UsageError` for an image that is not there, and for a folder that is one, which is not said: of its layers
    nothing would be seen.
    """
    kind, colon, rest = text.partition(":")
    if colon and kind in ENGINES:
        if not rest or rest.startswith("-") or not rest.isprintable():
            raise UsageError(f"{text!r} names no image", hint=f"write it like {kind}:registry/name:tag")
        return ImageReference(kind, rest)
    if colon and kind in KINDS and not Path(text).exists():
        return _below(kind, rest, folder=kind in FOLDERS)
    place = Path(text)
    if all((place / name).exists() for name in ("oci-layout", "index.json", "blobs")):
        raise UsageError(f"{place} holds an image as an OCI layout", hint=f"oci:{place} looks into it")
    if place.is_file() and os.access(place, os.R_OK) and (found := sniff(place)):
        return ImageReference(found, text)
    return None


def _below(kind: str, rest: str, *, folder: bool) -> ImageReference:
    """A path, and behind a colon the name of one image of several, as skopeo and podman write it."""
    place, name = rest, ""
    if not Path(place).exists() and ":" in rest:
        place, _, name = rest.partition(":") if kind != "rootfs" else (rest, "", "")
    path = Path(place)
    if not place or not path.exists():
        raise UsageError(f"{kind}:{rest}: there is nothing at {place!r}", hint=f"write it like {kind}:PATH")
    if path.is_dir() is not folder:
        wanted, found = ("folder", "file") if folder else ("file", "folder")
        hint = {"oci": "oci-archive:FILE", "oci-archive": "oci:DIR"}.get(kind, f"{kind}:PATH")
        raise UsageError(f"{kind}: takes a {wanted}, and {place} is a {found}", hint=f"perhaps {hint} is meant")
    return ImageReference(kind, place, name)


def sniff(path: Path) -> str:
    """Return which kind of image archive a file is, by the names in it; empty for what is no archive.

    Raises `UsageError` for an archive that is no image, or is called like one and is none, such as what is left of a
    `docker save` that failed: as a file to look at, nothing of it would be seen.
    """
    from secscan.images.limits import Broken, ImageLimits, TooMuch  # hardly any scan of a file needs these
    from secscan.images.members import Tar

    named = path.name.lower().endswith(_NAMED)
    with path.open("rb") as file:
        start = file.read(262)
        file.seek(0)
        if not (start[257:262] == b"ustar" or start.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))):
            if named:
                raise UsageError(f"{path} {_instead(start)}", hint="save the image again, plain or with gzip or zstd")
            return ""
        try:
            names = Tar(file, ImageLimits())
        except (Broken, TooMuch):
            return "docker-archive" if named or start[257:262] == b"ustar" else ""
    if names.has("manifest.json"):
        return "docker-archive"
    if names.has("oci-layout") or names.has("index.json"):
        return "oci-archive"
    raise UsageError(f"{path} is an archive, and no image of a container", hint="unpack it, and scan the folder")


def _instead(start: bytes) -> str:
    """What a file is that is called like an archive."""
    from secscan.images.compression import OTHERS

    if not start:
        return "is empty"
    compression = next((name for magic, name in OTHERS.items() if start.startswith(magic)), "")
    return f"is compressed with {compression}, which is not read" if compression else "is no archive, though called so"
