"""Reads single members of a ZIP archive that lies in memory, within limits.

Python's own reader makes an object for each entry, of which a hostile archive has millions. Here only those that are
asked for cost anything. Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MOST_ENTRIES = 300_000
LONGEST_NAME = 500

_END = struct.Struct("<4s4H2IH")
"""Magic, disks, entries here and in all, size and place of the directory, length of the comment."""
_END_64 = struct.Struct("<4sQ2H2I4Q")
_PLACE_64 = struct.Struct("<4sIQI")
_ENTRY = struct.Struct("<4s4x2H8x2I3H8xI")
"""Magic, flags, method, bytes packed and unpacked, lengths of name, extra and comment, place. What is passed over are
versions, times, the checksum, disks and attributes."""
_LOCAL = struct.Struct("<4s22x2H")
"""Magic, lengths of name and extra."""
_LONGEST_COMMENT = 65_535
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1
_IN_64 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of an archive."""

    name: str
    flags: int
    method: int
    packed: int
    """Bytes that it has in the archive."""
    at: int
    """Where it begins in the archive."""


class Archive:
    """An archive in memory. Raises `ValueError` where it is none, here and from every method."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        tail = bytes(self._data[-(_END.size + _LONGEST_COMMENT) :])
        within = tail.rfind(b"PK\5\6")
        if within < 0 or within + _END.size > len(tail):
            raise ValueError("it is no ZIP archive, or not all of one")
        end = len(self._data) - len(tail) + within
        _, _, _, _, _, size, place, _ = _END.unpack_from(self._data, end)
        size, place, end = self._end_64(size, place, end)
        if size + place > end:
            raise ValueError("the directory of the archive is not where it should be")
        self._directory = end - size
        self._size = size
        self._shift = self._directory - place
        """Bytes before the archive: a program, by which it unpacks or starts itself."""

    def _end_64(self, size: int, place: int, end: int) -> tuple[int, int, int]:
        """Size and place of the directory, and where it ends at the latest; from further records where it is large."""
        before = end - _PLACE_64.size
        if before < _END_64.size:
            return size, place, end
        magic, _, at, _ = _PLACE_64.unpack_from(self._data, before)
        # Where something stands before the archive, the place is wrong, and the record stands right before.
        for start in (at, before - _END_64.size):
            if magic == b"PK\6\7" and start + _END_64.size <= before:
                found, *_, size_64, place_64 = _END_64.unpack_from(self._data, start)
                if found == b"PK\6\6":
                    return size_64, place_64, start
        return size, place, end

    def members(self, wanted: re.Pattern[bytes]) -> Iterator[Member]:
        """Yield the entries of the directory whose names are of a pattern."""
        at, end = self._directory, self._directory + self._size
        count = 0
        while at < end:
            count += 1
            if count > MOST_ENTRIES:
                raise ValueError(f"the archive has more than {MOST_ENTRIES} entries")
            if at + _ENTRY.size > end:
                raise ValueError("the directory of the archive ends too soon")
            magic, flags, method, packed, full, name, extra, comment, place = _ENTRY.unpack_from(self._data, at)
            start = at + _ENTRY.size
            at = start + name + extra + comment
            if magic != b"PK\1\2" or at > end:
                raise ValueError("the directory of the archive is damaged")
            if not wanted.fullmatch(self._data, start, start + name):
                continue
            if _IN_64 in (packed, full, place) or name > LONGEST_NAME:
                raise ValueError("an entry of the archive is too large, or has a name that is too long")
            text = bytes(self._data[start : start + name]).decode("utf-8", errors="replace")
            yield Member(text, flags, method, packed, place + self._shift)

    def read(self, member: Member, most: int) -> bytes:
        """Return at most so many bytes of what an entry holds; that there is more, its caller sees by one too many."""
        if member.flags & _ENCRYPTED:
            raise ValueError("it is encrypted")
        if not 0 <= member.at <= len(self._data) - _LOCAL.size:
            raise ValueError("it is not where it should be")
        magic, name, extra = _LOCAL.unpack_from(self._data, member.at)
        start = member.at + _LOCAL.size + name + extra
        packed = self._data[start : start + member.packed]
        if magic != b"PK\3\4" or len(packed) < member.packed:
            raise ValueError("it is not where it should be")
        if member.method == _STORED:
            return bytes(packed[:most])
        if member.method != _DEFLATED:
            raise ValueError(f"it is packed in a way that is not known ({member.method})")
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
        except zlib.error:
            raise ValueError("it is damaged") from None
