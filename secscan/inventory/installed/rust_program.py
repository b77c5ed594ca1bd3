"""What `cargo auditable` writes into Rust programs: their crates, as compressed JSON.

Format: https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md. Its section is found by what is in
it: each place that can begin compressed data is unpacked by a few bytes, and compared with how the JSON begins.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from typing import Any

import msgspec

from secscan.findings.levels import GapKind
from secscan.inventory.cargo import CRATES
from secscan.inventory.contract import Inventory, Scope, broken, gap, joined, not_released
from secscan.inventory.installed.found import Found

_BEGIN = b'{"packages":['


def _first_bytes(kind: int, uppers: Iterable[int]) -> bytes:
    """A class of a regular expression: bytes that begin a block of this kind (RFC 1951, 3.2.3), the last or not, with
    these upper five bits."""
    return b"".join(b"\\x%02x" % (upper << 3 | kind << 1 | final) for upper in uppers for final in (0, 1))


_ZLIB = re.compile(
    rb"x[\x01\x5e\x9c\xda](?:[%b](?:\x00\x00\xff\xff|.{4}%b)|[%b]|[%b])"
    % (_first_bytes(0, range(32)), re.escape(_BEGIN), _first_bytes(1, (0, 0b10101)), _first_bytes(2, range(30))),
    re.DOTALL,
)
"""How our JSON begins when it is compressed, whichever way and level (RFC 1950, 1951): in a block that is stored, and
empty or shows it; in one with the fixed codes, which begins with its end or with `{`; or in one with codes of its own.
What is true of most of these places by chance need not be unpacked."""
_LONGEST = 2 + 1 + 4 + len(_BEGIN)
_TRIED = 400
"""Bytes that give the beginning: what says how a block is compressed can fill 290."""
_MOST_TRIALS = 500_000
"""Of chance, a gigabyte has 60,000 such places."""
_MOST_BYTES = 512_000
"""Of the unpacked texts of one program. A thousand crates say 80,000."""
_BATCH = 65_536


class _Crate(msgspec.Struct):
    name: str
    version: str
    source: str
    kind: str = "runtime"


class _Crates(msgspec.Struct):
    packages: list[_Crate]


class RustProgram:
    """Watches a program for the list of its crates as it streams by."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._parts: list[Inventory] = []
        self._buffer = bytearray()
        self._wanted = 0
        self._trials = 0
        self._unpacking: Any = None
        """What unpacks a list that began, and goes on in what comes next."""
        self._text = bytearray()
        self._stopped = False
        self._left = _MOST_BYTES

    def feed(self, chunk: bytes) -> None:
        """Take the next part of the program."""
        if self._stopped:
            return
        self._buffer += chunk
        if len(self._buffer) >= self._wanted:
            self._look()

    def finish(self) -> Inventory:
        """Return the crates, or why they cannot be read."""
        self._look(last=True)
        if self._unpacking is not None:
            self._end("the list of its crates does not end")
        return joined(self._parts)

    def _look(self, *, last: bool = False) -> None:
        at = 0
        end = len(self._buffer) if last else len(self._buffer) - _TRIED
        while at < end and not self._stopped:
            if self._unpacking is not None:
                at = self._unpack(at)
                continue
            found = _ZLIB.search(self._buffer, at, end + _LONGEST)
            if found is None or found.start() >= end:
                at = max(at, end)
            elif self._begins(found.start()):
                at = found.start()
                self._unpacking = zlib.decompressobj()
            else:
                at = found.start() + 1
        del self._buffer[: len(self._buffer) if self._stopped else at]
        self._wanted = _BATCH

    def _begins(self, at: int) -> bool:
        self._trials += 1
        if self._trials > _MOST_TRIALS:
            self._stop("it has more places that could begin a list of crates than are tried")
            return False
        try:
            return zlib.decompressobj().decompress(self._buffer[at : at + _TRIED], len(_BEGIN)) == _BEGIN
        except zlib.error:
            return False

    def _unpack(self, at: int) -> int:
        """Unpack on from a place in the buffer, and return up to where it was needed."""
        packed = bytes(self._buffer[at:])
        try:
            self._text += self._unpacking.decompress(packed, self._left - len(self._text) + 1)
        except zlib.error:
            self._end("the list of its crates is damaged")
            return at + 1
        if len(self._text) > self._left:
            self._unpacking = None
            self._stop(f"its lists of crates are larger than {_MOST_BYTES} bytes")
            return at
        if not self._unpacking.eof:
            return len(self._buffer)
        rest = len(self._unpacking.unused_data)
        self._end("")
        return len(self._buffer) - rest

    def _stop(self, why: str) -> None:
        self._stopped = True
        self._parts.append(Inventory(gaps=(gap(GapKind.PARTIAL, self._path, why, remedy="check it by hand"),)))

    def _end(self, why: str) -> None:
        self._parts.append(broken(self._path, why) if why else _crates(self._path, bytes(self._text)))
        self._left -= len(self._text)
        self._text.clear()
        self._unpacking = None


def _crates(path: str, text: bytes) -> Inventory:
    try:
        crates = msgspec.json.decode(text, type=_Crates).packages
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        return broken(path, f"the list of its crates: {str(error)[:100]}")
    found = Found(path, CRATES)
    parts = []
    for one in crates:
        if one.source in ("crates.io", "registry"):
            found.add(one.name, one.version, scope=Scope.UNKNOWN if one.kind == "runtime" else Scope.DEV)
        else:
            parts.append(not_released(path, f"{one.name} {one.version}"))
    return joined([found.inventory(), *parts])
