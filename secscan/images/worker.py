"""The child process that reads an image: `python -I -m secscan.images.worker WHAT KIND PLACE NAME`.

The answer is one JSON object on standard output, an `images.reading.ImageReading`: it holds no content of any file.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from secscan.images.read import encoded, read_image
from secscan.images.reading import PACKAGES_ONLY, Keys
from secscan.process import PROGRESS
from secscan.secrets.keys import KEY_VARIABLE, VALUES_KEY_VARIABLE

_EVERY_SECONDS = 0.2


def main(arguments: list[str]) -> int:
    """Read, answer, and return the exit code."""
    what, kind, place, name = arguments
    key, values_key = (os.environ.pop(variable, "").encode() for variable in (KEY_VARIABLE, VALUES_KEY_VARIABLE))
    keys = None if what == PACKAGES_ONLY else Keys(key, values_key)
    sys.stdout.buffer.write(encoded(read_image(kind, Path(place), name, keys=keys, told=_Told())))
    return 0


class _Told:
    """Tells whoever waits how many bytes have been read, in the file of the working directory that is read for it."""

    def __init__(self) -> None:
        self._file = os.open(PROGRESS, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._next = 0.0

    def __call__(self, count: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_SECONDS
            os.pwrite(self._file, f"{count:>20}".encode(), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
