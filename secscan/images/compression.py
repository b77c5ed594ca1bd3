"""Layers as streams: gzip, zstd or plain, counted while they are read, within limits."""

from __future__ import annotations

import gzip
import hashlib
import sys
import zlib
from typing import IO, Any, BinaryIO, cast

from secscan.images.limits import Broken, ImageLimits, TooMuch

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK = 1 << 18
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
"""Compressions that are not read, by their first bytes."""
_ERRORS = (OSError, EOFError, zlib.error, zstd.ZstdError)


class Counted:
    """Part of a file as a stream of its own, which counts and hashes what was read of it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Read `size` bytes of `file`, from where it stands."""
        self._file = file
        self._left = size
        self.count = 0
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes."""
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self.count += len(data)
        self.digest.update(data)
        return data

    def drain(self) -> str:
        """Read what is left, and return the SHA-256 of all of it, hexadecimal."""
        while self.read(_CHUNK):
            pass
        return self.digest.hexdigest()


class Expanded:
    """A layer when it is no longer compressed: a stream for `tar.Archive`, within limits."""

    def __init__(self, blob: Counted, limits: ImageLimits, allowed: int) -> None:
        """`allowed`: bytes that it may have. Raises `Broken` for a compression that is not known."""
        self._blob, self._limits, self._allowed = blob, limits, allowed
        self.count = 0
        self._digest = hashlib.sha256()
        self._stream = _opened(blob, limits)

    def read(self, size: int) -> bytes:
        """Return the next bytes, as many as were asked for but at the end. Raises `Broken` and `TooMuch`."""
        parts = []
        while size:
            part = self._some(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass over bytes; nothing is kept of them. Returns how many there were."""
        left = size
        while left and (part := self._some(min(left, _CHUNK))):
            left -= len(part)
        return size - left

    def drain(self) -> str:
        """Read what is left, and return the SHA-256 of all of it, hexadecimal: the layer's diff id."""
        while self._some(_CHUNK):
            pass
        return self._digest.hexdigest()

    def _some(self, size: int) -> bytes:
        try:
            part = cast("bytes", self._stream.read(size))
        except MemoryError:
            raise TooMuch("its compression asks for more memory than there is") from None
        except _ERRORS as error:
            raise Broken(f"it cannot be expanded: {error}") from error
        self.count += len(part)
        if self.count > self._allowed:
            raise TooMuch(f"it expands to more than the {self._limits.expanded} bytes that all layers may have")
        if self.count > self._limits.ratio_from and self.count > self._limits.ratio * max(self._blob.count, 1):
            raise TooMuch(f"it expands to more than {self._limits.ratio} times its size")
        self._digest.update(part)
        return part


def _opened(blob: Counted, limits: ImageLimits) -> IO[bytes] | Any:
    start = blob.read(6)
    source = _Rest(start, blob)
    if start.startswith(_GZIP):
        return gzip.GzipFile(fileobj=cast("BinaryIO", source), mode="rb")
    if start.startswith(_ZSTD):
        options = {int(zstd.DecompressionParameter.window_log_max): limits.window}
        return zstd.ZstdFile(cast("BinaryIO", source), options=options)
    for magic, name in OTHERS.items():
        if start.startswith(magic):
            raise Broken(f"it is compressed by {name}, which is not read")
    return source


class _Rest:
    """A stream of which the first bytes were looked at."""

    def __init__(self, start: bytes, blob: Counted) -> None:
        self._start, self._blob = start, blob

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes."""
        if not self._start:
            return self._blob.read(size)
        cut = len(self._start) if size < 0 else size
        data, self._start = self._start[:cut], self._start[cut:]
        return data

    def close(self) -> None:
        """Do nothing: the file belongs to somebody else."""
