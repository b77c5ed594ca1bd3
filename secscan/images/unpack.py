"""An OCI archive as the folder that it was made of, for tools that read only that. Layers stay compressed."""

from __future__ import annotations

import re
from pathlib import Path

from secscan.images.limits import Broken, ImageLimits, TooMuch
from secscan.images.members import Tar

_PARTS = re.compile(r"oci-layout|index\.json|blobs/sha256/[0-9a-f]{64}")
"""Whatever else an archive holds is no part of an image, and its name leads nowhere."""
_CHUNK = 1 << 20
MOST_BYTES = 16_000_000_000


def unpack(archive: Path, folder: Path, *, most: int = MOST_BYTES) -> None:
    """Write the parts of an image in an OCI archive into a new folder. Raises `Broken` and `TooMuch`, and `OSError`."""
    (folder / "blobs" / "sha256").mkdir(parents=True)
    left = most
    with archive.open("rb") as file:
        members = Tar(file, ImageLimits())
        if members.twice:
            raise Broken(f"{min(members.twice)[:200]} stands in the archive twice")
        for name in filter(_PARTS.fullmatch, members):
            with members.open(name) as blob, (folder / name).open("xb") as out:
                while data := blob.read(_CHUNK):
                    left -= len(data)
                    if left < 0:
                        raise TooMuch(f"the parts of the image have more than {most} bytes")
                    out.write(data)
