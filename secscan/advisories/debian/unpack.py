"""Unpacks what an archive of Debian holds, in memory and within limits: streams, and one file of a package.

Files are taken only with the digest that the signed index names; the limits hold for an index that is not to be
trusted, too. Formats: `deb(5)`, `ar(5)`, `tar(5)`.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Protocol

from secscan.errors import AdvisoryError

_CHUNK = 1 << 16
_MEMORY = 200_000_000
"""Most memory that an xz stream may ask for; `xz -9` asks for 65 MB."""
_BLOCK = 512
_OCTAL = re.compile(rb"[0-7]{1,11}[ \0]*")
_HEADER = re.compile(rb"(.{16}).{32}([0-9]{1,10}) *`\n", re.DOTALL)
_HEADER_BYTES = 60
_MEMBERS = 200_000


class _Unpacker(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of a stream was reached."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most so many bytes of what `data`, and what was left, unpacks to."""


class _Gzip:
    """`zlib`'s decompressor, which keeps what is left over elsewhere, in the shape of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_UNPACKERS: dict[str, Callable[[], _Unpacker]] = {
    ".xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY),
    ".gz": _Gzip,
    ".bz2": bz2.BZ2Decompressor,
}
_BROKEN = (lzma.LZMAError, zlib.error, OSError, EOFError)


def unpacked(stream: IO[bytes], *, name: str, most: int) -> Iterator[bytes]:
    """Yield what a packed stream holds, in chunks; `name` tells how it is packed. Raises `AdvisoryError` for what is
    damaged, not whole, or unpacks to more than `most` bytes."""
    make = next((make for suffix, make in _UNPACKERS.items() if name.endswith(suffix)), None)
    if make is None:
        raise AdvisoryError(f"{name}: it is packed in a way that is not known", hint="is it an archive of Debian?")
    unpacker, total = make(), 0
    try:
        while not unpacker.eof:
            data = stream.read(_CHUNK)
            chunk = unpacker.decompress(data, _CHUNK)
            if not data and not chunk and not unpacker.eof:
                raise AdvisoryError(f"{name} is not whole", hint="get it again")
            while chunk:
                total += len(chunk)
                if total > most:
                    raise AdvisoryError(f"{name} unpacks to more than {most} bytes", hint="is the mirror right?")
                yield chunk
                chunk = _rest(unpacker)
    except _BROKEN as error:
        raise AdvisoryError(f"{name} is damaged: {error}", hint="get it again") from error


def _rest(unpacker: _Unpacker) -> bytes:
    """More of what was given to it before."""
    return b"" if unpacker.eof else unpacker.decompress(b"", _CHUNK)


def lines_of(chunks: Iterator[bytes], *, longest: int) -> Iterator[str]:
    """Yield lines of text, without their ends. Raises `AdvisoryError` for one that is longer than `longest`."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > longest:
            raise AdvisoryError("a line of it has no end", hint="is the mirror right?")
        yield from (line.decode("utf-8", errors="replace") for line in whole)
    if rest:
        yield rest.decode("utf-8", errors="replace")


def file_of_package(package: IO[bytes], wanted: re.Pattern[str], *, most: int) -> bytes | None:
    """Return the first plain file of a `.deb` whose name matches; None where there is none.

    At most `most` bytes of the package are unpacked to find it. Raises `AdvisoryError` for what is no such package.
    """
    if package.read(8) != b"!<arch>\n":
        raise AdvisoryError("it is no package of Debian", hint="get it again")
    for _ in range(20):  # a package has three members
        header = package.read(_HEADER_BYTES)
        found = _HEADER.fullmatch(header)
        if not found:
            if header:
                raise AdvisoryError("it is no package of Debian", hint="get it again")
            return None
        name = found[1].decode("ascii", errors="replace").strip().rstrip("/")
        if name.startswith("data.tar"):
            return _member(_Stream(unpacked(package, name=name, most=most)), wanted)
        package.seek(int(found[2]) + int(found[2]) % 2, io.SEEK_CUR)
    return None


def _member(stream: _Stream, wanted: re.Pattern[str]) -> bytes | None:
    """Return the first plain file of a tar stream whose name matches."""
    for _ in range(_MEMBERS):
        header = stream.take(_BLOCK)
        if len(header) < _BLOCK or not header.strip(b"\0"):
            return None
        size = header[124:136]
        if header[257:262] != b"ustar" or not _OCTAL.fullmatch(size):
            raise AdvisoryError("it holds no tar file", hint="get it again")
        length = int(size.rstrip(b" \0"), 8)
        name = header[:100].split(b"\0")[0].decode("utf-8", errors="replace")
        # Longer names come in blocks of their own, of other types; what is looked for has a short one.
        if header[156:157] in (b"0", b"\0") and wanted.fullmatch(name):
            return stream.take(length)
        stream.skip(length + -length % _BLOCK)
    return None


class _Stream:
    """Chunks, read as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._have = b""

    def take(self, count: int) -> bytes:
        """Return so many bytes, or fewer at the end."""
        parts, total = [self._have], len(self._have)
        while total < count and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            total += len(chunk)
        data = b"".join(parts)
        self._have = data[count:]
        return data[:count]

    def skip(self, count: int) -> None:
        """Pass over so many bytes; fewer at the end."""
        while count > len(self._have):
            count -= len(self._have)
            self._have = next(self._chunks, b"")
            if not self._have:
                return
        self._have = self._have[count:]
