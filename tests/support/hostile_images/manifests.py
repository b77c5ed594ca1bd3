"""Images of which two readers take two different ones, or whose parts do not fit together."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.support import images
from tests.support.hostile_images.case import (
    EVIL,
    STATUS,
    below,
    docker,
    evil_status,
    hostile,
    indexed,
    oci_of,
    with_blob,
)
from tests.support.image_samples import DEBIAN, debian
from tests.support.images import ImageBuilder, Link, as_json, blob_path, descriptor, digest, write_archive
from tests.support.tars import (
    file,
    header,
    parents,
    tar,
)


@hostile("gap", finds=())
def manifest_that_is_an_index(place: Path) -> str:
    """Layers and manifests in one document: programs take either."""
    builder = below()
    other = ImageBuilder(name="other:1").layer(debian([EVIL]))
    both = {
        **builder.manifest(),
        "manifests": [descriptor(as_json(other.manifest()), f"{images.OCI}.manifest.v1+json")],
    }
    return indexed(place, {**builder.oci_files(), **other.oci_files()}, as_json(both))


@hostile("gap", finds=())
def manifest_with_layers_twice(place: Path) -> str:
    """The same key twice: programs take the first or the last."""
    builder = below()
    other = builder.layer(file(STATUS, evil_status()))
    text = as_json(builder.manifest())[:-1] + b',"layers":' + as_json(other.manifest()["layers"]) + b"}"
    return indexed(place, {**builder.oci_files(), **other.oci_files()}, text)


@hostile("gap", finds=(), hides=())
def two_manifests_that_disagree(place: Path) -> str:
    """`manifest.json` names one image, `index.json` another."""
    files, other = below().docker_files(modern=True), ImageBuilder(name="evil:1").layer(debian([EVIL])).oci_files()
    return docker(place, {**other, **files, "index.json": other["index.json"]})


@hostile("gap", finds=(), hides=())
def two_members_manifest_json(place: Path) -> str:
    """Two files of one name in the archive: programs take the first or the last."""
    one, two = below().docker_files(), ImageBuilder(name="evil:1").layer(debian([EVIL])).docker_files()
    entries = [file(name, data) for files in (one, two) for name, data in files.items() if isinstance(data, bytes)]
    path = place / "image.tar"
    path.write_bytes(tar(entries))
    return f"docker-archive:{path}"


@hostile("gap", finds=(), hides=())
def two_members_of_a_layer(place: Path) -> str:
    """Two files of one name, of which one is the layer that the digest tells."""
    builder = below()
    evil = tar([*parents(DEBIAN), *DEBIAN, file(STATUS, evil_status())])
    entries = [file(name, data) for name, data in builder.docker_files().items() if isinstance(data, bytes)]
    name = next(str(one.path) for one in entries if str(one.path).endswith("layer.tar"))
    path = place / "image.tar"
    path.write_bytes(tar([*entries, file(name, evil)]))
    return f"docker-archive:{path}"


@hostile("gap", finds=(), hides=())
def layer_of_another_digest(place: Path) -> str:
    """A blob that was exchanged."""
    builder = below().layer(file("app/x"))
    files = builder.oci_files()
    files[blob_path(builder.layers[0].blob())] = images.packed(tar([*DEBIAN, file(STATUS, evil_status())]), "gzip")
    return f"oci-archive:{write_archive(place / 'image.tar', files)}"


@hostile("gap", finds=())
def configuration_of_another_digest(place: Path) -> str:
    """A configuration that was exchanged."""
    builder = below()
    files = builder.oci_files()
    files[blob_path(as_json(builder.config()))] = as_json({**builder.config(), "author": "someone else"})
    return f"oci-archive:{write_archive(place / 'image.tar', files)}"


@hostile("gap", finds=())
def manifest_of_another_digest(place: Path) -> str:
    """A manifest that was exchanged."""
    builder = below()
    files = builder.oci_files()
    files[blob_path(as_json(builder.manifest()))] = as_json({**builder.manifest(), "annotations": {"a": "b"}})
    return f"oci-archive:{write_archive(place / 'image.tar', files)}"


@hostile("gap", finds=())
def digest_that_leads_out(place: Path) -> str:
    """Digests that are paths."""
    builder = below()
    manifest = builder.manifest()
    manifest["layers"].append({**manifest["layers"][0], "digest": "sha256:../../../../../../etc/passwd"})
    return oci_of(place, builder, manifest, builder.config())


@hostile("gap")
def layer_that_is_missing(place: Path) -> str:
    """Named, and not there."""
    builder = below().layer(file("app/x"))
    files = builder.oci_files()
    del files[blob_path(builder.layers[1].blob())]
    return f"oci-archive:{write_archive(place / 'image.tar', files)}"


@hostile("gap", finds=())
def configuration_that_is_missing(place: Path) -> str:
    """Named, and not there."""
    builder = below()
    files = builder.oci_files()
    del files[blob_path(as_json(builder.config()))]
    return f"oci-archive:{write_archive(place / 'image.tar', files)}"


@hostile("gap", finds=())
def index_that_names_itself(place: Path) -> str:
    """As far as digests allow: an index of an index of an index, 1,000 deep."""
    builder = below()
    document, blobs = as_json(builder.manifest()), []
    for _ in range(1000):
        blobs.append(document)
        inner = descriptor(document, f"{images.OCI}.index.v1+json")
        document = as_json({"schemaVersion": 2, "manifests": [inner]})
    return indexed(place, builder.oci_files(), document, *blobs)


@hostile("gap", finds=())
def index_in_a_circle(place: Path) -> str:
    """An index whose blob names its own digest, which cannot be true."""
    builder = below()
    files = builder.oci_files()
    name = "a" * 64
    entry = {"mediaType": f"{images.OCI}.index.v1+json", "digest": f"sha256:{name}", "size": 300}
    files[f"blobs/sha256/{name}"] = files["index.json"] = as_json({"schemaVersion": 2, "manifests": [entry]})
    return f"oci-archive:{write_archive(place / 'image.tar', files)}"


@hostile("gap", finds=())
def index_of_100_000_manifests(place: Path) -> str:
    """All the same."""
    builder = below()
    files = builder.oci_files()
    entry = descriptor(as_json(builder.manifest()), f"{images.OCI}.manifest.v1+json")
    files["index.json"] = as_json({"schemaVersion": 2, "manifests": [entry] * 100_000})
    return f"oci-archive:{write_archive(place / 'image.tar', files)}"


@hostile("gap", finds=())
def wrong_sizes(place: Path) -> str:
    """Descriptors that tell other sizes of layers."""
    builder = below().layer(file("app/x"))
    manifest = builder.manifest()
    manifest["layers"][0]["size"], manifest["layers"][1]["size"] = -1, 1 << 63
    return oci_of(place, builder, manifest, builder.config())


@hostile("gap")
def more_layers_than_diff_ids(place: Path) -> str:
    """A layer that the configuration does not know of: engines refuse the image."""
    builder = below().layer(file("app/x"))
    config = builder.config()
    config["rootfs"]["diff_ids"].pop()
    config["history"] = config["history"] * 3
    return oci_of(place, builder, builder.manifest(), config)


@hostile("gap", finds=())
def fewer_layers_than_diff_ids(place: Path) -> str:
    """A layer of which only the configuration knows: it was taken out of the archive."""
    builder = below().layer(file("app/x"))
    manifest = builder.manifest()
    manifest["layers"].pop()
    return oci_of(place, builder, manifest, builder.config())


@hostile("gap")
def layer_of_another_place(place: Path) -> str:
    """A layer that must not be passed on, with addresses of services inside the network: none may be asked."""
    builder = below().layer(file("app/x"))
    manifest, files = builder.manifest(), builder.oci_files()
    foreign = {
        "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "urls": ["http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "http://127.0.0.1:1/"],
    }
    manifest["layers"][1] |= foreign
    del files[blob_path(builder.layers[1].blob())]
    return indexed(place, files, as_json(manifest))


@hostile("gap")
def layer_that_is_encrypted(place: Path) -> str:
    """By ocicrypt: nobody but its owner can read it."""
    builder = below()
    data = os.urandom(10_000)
    manifest, config = builder.manifest(), builder.config()
    manifest["layers"].append(descriptor(data, f"{images.OCI}.layer.v1.tar+gzip+encrypted"))
    config["rootfs"]["diff_ids"].append(digest(b"secret"))
    return oci_of(place, builder, manifest, config, data)


@hostile("gap")
def layer_of_an_unknown_kind(place: Path) -> str:
    """Compressed in a way that is not read."""
    import bz2

    content = tar([file(STATUS, evil_status())])
    return with_blob(place, bz2.compress(content), diff_id=digest(content))


@hostile("gap", finds=())
def layers_outside_of_the_archive(place: Path) -> str:
    """`manifest.json` names files of this machine."""
    files = below().docker_files()
    files["manifest.json"] = as_json(
        [{"Config": "../../../../etc/passwd", "RepoTags": ["evil:1"], "Layers": ["/etc/passwd", "../../etc/shadow"]}]
    )
    return docker(place, files)


@hostile("gap")
def layer_outside_of_the_archive(place: Path) -> str:
    """A layer that is a path of this machine, upon one that is none."""
    import json

    files = below().layer(file("app/x")).docker_files()
    (row,) = json.loads(bytes(files["manifest.json"]))  # type: ignore[arg-type]
    row["Layers"][1] = "../../../../../etc/passwd"
    return docker(place, {**files, "manifest.json": as_json([row])})


@hostile("gap")
def layer_that_is_a_link(place: Path) -> str:
    """A member that is a symbolic link to a file of this machine."""
    builder = below().layer(file("app/x"))
    files = builder.docker_files()
    name = [one for one in files if one.endswith("layer.tar")][1]
    return docker(place, {**files, name: Link("../../../../../../etc/passwd")})


@hostile("gap")
def layer_that_links_to_itself(place: Path) -> str:
    """A member that is a symbolic link to itself."""
    builder = below().layer(file("app/x"))
    files = builder.docker_files()
    name = [one for one in files if one.endswith("layer.tar")][1]
    return docker(place, {**files, name: Link("layer.tar")})


def _folder_with(place: Path, spoil: Callable[[Path], object]) -> str:
    """An OCI layout in a folder, of whose second layer something else was made."""
    builder = below().layer(file("app/x"))
    layout = builder.oci(place / "layout")
    blob = layout / blob_path(builder.layers[1].blob())
    blob.unlink()
    spoil(blob)
    return f"oci:{layout}"


@hostile("gap")
def blob_that_is_a_link(place: Path) -> str:
    """To a file of this machine."""
    return _folder_with(place, lambda blob: blob.symlink_to("/etc/passwd"))


@hostile("gap")
def blob_that_is_a_pipe(place: Path) -> str:
    """Opening it would wait for ever."""
    return _folder_with(place, lambda blob: os.mkfifo(blob))


@hostile("gap")
def blob_that_is_a_folder(place: Path) -> str:
    """Which cannot be read."""
    return _folder_with(place, lambda blob: blob.mkdir())


@hostile("gap", finds=())
def folder_of_blobs_that_is_a_link(place: Path) -> str:
    """The whole folder lies elsewhere."""
    layout = below().oci(place / "layout")
    (layout / "blobs").rename(place / "elsewhere")
    (layout / "blobs").symlink_to(place / "elsewhere")
    return f"oci:{layout}"


@hostile("gap", finds=())
def index_that_is_a_link(place: Path) -> str:
    """To a file of this machine."""
    layout = below().oci(place / "layout")
    (layout / "index.json").unlink()
    (layout / "index.json").symlink_to("/etc/passwd")
    return f"oci:{layout}"


@hostile("gap", finds=())
def index_that_is_a_pipe(place: Path) -> str:
    """Opening it would wait for ever."""
    layout = below().oci(place / "layout")
    (layout / "index.json").unlink()
    os.mkfifo(layout / "index.json")
    return f"oci:{layout}"


@hostile("gap", finds=())
def file_system_tree_with_traps(place: Path) -> str:
    """A folder that is looked at as a file system: links out of it, pipes, and loops."""
    root = place / "rootfs"
    for path in ("etc", "var/lib/dpkg", "app", "lib/apk/db"):
        (root / path).mkdir(parents=True)
    (root / "etc/os-release").symlink_to("/etc/os-release")
    (root / STATUS).symlink_to("/var/lib/dpkg/status")
    (root / "app/loop").symlink_to("..")
    (root / "app/etc").symlink_to("/etc")
    os.mkfifo(root / "lib/apk/db/installed")
    os.mkfifo(root / "app/package-lock.json")
    return f"rootfs:{root}"


@hostile("gap", finds=())
def archive_that_is_cut(place: Path) -> str:
    """The archive itself ends in the middle of a layer."""
    path = below().layer(file("app/x", os.urandom(200_000))).docker_archive(place / "image.tar")
    path.write_bytes(path.read_bytes()[:-150_000])
    return f"docker-archive:{path}"


@hostile("gap", finds=())
def archive_with_a_size_of_2_63(place: Path) -> str:
    """The first member of the archive itself."""
    path = below().docker_archive(place / "image.tar")
    path.write_bytes(header("x", size=1 << 63) + path.read_bytes())
    return f"docker-archive:{path}"


@hostile("gap", finds=(), slow=True)
def archive_that_is_a_bomb(place: Path) -> str:
    """The archive itself is compressed, and has a member of 4 GiB before the rest."""
    size = 1 << 32
    rest = below().docker_archive(place / "inner.tar").read_bytes()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(header("x", size=size))]
    parts += [packer.compress(bytes(1 << 24)) for _ in range(size >> 24)]
    path = place / "image.tar.gz"
    path.write_bytes(b"".join(parts) + packer.compress(rest) + packer.flush())
    (place / "inner.tar").unlink()
    return f"docker-archive:{path}"


@hostile("gap", finds=())
def archive_of_300_000_members(place: Path) -> str:
    """The archive itself, before what it must have."""
    path = below().docker_archive(place / "image.tar")
    path.write_bytes(b"".join(header(f"x/{number:x}") for number in range(300_000)) + path.read_bytes())
    return f"docker-archive:{path}"
