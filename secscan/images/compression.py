"""Layers as streams: gzip, zstd or plain, counted while they are read, within limits."""

from __future__ import annotations

import gzip
import hashlib
import queue
import sys
import threading
import zlib
from typing import IO, Any, BinaryIO, cast

from secscan.images.limits import Broken, ImageLimits, TooMuch

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK = 1 << 18
_AHEAD = 4
"""Pieces that may wait to be hashed."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
"""Compressions that are not read, by their first bytes."""
ERRORS = (OSError, EOFError, zlib.error, zstd.ZstdError)
"""What a broken compression raises."""


class _Hash:
    """SHA-256 in a thread of its own: it takes as long as all other reading, and needs no lock of the interpreter."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._waiting: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (data := self._waiting.get()) is not None:
            self._digest.update(data)

    def update(self, data: bytes) -> None:
        """Take more."""
        self._waiting.put(data)

    def end(self) -> str:
        """Return the digest of all, hexadecimal."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()
        return self._digest.hexdigest()


class Counted:
    """Part of a file as a stream of its own, which counts what was read of it, and hashes it where that is wanted."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Read `size` bytes of `file`, from where it stands."""
        self._file = file
        self._left = size
        self.count = 0
        self._hash: _Hash | None = None

    def hashed(self) -> None:
        """Hash all that is read from here on."""
        self._hash = _Hash()

    def not_hashed(self) -> None:
        """Do not hash any more: what was, is forgotten."""
        self.end()
        self._hash = None

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes."""
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self.count += len(data)
        if self._hash is not None and data:
            self._hash.update(data)
        return data

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_CHUNK):
            pass

    def end(self) -> str:
        """Return the SHA-256 of what was hashed, hexadecimal; empty for nothing."""
        return self._hash.end() if self._hash is not None else ""


class Expanded:
    """A layer when it is no longer compressed: a stream for `tar.Archive`, within limits."""

    def __init__(self, blob: Counted, limits: ImageLimits, allowed: int) -> None:
        """`allowed`: bytes that it may have. Raises `Broken` for a compression that is not known."""
        self._blob, self._limits, self._allowed = blob, limits, allowed
        self.count = 0
        self._buffer, self._at = b"", 0
        self._stream, self.is_plain = _opened(blob, limits)
        """Whether its bytes are those of the blob."""
        self._hash = _Hash()

    def read(self, size: int) -> bytes:
        """Return the next bytes, as many as were asked for but at the end. Raises `Broken` and `TooMuch`."""
        data = self._buffer[self._at : self._at + size]
        self._at += len(data)
        if len(data) == size or not self._fill():
            return data
        return data + self.read(size - len(data))

    def skip(self, size: int) -> int:
        """Pass over bytes; nothing is kept of them. Returns how many there were."""
        left = size
        while True:
            there = min(left, len(self._buffer) - self._at)
            self._at += there
            left -= there
            if not left or not self._fill():
                return size - left

    def drain(self) -> str:
        """Read what is left, and return the SHA-256 of all of it, hexadecimal: the layer's diff id."""
        while self._fill():
            pass
        return self._hash.end()

    def end(self) -> None:
        """Stop, wherever it stands."""
        self._hash.end()

    def _fill(self) -> bool:
        """Take the next piece; whether there was one."""
        try:
            piece = cast("bytes", self._stream.read(_CHUNK))
        except MemoryError:
            raise TooMuch("its compression asks for more memory than there is") from None
        except ERRORS as error:
            raise Broken(f"it cannot be expanded: {error}") from error
        self._buffer, self._at = piece, 0
        self.count += len(piece)
        if self.count > self._allowed:
            raise TooMuch(f"it expands to more than the {self._limits.expanded} bytes that all layers may have")
        if self.count > self._limits.ratio_from and self.count > self._limits.ratio * max(self._blob.count, 1):
            raise TooMuch(f"it expands to more than {self._limits.ratio} times its size")
        if piece:
            self._hash.update(piece)
        return bool(piece)


def _opened(blob: Counted, limits: ImageLimits) -> tuple[IO[bytes] | Any, bool]:
    """The expanded bytes, and whether they are those of the blob itself."""
    start = blob.read(6)
    source = _Rest(start, blob)
    if start.startswith(GZIP):
        return gzip.GzipFile(fileobj=cast("BinaryIO", source), mode="rb"), False
    if start.startswith(ZSTD):
        return zstd_file(cast("BinaryIO", source), limits), False
    for magic, name in OTHERS.items():
        if start.startswith(magic):
            raise Broken(f"it is compressed by {name}, which is not read")
    return source, True


def zstd_file(file: BinaryIO, limits: ImageLimits) -> BinaryIO:
    """Return what a file holds that is compressed by zstd, as a file."""
    opened: Any = zstd.ZstdFile(file, options={int(zstd.DecompressionParameter.window_log_max): limits.window})
    return cast("BinaryIO", opened)


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
