"""Reads an image: finds its layers, lays each upon those below it, and tells what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap, Layer
from secscan.images.collector import Collector
from secscan.images.compression import Counted, Expanded
from secscan.images.config import describe
from secscan.images.control import found_again
from secscan.images.inventory import inventory_of
from secscan.images.layout import LayerBlob, find_image
from secscan.images.limits import Broken, ImageLimits, TooMuch, gap
from secscan.images.members import Folder, Members, Tar
from secscan.images.reading import NO_KEYS, ImageConfig, ImageReading, Keys, layer_name
from secscan.images.rootfs import entries_of
from secscan.images.tar import Archive


def read_image(
    kind: str,
    place: Path,
    name: str = "",
    *,
    keys: Keys | None = NO_KEYS,
    told: Callable[[int], None] = lambda count: None,  # noqa: ARG005 - nobody waits
) -> ImageReading:
    """Read the image of a kind (see `images.reference`) at a place. What cannot be read is a gap, never an error.

    Without `keys` only what is installed is read: no secrets, no modes, nothing of the configuration. `told` is given
    the bytes that have been read so far.
    """
    return _Reader(Collector(_LIMITS, keys, told), keys).read(kind, place, name)


_LIMITS = ImageLimits()


@dataclass
class _Reader:
    collector: Collector
    keys: Keys | None

    def read(self, kind: str, place: Path, name: str) -> ImageReading:
        gaps = self.collector.gaps
        if kind == "rootfs":
            return self._tree(place)
        try:
            if kind == "oci":
                return self._image(Folder(place), place, name)
            with place.open("rb") as file:
                return self._image(Tar(file, _LIMITS), place, name)
        except (Broken, TooMuch) as error:
            gaps.append(gap(_kind(error), place.name, f"the image cannot be read: {error}"))
        except OSError as error:
            gaps.append(gap(GapKind.UNREADABLE, place.name, f"the image cannot be read: {error.strerror}"))
        return self._reading(place.name, "", (), None)

    def _tree(self, place: Path) -> ImageReading:
        digest = hashlib.sha256()
        try:
            for entry, chunks in entries_of(place, self.collector.gaps, digest):
                self.collector.take(entry, chunks, 0)
        except TooMuch as error:
            self.collector.gaps.append(gap(GapKind.TOO_LARGE, place.name, f"read in part only: {error}"))
        layer = Layer(index=0, digest=f"sha256:{digest.hexdigest()}")
        return self._reading(place.name, digest.hexdigest(), (layer,), None)

    def _image(self, members: Members, place: Path, name: str) -> ImageReading:
        image = find_image(members, name, _LIMITS)
        digests = [one.digest for one in image.layers]
        described = describe(image.config, digests, self.keys)
        called = image.name or place.name
        self.collector.gaps += [
            gap(GapKind.BROKEN_MANIFEST, called, doubt, remedy="build the image anew")
            for doubt in (*image.doubts, *described.doubts)
        ]
        self.collector.secrets += described.secrets
        for index, blob in enumerate(image.layers):
            told = described.diff_ids[index] if index < len(described.diff_ids) else ""
            if index and blob == image.layers[index - 1] and told in described.diff_ids[index - 1 : index]:
                continue  # laid twice in a row, it changes nothing; a hostile image can name a large one many times
            self.collector.gaps += _lay(members, blob, described.layers[index], told, self.collector)
        return self._reading(called, image.digest, described.layers, described.config)

    def _reading(self, name: str, digest: str, layers: tuple[Layer, ...], config: ImageConfig | None) -> ImageReading:
        collector = self.collector
        found = inventory_of(collector.tree)
        gaps = {(one.subject, one.kind, one.detail): one for one in (*collector.gaps, *found.gaps)}
        return ImageReading(
            name=name[:300],
            digest=digest,
            layers=layers,
            config=config,
            distribution=found.distribution,
            packages=found.packages,
            facts=tuple(fact for _, _, item in collector.tree.items() for fact in item.facts),
            secrets=tuple(collector.secrets),
            gaps=tuple(one for _, one in sorted(gaps.items())),
            out_of_scope=(*collector.out_of_scope, *found.out_of_scope),
            entries=collector.entries,
            size=collector.size,
            control=found_again(self.keys),
        )


def _lay(members: Members, blob: LayerBlob, layer: Layer, diff_id: str, collector: Collector) -> Iterator[Gap]:
    """Lay one layer, and yield what is wrong with it. `diff_id`: what the configuration tells of it, see there."""
    subject = layer_name(layer)
    if blob.unreadable:
        yield gap(GapKind.UNREADABLE, subject, blob.unreadable)
        return
    try:
        with members.open(blob.member) as compressed:
            compressed.hashed()
            yield from _entries(compressed, blob, layer, diff_id, collector)
    except (Broken, TooMuch) as error:
        yield gap(_kind(error), subject, f"read in part only: {error}", remedy="build the image anew")


def _entries(compressed: Counted, blob: LayerBlob, layer: Layer, diff_id: str, collector: Collector) -> Iterator[Gap]:
    """Take the entries of a layer, and hold it against what was told of it."""
    subject = layer_name(layer)
    expanded = Expanded(compressed, _LIMITS, _LIMITS.expanded - collector.size)
    try:
        if expanded.is_plain:
            compressed.not_hashed()  # it would be the same digest
        archive = Archive(expanded, _LIMITS)
        for entry in archive.entries():
            collector.take(entry, archive.chunks(), layer.index)
        found = expanded.drain()
        if diff_id and found != diff_id:
            yield gap(GapKind.PARTIAL, subject, "it is not the layer that the configuration tells of")
        compressed.drain()
        if blob.digest and blob.digest != (found if expanded.is_plain else compressed.end()):
            yield gap(GapKind.PARTIAL, subject, "it is not what its digest tells")
        elif blob.size is not None and blob.size != compressed.count:
            yield gap(GapKind.PARTIAL, subject, "it has another size than its descriptor tells")
    finally:
        expanded.end()
        compressed.end()


def _kind(error: Exception) -> GapKind:
    return GapKind.TOO_LARGE if isinstance(error, TooMuch) else GapKind.PARTIAL


def encoded(reading: ImageReading) -> bytes:
    """The reading as JSON, for the parent process."""
    return msgspec.json.encode(reading)
