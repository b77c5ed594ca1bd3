"""The file or folder that holds the parts of an image: blobs by their names, each read where it lies."""

from __future__ import annotations

import gzip
import io
import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from secscan.images.compression import ERRORS, GZIP, ZSTD, Counted, zstd_file
from secscan.images.limits import Broken, ImageLimits, TooMuch
from secscan.images.tar import Archive, Sort
from secscan.targets.content import NotRegularError, open_regular

_CHUNK = 1 << 20
_LINKS = 8
"""Links from one member to another that are followed: `docker save` writes a layer that occurs twice as one."""


class Members(Protocol):
    """What holds the parts of an image."""

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        ...

    @contextmanager
    def open(self, name: str) -> Iterator[Counted]:
        """Give a part as a stream. Raises `Broken` where it is missing or no regular file."""
        ...

    def document(self, name: str, limits: ImageLimits) -> bytes:
        """Return the whole of a small part. Raises `Broken` and `TooMuch`."""
        ...


class _Base:
    def document(self, name: str, limits: ImageLimits) -> bytes:
        """See `Members.document`."""
        with cast("Members", self).open(name) as blob:
            data = blob.read(limits.document + 1)
        if len(data) > limits.document:
            raise TooMuch(f"{name} has more than {limits.document} bytes")
        return data


class Folder(_Base):
    """An OCI layout in a folder. Nothing in it is followed out of it."""

    def __init__(self, root: Path) -> None:
        """Take the folder at `root`, whose own path was resolved."""
        self._root = root

    def has(self, name: str) -> bool:
        """See `Members.has`."""
        return (self._root / name).is_file()

    @contextmanager
    def open(self, name: str) -> Iterator[Counted]:
        """See `Members.open`."""
        path = self._root / name
        for above in path.parents:
            if above == self._root:
                break
            if above.is_symlink():
                raise Broken(f"{name} lies behind a symbolic link")
        try:
            descriptor = open_regular(path)
        except OSError as error:
            raise Broken(f"{name} cannot be opened: {error.strerror}") from error
        except NotRegularError:
            raise Broken(f"{name} is no regular file") from None
        with os.fdopen(descriptor, "rb") as file:
            yield Counted(file, os.fstat(descriptor).st_size)


@dataclass(frozen=True, slots=True)
class _Member:
    offset: int
    size: int
    sort: Sort
    link: str


class Tar(_Base):
    """An archive of `docker save`, skopeo or podman. Where it is compressed, going back means expanding it again."""

    def __init__(self, file: BinaryIO, limits: ImageLimits) -> None:
        """Read where each member lies. Raises `Broken` and `TooMuch`."""
        self._file = _seekable(file, limits)
        self._members: dict[str, _Member] = {}
        self.twice: set[str] = set()
        """Names that occur more than once: two programs may take two different ones."""
        stream = _Seeking(self._file, file, limits)
        for count, entry in enumerate(Archive(stream, limits).entries()):
            if count >= limits.members:
                raise TooMuch(f"the archive has more than {limits.members} members")
            name = entry.path.decode("utf-8", "surrogateescape")
            if entry.sort is Sort.FOLDER:
                continue
            if name in self._members:
                self.twice.add(name)
            link = entry.link.decode("utf-8", "surrogateescape")
            self._members[name] = _Member(stream.position, entry.size, entry.sort, link)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def has(self, name: str) -> bool:
        """See `Members.has`."""
        return name in self._members

    @contextmanager
    def open(self, name: str) -> Iterator[Counted]:
        """See `Members.open`."""
        if name in self.twice:
            raise Broken(f"{name} stands in the archive twice")
        member = self._members.get(name)
        for _ in range(_LINKS):
            if member is None or member.sort not in (Sort.LINK, Sort.HARD_LINK):
                break
            above = posixpath.dirname(name) if member.sort is Sort.LINK else ""
            name = posixpath.normpath(posixpath.join(above, member.link))
            member = self._members.get(name)
        if member is None or member.sort is not Sort.FILE:
            raise Broken(f"the archive has no file {name}")
        try:
            self._file.seek(member.offset)
        except ERRORS as error:
            raise Broken(f"the archive cannot be expanded: {error}") from error
        yield Counted(cast("BinaryIO", _Careful(self._file)), member.size)


class _Careful:
    """A file whose errors in its compression are `Broken`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except ERRORS as error:
            raise Broken(f"the archive cannot be expanded: {error}") from error


def _seekable(file: BinaryIO, limits: ImageLimits) -> BinaryIO:
    start = file.read(4)
    file.seek(0)
    if start.startswith(GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
    if start.startswith(ZSTD):
        return zstd_file(file, limits)
    return file


class _Seeking:
    """An archive as the stream that `tar.Archive` reads: a plain one is passed over without being read."""

    def __init__(self, file: BinaryIO, raw: BinaryIO, limits: ImageLimits) -> None:
        self._file, self._raw, self._limits = file, raw, limits
        self._careful = _Careful(file)
        self._size = os.fstat(raw.fileno()).st_size
        self.position = 0

    def read(self, size: int) -> bytes:
        data = self._careful.read(size)
        self._at(self.position + len(data))
        return data

    def skip(self, size: int) -> int:
        if self._file is not self._raw:
            return self._expand(size)
        done = max(0, min(size, self._size - self.position))
        self._raw.seek(done, io.SEEK_CUR)
        self._at(self.position + done)
        return done

    def _expand(self, size: int) -> int:
        left = size
        while left and (part := self.read(min(left, _CHUNK))):
            left -= len(part)
        return size - left

    def _at(self, position: int) -> None:
        self.position = position
        if position > self._limits.ratio_from and position > self._limits.ratio * self._raw.tell() + 1:
            raise TooMuch(f"the archive expands to more than {self._limits.ratio} times its size")
