"""The child process that reads an image: `python -I -m secscan.images.worker WHAT KIND PLACE NAME`.

The answer is one JSON object on standard output, an `images.reading.ImageReading`: it holds no content of any file.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from secscan.images.read import encoded, read_image
from secscan.images.reading import PACKAGES_ONLY, Keys
from secscan.secrets.keys import KEY_VARIABLE, VALUES_KEY_VARIABLE


def main(arguments: list[str]) -> int:
    """Read, answer, and return the exit code."""
    what, kind, place, name = arguments
    key, values_key = (os.environ.pop(variable, "").encode() for variable in (KEY_VARIABLE, VALUES_KEY_VARIABLE))
    keys = None if what == PACKAGES_ONLY else Keys(key, values_key)
    sys.stdout.buffer.write(encoded(read_image(kind, Path(place), name, keys=keys)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
