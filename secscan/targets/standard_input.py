"""What comes on standard input, as one file: the output of another program, a patch, a log."""

from __future__ import annotations

import sys
from pathlib import Path

from secscan.errors import TargetError
from secscan.targets.listing import Listing
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.scope import Scope, Wishes
from secscan.targets.walk import Found, Sort

NAME = "stdin"
"""The name of the file."""
_MOST_BYTES = 200_000_000


def open_standard_input(folder: Path) -> OpenedTarget:
    """Open standard input, read to its end and kept in `folder`. Raises `TargetError` where there is nothing."""
    data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise TargetError(f"standard input has more than {_MOST_BYTES} bytes", hint="write it to files and scan those")
    if not data:
        # An empty pipe is a command before it that failed more often than one that had nothing to say.
        raise TargetError("nothing came on standard input", hint="check the command before the pipe")
    (folder / NAME).write_bytes(data)
    listing = Listing(folder, Scope(folder, Wishes()))
    listing.add([Found(NAME.encode(), Sort.FILE)])
    return freeze(listing, kind="stdin", name=NAME, origin=folder)
