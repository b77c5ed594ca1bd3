"""Which layers of an image come from its base: those that the base, which somebody gives us, has itself."""

from __future__ import annotations

import msgspec

from secscan.errors import TargetError
from secscan.images.reading import ImageReading


def with_base(reading: ImageReading, base: ImageReading, name: str) -> ImageReading:
    """Return an image that knows its base. `name` is how errors call that.

    Raises `TargetError` where the lowest layers of the image are not those of the base: it was built upon another.
    """
    below = [layer.digest for layer in base.layers]
    if not below:
        why = next((one.detail for one in base.gaps), "it has no layers")
        raise TargetError(f"the base image {name} cannot be compared with: {why}", hint="give another --base-image")
    if [layer.digest for layer in reading.layers[: len(below)]] != below:
        raise TargetError(
            f"{reading.name} was not built upon {name}: its lowest layers are others",
            hint="give the very image that FROM named then, by its digest",
        )
    layers = tuple(msgspec.structs.replace(one, base=one.index < len(below)) for one in reading.layers)
    return msgspec.structs.replace(reading, layers=layers)
