"""Finds configuration and layers of an image: in what `docker save` writes, and in an OCI layout.

Formats: https://github.com/opencontainers/image-spec/blob/main/image-layout.md, and "Combined Image JSON + Filesystem
Changeset Format" of https://github.com/moby/docker-image-spec/blob/main/v1.2.md. Nothing is fetched, whatever address
a descriptor names. Where two readers could take two different images out of one archive, that is refused.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from secscan.images.limits import Broken, ImageLimits, TooMuch
from secscan.images.members import Members
from secscan.images.spelling import CONFIG, MANIFEST, ROW, Shape, refuse_other_spellings

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_MOST_PARTS = 100_000
"""Objects and lists of a document."""
_MOST_NAMED = 200
"""Images of an index that stands beside `manifest.json`."""
_ENCRYPTED = re.compile(r"\+encrypted$")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


@dataclass(frozen=True)
class LayerBlob:
    """Where the content of a layer lies."""

    member: str
    digest: str
    """SHA-256 of it as it lies there, hexadecimal; empty where nobody tells."""
    size: int | None
    media_type: str = ""

    @property
    def unreadable(self) -> str:
        """Why it cannot be read whatever it holds; empty otherwise."""
        return "it is encrypted" if _ENCRYPTED.search(self.media_type) else ""


@dataclass(frozen=True)
class Found:
    """An image."""

    name: str
    digest: str
    """SHA-256 of the configuration, hexadecimal."""
    config: dict[str, Any]
    layers: tuple[LayerBlob, ...]
    doubts: tuple[str, ...]
    """What does not fit together."""


def find_image(members: Members, name: str, limits: ImageLimits) -> Found:
    """Return the image `name`, or the only one. Raises `Broken` and `TooMuch`."""
    twice = sorted(getattr(members, "twice", ()))
    doubts = [f"{len(twice)} names stand in the archive twice, such as {twice[0]!r}"] if twice else []
    if members.has("manifest.json"):
        rows = _rows(members, limits)
        row = _row(rows, name)
        found = _docker(members, row, name, limits)
        if members.has("index.json"):
            others = {one.get("Config") for one in rows if isinstance(one, dict) and one is not row}
            doubts += _index_beside(members, found, [one for one in others if isinstance(one, str)], limits)
    else:
        found = _oci(members, name, limits)
    return replace(found, doubts=(*doubts, *found.doubts))


def _rows(members: Members, limits: ImageLimits) -> list[Any]:
    rows = _json(members.document("manifest.json", limits), "manifest.json")
    if not isinstance(rows, list) or not rows:
        raise Broken("manifest.json names no image")
    refuse_other_spellings(rows, ROW, "manifest.json")
    return rows


def _row(images: list[Any], name: str) -> dict[str, Any]:
    rows = [one for one in images if isinstance(one, dict) and (not name or name in _texts(one.get("RepoTags")))]
    if len(rows) != 1:
        tags = sorted({tag for one in images if isinstance(one, dict) for tag in _texts(one.get("RepoTags"))})
        meant = f"it holds no image {name}, but" if not rows else "it holds several images, and none is named:"
        raise Broken(f"{meant} {', '.join(tags[:20]) or 'some without names'}")
    return rows[0]


def _docker(members: Members, row: dict[str, Any], name: str, limits: ImageLimits) -> Found:
    config_member = _text(row.get("Config"), "Config of manifest.json")
    data = members.document(config_member, limits)
    digest = hashlib.sha256(data).hexdigest()
    doubts = []
    told = re.search(r"[0-9a-f]{64}", config_member)
    if told and told[0] != digest:
        doubts.append("the configuration is not the one that its name tells")
    layers = tuple(
        LayerBlob(member, _blob_digest(member), None) for member in _list(row.get("Layers"), "Layers", limits.layers)
    )
    tags = _texts(row.get("RepoTags"))
    config = _object(data, config_member, CONFIG)
    return Found(name or (tags[0] if tags else ""), digest, config, layers, tuple(doubts))


def _index_beside(members: Members, found: Found, others: list[str], limits: ImageLimits) -> list[str]:
    """What is wrong with the index that stands beside `manifest.json`: some engines load what that names. It may name
    images for other platforms, and images that are not there. `others`: configurations of the archive's other images.
    """
    platform_of_found = str(found.config.get("os", "")), str(found.config.get("architecture", ""))
    named, seen = set(), set()
    try:
        todo = [(one, limits.nesting) for one in _manifests(_index(members, limits))]
        for one, left in todo:
            digest = _hex(one)
            if digest in seen or _is_attachment(one) or _platform(one) not in (("", ""), platform_of_found):
                continue
            seen.add(digest)
            if not left or len(seen) + len(others) > _MOST_NAMED:
                raise TooMuch(f"it names more than {_MOST_NAMED} images, or is nested too deep")  # noqa: TRY301
            if members.has(_member(one)):
                document = _object(_blob(members, one, limits)[0], "a manifest", MANIFEST)
                todo += [(inner, left - 1) for inner in _manifests(document)] if "manifests" in document else []
                named |= {_hex(document["config"])} if isinstance(document.get("config"), dict) else set()
        told = {hashlib.sha256(members.document(one, limits)).hexdigest() for one in others if len(named) > 1}
    except (Broken, TooMuch) as error:
        return [f"index.json, which stands beside manifest.json, cannot be followed: {error}"]
    if found.digest in named <= told | {found.digest}:
        return []
    return ["manifest.json and index.json name different images: programs will take either"]


def _blob_digest(member: str) -> str:
    found = re.fullmatch(r"blobs/sha256/([0-9a-f]{64})", member)
    return found[1] if found else ""


def _oci(members: Members, name: str, limits: ImageLimits) -> Found:
    descriptors = _manifests(_index(members, limits))
    if name:
        known = sorted(filter(None, map(_annotation, descriptors)))
        descriptors = [one for one in descriptors if _annotation(one) in (name, name.rpartition(":")[2])]
        if not descriptors:
            raise Broken(f"it holds no image {name}, but {', '.join(known[:20]) or 'some without names'}")
    manifest, descriptor = _descend(members, descriptors, limits, limits.nesting)
    doubts = []
    config_descriptor = manifest.get("config")
    if not isinstance(config_descriptor, dict):
        raise Broken("the manifest names no configuration")
    data, doubt = _blob(members, config_descriptor, limits)
    doubts += [f"the configuration {doubt}"] if doubt else []
    layers = manifest.get("layers")
    if not isinstance(layers, list) or not all(isinstance(one, dict) for one in layers):
        raise Broken("the manifest names no layers")
    _count(layers, limits.layers)
    blobs = tuple(LayerBlob(_member(one), _hex(one), _size(one), str(one.get("mediaType", ""))[:200]) for one in layers)
    called = name or _annotation(descriptor)
    config = _object(data, "the configuration", CONFIG)
    return Found(called, hashlib.sha256(data).hexdigest(), config, blobs, tuple(doubts))


def _index(members: Members, limits: ImageLimits) -> dict[str, Any]:
    return _object(members.document("index.json", limits), "index.json", MANIFEST)


def _descend(
    members: Members, descriptors: list[dict[str, Any]], limits: ImageLimits, left: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest that is meant, through indexes of indexes, and its descriptor."""
    if left == 0:
        raise TooMuch(f"indexes are nested more than {limits.nesting} deep")
    descriptor = _choose(descriptors)
    data, doubt = _blob(members, descriptor, limits)
    if doubt:
        raise Broken(f"the manifest {doubt}")
    document = _object(data, "a manifest", MANIFEST)
    if ("layers" in document or "config" in document) and "manifests" in document:
        raise Broken("a manifest is an index, too: programs will take different images out of it")
    if "manifests" in document:
        manifest, inner = _descend(members, _manifests(document), limits, left - 1)
        return manifest, inner if _annotation(inner) else descriptor
    return document, descriptor


def _choose(descriptors: list[dict[str, Any]]) -> dict[str, Any]:
    """The one image, or the one for this machine among those for several. What is attached to images is none."""
    images = [one for one in descriptors if not _is_attachment(one)]
    if len(images) > 1:
        here = _ARCHITECTURES.get(platform.machine(), platform.machine())
        ours = [one for one in images if _platform(one) == ("linux", here)]
        if len(ours) != 1 or not all(_platform(one) != ("", "") for one in images):
            names = sorted(filter(None, map(_annotation, images)))
            raise Broken(f"it holds {len(images)} images: name the one that is meant ({', '.join(names[:20]) or '?'})")
        images = ours
    if not images:
        raise Broken("the index names no image")
    return images[0]


def _platform(descriptor: dict[str, Any]) -> tuple[str, str]:
    told = descriptor.get("platform")
    return (str(told.get("os", "")), str(told.get("architecture", ""))) if isinstance(told, dict) else ("", "")


def _is_attachment(descriptor: dict[str, Any]) -> bool:
    """Whether no engine takes it for an image to run: they go by the platform, not by what annotations say."""
    return _platform(descriptor) == ("unknown", "unknown")


def _annotation(descriptor: dict[str, Any]) -> str:
    annotations = descriptor.get("annotations")
    name = annotations.get("org.opencontainers.image.ref.name") if isinstance(annotations, dict) else None
    return name[:300] if isinstance(name, str) else ""


def _manifests(index: dict[str, Any]) -> list[dict[str, Any]]:
    found = index.get("manifests")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found) or len(found) > 1000:
        raise Broken("an index names no manifests")
    return found


def _blob(members: Members, descriptor: dict[str, Any], limits: ImageLimits) -> tuple[bytes, str]:
    """The content that a descriptor names, and what is wrong with it."""
    data = members.document(_member(descriptor), limits)
    if hashlib.sha256(data).hexdigest() != _hex(descriptor):
        return data, "is not the one that its digest tells"
    if _size(descriptor) not in (None, len(data)):
        return data, "has another size than its descriptor tells"
    return data, ""


def _member(descriptor: dict[str, Any]) -> str:
    return f"blobs/sha256/{_hex(descriptor)}"


def _hex(descriptor: dict[str, Any]) -> str:
    found = _DIGEST.fullmatch(str(descriptor.get("digest", "")))
    if not found:
        raise Broken(f"a descriptor has no SHA-256 digest: {str(descriptor.get('digest'))[:80]!r}")
    return found[1]


def _size(descriptor: dict[str, Any]) -> int | None:
    size = descriptor.get("size")
    return size if isinstance(size, int) else None


def _json(data: bytes, what: str) -> Any:
    if data.count(b"[") + data.count(b"{") > _MOST_PARTS:
        raise TooMuch(f"{what} has more than {_MOST_PARTS} parts")
    try:
        msgspec.json.decode(data)  # strict in what Python's own is not: halves of characters, NaN
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError:
        raise TooMuch(f"{what} is nested deeper than any image's") from None
    except ValueError as error:
        raise Broken(f"{what} is no JSON: {str(error)[:200]}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member occurs twice")
    return found


def _object(data: bytes, what: str, shape: Shape) -> dict[str, Any]:
    document = _json(data, what)
    if not isinstance(document, dict):
        raise Broken(f"{what} is no JSON object")
    refuse_other_spellings(document, shape, what)
    return document


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise Broken(f"there is no {what}")
    return value


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _list(value: object, what: str, most: int) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Broken(f"{what} of manifest.json are no list of names")
    _count(value, most)
    return value


def _count(found: Iterable[object], most: int) -> None:
    count = sum(1 for _ in found)
    if count > most:
        raise TooMuch(f"it has {count} layers, more than {most}")
