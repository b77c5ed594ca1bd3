"""The build information in Go programs: the toolchain, whose standard library is in it, and the modules.

Format: https://pkg.go.dev/debug/buildinfo, and the source of `cmd/link`. It begins with a magic text, at an address
that 16 divides. Since Go 1.18 two texts follow it, each with its length before it; older toolchains left pointers.
"""

from __future__ import annotations

import itertools
import re

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Inventory, broken, gap, joined, not_released
from secscan.inventory.go_files import GO
from secscan.inventory.installed.found import Found

_MAGIC = b"\xff Go buildinf:"
_ALIGNED = 16
_TEXTS_AT = 32
_IN_LINE = 2
_FLAGS = range(4)
_POINTER_SIZES = (4, 8)
_LONGEST_VERSION = 300
_MOST_BYTES = 512_000
"""Of all texts in one program. A program of a thousand modules says 150,000."""
_MOST_PARTS = 50
"""Build information in one program: it can be of several kinds of machine, or hold other programs."""
_BATCH = 65_536
_MARK = 16
"""Bytes before and after the text about modules, which mark it."""
_RELEASE = re.compile(r"go(?P<version>\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?)(?:[-+\s].*)?")
_NO_RELEASE = ("", "(devel)")


class _More(Exception):
    """What begins here does not end yet: how many bytes from the magic text on are needed to read on."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class GoProgram:
    """Watches a program for build information as it streams by."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._parts: list[Inventory] = []
        self._buffer = bytearray()
        self._offset = 0
        """Where in the program the buffer begins."""
        self._wanted = 0
        """How long the buffer must be before it is worth a look."""
        self._left = _MOST_BYTES

    def feed(self, chunk: bytes) -> None:
        """Take the next part of the program."""
        self._buffer += chunk
        if len(self._buffer) >= self._wanted:
            self._look()

    def finish(self) -> Inventory:
        """Return the modules, or why they cannot be read."""
        self._look(last=True)
        return joined(self._parts)

    def _look(self, *, last: bool = False) -> None:
        at = 0
        while len(self._parts) <= _MOST_PARTS and (start := self._buffer.find(_MAGIC, at)) >= 0:
            at = start + 1
            if (self._offset + start) % _ALIGNED:
                continue
            try:
                at = start + self._read(start)
            except _More as more:
                if not last:
                    self._drop(start)
                    self._wanted = max(more.size, _BATCH)
                    return
                self._parts.append(broken(self._path, "its build information does not end"))
            except ValueError as error:
                self._parts.append(broken(self._path, str(error)))
        self._drop(max(at, len(self._buffer) - len(_MAGIC) + 1))
        self._wanted = _BATCH

    def _drop(self, count: int) -> None:
        count = min(count, len(self._buffer))
        del self._buffer[:count]
        self._offset += count

    def _read(self, start: int) -> int:
        """Read what begins at a magic text, and return its length. Another text can begin so by chance: what no
        toolchain writes is passed over."""
        size, flags = self._take(start, len(_MAGIC), 2)
        if size not in _POINTER_SIZES or flags not in _FLAGS:
            return len(_MAGIC)
        if not flags & _IN_LINE:
            self._parts.append(_too_old(self._path))
            return _TEXTS_AT
        version, at = self._text(start, _TEXTS_AT, _LONGEST_VERSION)
        modules, at = self._text(start, at, self._left)
        self._left -= len(modules)
        if len(self._parts) == _MOST_PARTS:
            raise ValueError("it has too much build information")
        self._parts.append(_modules(self._path, version.decode("utf-8", errors="replace"), modules))
        return at

    def _text(self, start: int, at: int, most: int) -> tuple[bytes, int]:
        """Return a text with its length before it, and where it ends."""
        length = shift = 0
        while True:
            byte = self._take(start, at, 1)[0]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift > 63:
                raise ValueError("its build information has a length that cannot be")
        if length > most:
            raise ValueError(f"its build information is larger than {_MOST_BYTES} bytes, or it has too much of it")
        return self._take(start, at, length), at + length

    def _take(self, start: int, at: int, size: int) -> bytes:
        if start + at + size > len(self._buffer):
            raise _More(at + size)
        return bytes(self._buffer[start + at : start + at + size])


def _too_old(path: str) -> Inventory:
    why = "a Go program of a toolchain before 1.18, which is too old to read: its modules are not known"
    return Inventory(gaps=(gap(GapKind.UNSUPPORTED_MANIFEST, path, why, remedy="build it with a newer Go"),))


def _modules(path: str, version: str, modules: bytes) -> Inventory:
    found = Found(path, GO)
    parts = []
    release = _RELEASE.fullmatch(version)
    if release:
        found.add("stdlib", release["version"])
    else:
        parts.append(not_released(path, f"stdlib {version}", why="built with a toolchain that is no release"))
    lines = modules[_MARK:-_MARK].decode("utf-8", errors="replace").split("\n")
    if len(lines) < 2:
        why = "a Go program that does not say which modules it was built from"
        found.gap(GapKind.NOT_ASSESSED, path, why, "build it with modules, from Go's own tools")
    entries = [line.split("\t") for line in lines if line.startswith(("mod\t", "dep\t", "=>\t"))]
    for words, following in itertools.pairwise([*entries, [""]]):
        if words[0] != "=>":
            parts.append(_module(found, words, following if following[0] == "=>" else []))
    return joined([found.inventory(), *parts])


def _module(found: Found, words: list[str], instead: list[str]) -> Inventory:
    """Add a module, or what stands in for it; return the gap where that is no release."""
    kind, name, version = (*words, "", "")[:3]
    if instead:
        _, other, version = (*instead, "", "")[:3]
        if version in _NO_RELEASE:
            return not_released(found.path, f"{name} replaced by {other}")
        name = other
    if version in _NO_RELEASE and name:
        why = "built from a working copy, not from a released version" if kind == "mod" else ""
        return not_released(found.path, name, why=why)
    found.add(name, version)
    return Inventory()
