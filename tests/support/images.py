"""Container images made without an engine, in every form in which they are passed around.

image = (
    ImageBuilder(user="app", env={"PATH": "/usr/bin"})
    .layer(debian(), command="ADD rootfs.tar /", compression="zstd")
    .layer(file("app/main.py", "x = 1\\n"), whiteout("etc/motd"), command="RUN install")
    .history('CMD ["python"]')
)
image.docker_archive(folder / "image.tar")
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from tests.support.tars import Entry, file, parents, symlink, tar

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CREATED = "2026-01-01T00:00:00Z"
OCI = "application/vnd.oci.image"
LAYER_TYPES = {
    "none": f"{OCI}.layer.v1.tar",
    "gzip": f"{OCI}.layer.v1.tar+gzip",
    "zstd": f"{OCI}.layer.v1.tar+zstd",
}
Files = dict[str, "bytes | Link"]
"""Files of an archive or a layout, by path."""


class Sample(Protocol):
    """Entries that belong together, see `image_samples`."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What lies in the layer."""
        ...


@dataclass(frozen=True)
class Link:
    """A symbolic link among the files of an archive."""

    to: str


@dataclass(frozen=True)
class Layer:
    """One layer, and the command that made it."""

    tar: bytes
    command: str = ""
    compression: str = "gzip"

    @property
    def diff_id(self) -> str:
        """The digest of what is in the layer."""
        return digest(self.tar)

    def blob(self) -> bytes:
        """The layer as it is passed around."""
        return packed(self.tar, self.compression)


def packed(data: bytes, compression: str) -> bytes:
    """Data in `none`, `gzip` or `zstd`; the same each time."""
    if compression == "gzip":
        return gzip.compress(data, compresslevel=6, mtime=0)
    return zstd.compress(data) if compression == "zstd" else data


def digest(data: bytes) -> str:
    """As OCI writes it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def as_json(value: Any) -> bytes:
    """A document, short."""
    return json.dumps(value, separators=(",", ":")).encode()


def descriptor(data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
    """What points to a blob."""
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def blob_path(of: bytes | str) -> str:
    """Where a blob lies in a layout, by its data or its digest."""
    return "blobs/" + (of if isinstance(of, str) else digest(of)).replace(":", "/")


@dataclass(frozen=True)
class ImageBuilder:
    """An image; `layer` and `history` return a larger one."""

    name: str = "shop:1.2"
    user: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    healthcheck: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    workdir: str = ""
    architecture: str = "amd64"
    steps: tuple[Layer | str, ...] = ()
    """Layers, and the commands that made none."""

    def layer(
        self, *content: Entry | Sample | bytes, command: str = "COPY . /", compression: str = "gzip", tree: bool = True
    ) -> ImageBuilder:
        """Add a layer of entries and samples; bytes stand in it as they are. `tree` adds the folders around files."""
        entries: list[Entry | bytes] = []
        for one in content:
            entries += [one] if isinstance(one, Entry | bytes) else one.entries
        if tree:
            entries = [*parents(one for one in entries if isinstance(one, Entry)), *entries]
        return self.layer_of(tar(entries), command=command, compression=compression)

    def layer_of(self, data: bytes, *, command: str = "COPY . /", compression: str = "gzip") -> ImageBuilder:
        """Add a layer whose archive is given as it is."""
        return replace(self, steps=(*self.steps, Layer(data, command, compression)))

    def history(self, command: str) -> ImageBuilder:
        """Add a command that made no layer."""
        return replace(self, steps=(*self.steps, command))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """From the lowest."""
        return tuple(one for one in self.steps if isinstance(one, Layer))

    def config(self) -> dict[str, Any]:
        """The image's configuration; its digest is the image's id."""
        settings: dict[str, Any] = {
            "User": self.user,
            "Env": [f"{key}={value}" for key, value in self.env.items()],
            "ExposedPorts": {key: {} for key in self.ports},
            "Volumes": {key: {} for key in self.volumes},
            "Labels": dict(self.labels),
            "Healthcheck": {"Test": list(self.healthcheck)} if self.healthcheck else None,
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.cmd),
            "WorkingDir": self.workdir,
        }
        return {
            "created": CREATED,
            "architecture": self.architecture,
            "os": "linux",
            "config": {key: value for key, value in settings.items() if value},
            "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in self.layers]},
            "history": [
                {"created": CREATED, "created_by": one.command}
                if isinstance(one, Layer)
                else {"created": CREATED, "created_by": one, "empty_layer": True}
                for one in self.steps
            ],
        }

    def manifest(self) -> dict[str, Any]:
        """The manifest of OCI."""
        return {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": descriptor(as_json(self.config()), f"{OCI}.config.v1+json"),
            "layers": [descriptor(one.blob(), LAYER_TYPES[one.compression]) for one in self.layers],
        }

    def oci_files(self) -> Files:
        """The files of an OCI layout."""
        manifest = as_json(self.manifest())
        entry = descriptor(
            manifest,
            f"{OCI}.manifest.v1+json",
            annotations={"org.opencontainers.image.ref.name": self.name},
            platform={"architecture": self.architecture, "os": "linux"},
        )
        blobs = (as_json(self.config()), *(one.blob() for one in self.layers), manifest)
        return {
            "oci-layout": as_json({"imageLayoutVersion": "1.0.0"}),
            "index.json": as_json({"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [entry]}),
            **{blob_path(one): one for one in blobs},
        }

    def docker_files(self, *, modern: bool = False) -> Files:
        """The files that `docker save` writes: since version 25, when `modern`, an OCI layout with its manifest.json.

        Before that, layers lie in folders of their own, not compressed, and one that was there before is a link.
        """
        config = as_json(self.config())
        files: Files = self.oci_files() if modern else {f"{digest(config)[7:]}.json": config}
        names, first = [], {}
        for count, one in enumerate(self.layers):
            if modern:
                names.append(blob_path(one.blob()))
                continue
            identity = hashlib.sha256(f"{count} {one.diff_id}".encode()).hexdigest()
            name = f"{identity}/layer.tar"
            files[f"{identity}/VERSION"] = b"1.0"
            files[f"{identity}/json"] = as_json({"id": identity, "created": CREATED, "os": "linux"})
            files[name] = Link(f"../{first[one.diff_id]}") if one.diff_id in first else one.tar
            first.setdefault(one.diff_id, name)
            names.append(name)
        repository, _, tag = self.name.rpartition(":")
        files["manifest.json"] = as_json(
            [
                {
                    "Config": blob_path(config) if modern else f"{digest(config)[7:]}.json",
                    "RepoTags": [self.name],
                    "Layers": names,
                }
            ]
        )
        files["repositories"] = as_json({repository: {tag: names[-1].split("/")[0] if names else ""}})
        return files

    def oci(self, place: Path) -> Path:
        """Write an OCI layout into a new folder."""
        return write_folder(place, self.oci_files())

    def oci_archive(self, place: Path) -> Path:
        """Write an OCI layout as a tar archive."""
        return write_archive(place, self.oci_files())

    def docker_archive(self, place: Path, *, modern: bool = False) -> Path:
        """Write what `docker save` writes."""
        return write_archive(place, self.docker_files(modern=modern))

    def rootfs(self, place: Path) -> Path:
        """Write what a container of it would see into a new folder. Only for images that mean no harm."""
        import io
        import tarfile

        place.mkdir(parents=True)
        for layer in self.layers:
            with tarfile.open(fileobj=io.BytesIO(layer.tar)) as archive:
                for member in archive:
                    _apply(archive, member, place)
        return place


def _apply(archive: Any, member: Any, place: Path) -> None:
    """Do to a folder what one member of a layer says."""
    target = place / member.name
    if target.name == ".wh..wh..opq":
        for one in target.parent.iterdir():
            _remove(one)
    elif target.name.startswith(".wh."):
        _remove(target.with_name(target.name.removeprefix(".wh.")))
    elif not (member.isdev() and os.geteuid()):
        if target.is_symlink() or (target.exists() and not (target.is_dir() and member.isdir())):
            _remove(target)
        archive.extract(member, place, numeric_owner=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_folder(place: Path, files: Files) -> Path:
    """Write files into a new folder."""
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            (place / name).symlink_to(content.to)
        else:
            (place / name).write_bytes(content)
    return place


def write_archive(place: Path, files: Files) -> Path:
    """Write files as a tar archive."""
    place.parent.mkdir(parents=True, exist_ok=True)
    entries = [symlink(name, one.to) if isinstance(one, Link) else file(name, one) for name, one in files.items()]
    with place.open("wb") as out:
        for entry in (*parents(entries), *entries):
            out.write(entry.tar())
        out.write(tar(()))
    return place
