"""The tab about the layers of an image."""

from __future__ import annotations

from typing import Any

from secscan.reports.html.words import ACTIONS, brief, cut, query
from secscan.reports.layers import LayerRow, base_sentences, layer_rows
from secscan.reports.present import Presentation

_MOST_FOUND = 100
"""Findings of one layer that are listed."""


def build_layers(view: Presentation) -> dict[str, Any] | None:
    """Return the layers from the lowest; None for every target but an image."""
    rows = layer_rows(view)
    if not rows:
        return None
    shown = cut(rows)
    sentences = [text[:1].upper() + text[1:] + "." for text in base_sentences(view)]
    return {**shown, "rows": [_layer(one) for one in shown["rows"]], "sentences": sentences}


def _layer(row: LayerRow) -> dict[str, Any]:
    return {
        "index": row.index,
        "digest": row.digest,
        "origin": row.origin,
        "command": row.command,
        "packages": row.packages,
        "counts": [
            {"action": action.value, "text": f"{count} {ACTIONS[action]}"}
            for action, count in row.counts.items()
            if count
        ],
        "link": query(layer=str(row.index)),
        "found": cut([brief(one) for one in row.found], _MOST_FOUND),
    }
