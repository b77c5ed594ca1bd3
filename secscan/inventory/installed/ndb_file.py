"""Reads the packages of rpm's own kind of database, ndb (`Packages.db`), which SUSE uses, from bytes.

It has pages of slots at its beginning; each slot says in which blocks, of 16 bytes, a package lies, and each package
stands between a head and a tail. Source: rpm itself, `lib/backend/ndb/rpmpkg.c`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

_HEADER = struct.Struct("<4sIIII12x")
"""Magic, version, generation, pages of slots, the next package's number."""
_SLOT = struct.Struct("<4sIII")
"""Magic, number of the package, its first block, its blocks."""
_HEAD = struct.Struct("<4sIII")
"""Magic, number of the package, time, size."""
_TAIL = struct.Struct("<4xI4s")
"""Checksum, size, magic."""
_BLOCK, _PAGE = 16, 4096


def blobs(data: bytes, broken: Callable[[str], None]) -> Iterator[memoryview]:
    """Yield what is stored of each package. `broken` is told of each that is damaged.

    Raises `ValueError` where the file is no such database.
    """
    if len(data) < _HEADER.size:
        raise ValueError("it is no database of rpm")
    magic, version, _, pages, _ = _HEADER.unpack_from(data)
    if magic != b"RpmP" or version != 0 or not 0 < pages * _PAGE <= len(data):
        raise ValueError("it is no database of rpm, or of a version that is not known")
    view = memoryview(data)
    left = len(data)
    for at in range(_HEADER.size, pages * _PAGE, _SLOT.size):
        magic, number, first, _ = _SLOT.unpack_from(data, at)
        if magic != b"Slot":
            broken(f"byte {at} begins no slot")
        elif first:
            blob = _blob(view, number, first * _BLOCK)
            # Packages that lie in each other could multiply the work.
            left -= 0 if blob is None else len(blob)
            if left < 0:
                raise ValueError("its packages are larger than the file")
            if blob is None:
                broken(f"package {number} is not where its slot says")
            else:
                yield blob


def _blob(data: memoryview, number: int, at: int) -> memoryview | None:
    start = at + _HEAD.size
    if start > len(data):
        return None
    magic, named, _, size = _HEAD.unpack_from(data, at)
    end = start + size
    if magic != b"BlbS" or named != number or end + _TAIL.size > len(data):
        return None
    # The tail ends with the last block, and the gap before it is zeros.
    end_of_blocks = -(-(end + _TAIL.size) // _BLOCK) * _BLOCK
    if end_of_blocks > len(data) or _TAIL.unpack_from(data, end_of_blocks - _TAIL.size) != (size, b"BlbE"):
        return None
    return data[start:end]
