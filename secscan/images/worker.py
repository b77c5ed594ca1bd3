"""The child process that reads an image: `python -I -m secscan.images.worker KIND PLACE NAME`.

The answer is one JSON object on standard output, an `images.reading.ImageReading`: it holds no content of any file.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from secscan.images.read import Keys, encoded, read_image
from secscan.secrets.keys import KEY_VARIABLE, VALUES_KEY_VARIABLE


def main(arguments: list[str]) -> int:
    """Read, answer, and return the exit code."""
    kind, place, name = arguments
    keys = Keys(*(os.environ.pop(variable, "").encode() for variable in (KEY_VARIABLE, VALUES_KEY_VARIABLE)))
    sys.stdout.buffer.write(encoded(read_image(kind, Path(place), name, keys=keys)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
