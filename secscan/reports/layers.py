"""Findings of an image by the layer that brought them, and what comes from its base."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from secscan.findings.levels import Action
from secscan.findings.model import ImageInfo, Layer
from secscan.reports.present import Judged, Presentation, counted


@dataclass(frozen=True)
class LayerRow:
    """One layer, as a person reads it."""

    index: int
    digest: str
    """The beginning."""
    origin: str
    command: str
    packages: int
    counts: dict[Action, int]
    """Findings by what the policy says of them."""
    found: tuple[Judged, ...]


def layer_rows(view: Presentation) -> tuple[LayerRow, ...]:
    """Return the layers of an image from the lowest; none for every other target."""
    image = view.scan.target.image
    if image is None:
        return ()
    brought: defaultdict[int, list[Judged]] = defaultdict(list)
    for one in view.judged:
        if one.finding.layer:
            brought[one.finding.layer.index].append(one)
    rows = []
    for layer, packages in zip(image.layers, image.packages, strict=False):
        found = tuple(brought[layer.index])
        counts = {action: sum(one.decision.action is action for one in found) for action in Action}
        rows.append(LayerRow(layer.index, short(layer), origin(layer), layer.command, packages, counts, found))
    return tuple(rows)


def short(layer: Layer) -> str:
    """The beginning of a layer's digest."""
    return layer.digest.partition(":")[2][:12]


def origin(layer: Layer) -> str:
    """Whether a layer comes from the base, and who says so; empty where nobody does."""
    if layer.base is not None:
        return "base" if layer.base else "own"
    if layer.told_base is not None:
        return "base, its history says" if layer.told_base else "own, its history says"
    return ""


def layer_words(layer: Layer | None) -> str:
    """A finding's layer in a few words; empty where it has none."""
    return f"layer {layer.index} ({', '.join(filter(None, (short(layer), origin(layer))))})" if layer else ""


def base_sentences(view: Presentation) -> tuple[str, ...]:
    """What the base brings, what the image brings itself, and what a rebuild would change."""
    image = view.scan.target.image
    if image is None or not image.layers:
        return ()
    return tuple(text for text in (_shares(view, image), _rebuild(view, image)) if text)


def _shares(view: Presentation, image: ImageInfo) -> str:
    layers = [one.finding.layer for one in view.judged if one.finding.layer]
    known = [layer for layer in image.layers if layer.base is not None]
    if known:
        base = sum(bool(layer.base) for layer in layers)
        return f"the base brings {counted(base, 'finding')}, the image itself {len(layers) - base}"
    told = sum(bool(layer.told_base) for layer in layers)
    if any(layer.told_base is not None for layer in image.layers):
        return (
            f"its history looks as if the base brought {counted(told, 'finding')} and the image {len(layers) - told}; "
            "--base-image IMAGE proves it"
        )
    return "which of these are the base's is not known: give --base-image IMAGE" if len(image.layers) > 1 else ""


def _rebuild(view: Presentation, image: ImageInfo) -> str:
    found = image.rebuild
    if found is None:
        return ""
    cleared = set(found.cleared)
    blocking = sum(one.decision.action is Action.BLOCK and one.finding.fingerprint in cleared for one in view.judged)
    unsure = f"; not sure: {found.unsure}" if found.unsure else ""
    return (
        f"a rebuild on {found.base} clears {counted(len(cleared), 'finding')} of the base ({blocking} that block), "
        f"keeps {found.kept} and brings {found.brought} others{unsure}"
    )
