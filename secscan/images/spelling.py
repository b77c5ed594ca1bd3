"""Names in documents that are written in another case: engines, whose reader of JSON does not mind it, take them.

Source: `Unmarshal` of https://pkg.go.dev/encoding/json: "preferring exact matches but also accepting case-insensitive
matches"; of two that match, the last one counts. Here a name has one spelling, so a document with `layers` and `Layers`
would show two readers two images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secscan.images.limits import Broken

Shape = Mapping[str, Any]
"""Names of an object, with the shapes of what they hold: of an object, or of each in a list."""
_PLAIN: Shape = {}
_DESCRIPTOR: Shape = {
    **dict.fromkeys(("mediaType", "digest", "size", "annotations"), _PLAIN),
    "platform": {"os": _PLAIN, "architecture": _PLAIN},
}
MANIFEST: Shape = dict.fromkeys(("config", "layers", "manifests"), _DESCRIPTOR)
"""Of a manifest, and of an index."""
ROW: Shape = dict.fromkeys(("Config", "RepoTags", "Layers"), _PLAIN)
"""Of one image in `manifest.json`."""
CONFIG: Shape = {
    **dict.fromkeys(("architecture", "os", "created"), _PLAIN),
    "config": {
        **dict.fromkeys(("User", "Env", "Labels", "ExposedPorts", "Volumes", "Entrypoint", "Cmd"), _PLAIN),
        "Healthcheck": {"Test": _PLAIN},
    },
    "rootfs": {"diff_ids": _PLAIN},
    "history": {"created_by": _PLAIN, "empty_layer": _PLAIN},
}


def refuse_other_spellings(value: object, shape: Shape, what: str) -> None:
    """Raise `Broken` where a name of a shape is written in another case."""
    if not shape:
        return  # names of labels, ports and volumes are anybody's
    if isinstance(value, list):
        for one in value:
            refuse_other_spellings(one, shape, what)
    elif isinstance(value, dict):
        folded = {name.casefold() for name in shape}
        for name, inner in value.items():
            if name in shape:
                refuse_other_spellings(inner, shape[name], what)
            elif name.casefold() in folded:
                raise Broken(f"{what} has a member {name[:40]!r}: programs do not agree on what that means")
