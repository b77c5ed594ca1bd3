"""Reads tar archives as a stream: ustar, pax and GNU, as container engines understand them.

Formats: POSIX.1-2017 `pax`, "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
Python's own `tarfile` is no match for hostile archives: it was measured to hang on a size of 2**63, to take 440 MB for
one pax header of 60 MB, and to keep every entry it has seen. This one keeps nothing but the entry it stands on. Where
readers differ, it does as Go's `archive/tar` does, since engines are written in Go: what they would not unpack is not
what a container sees.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from secscan.images.limits import Broken, ImageLimits, TooMuch

BLOCK = 512
_CHUNK = 1 << 18
_FIRST = 1 << 13
"""Bytes of a file's first piece: enough to tell what it is, and of most files nobody wants more."""
_MOST = 1 << 62


class Sort(Enum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "symbolic link"
    HARD_LINK = "hard link"
    DEVICE = "device"
    FIFO = "FIFO"
    OTHER = "entry of a type that nobody unpacks"


_SORTS = {
    b"0": Sort.FILE,
    b"\0": Sort.FILE,
    b"7": Sort.FILE,
    b"1": Sort.HARD_LINK,
    b"2": Sort.LINK,
    b"3": Sort.DEVICE,
    b"4": Sort.DEVICE,
    b"5": Sort.FOLDER,
    b"6": Sort.FIFO,
    b"S": Sort.FILE,
}


class Stream(Protocol):
    """Bytes in their order. `read` gives fewer than were asked for at the end only."""

    def read(self, size: int, /) -> bytes:
        """Return the next `size` bytes."""
        ...

    def skip(self, size: int, /) -> int:
        """Pass over `size` bytes and return how many there were."""
        ...


@dataclass(slots=True)
class Entry:
    """One entry. Its content can be read, once, until the next entry is asked for."""

    path: bytes
    """Parts joined by `/`, without `.` and without a slash at either end; empty for the root."""
    sort: Sort
    size: int
    mode: int
    user: int
    group: int
    link: bytes
    """Where a link points to, as written."""
    sparse: bool
    """Whether what stands in the archive is not the content itself, but its parts without the holes."""
    climbs: bool
    """Whether a part of its path is `..`: engines refuse such a layer."""


class Archive:
    """A tar archive that is being read."""

    def __init__(self, stream: Stream, limits: ImageLimits) -> None:
        self._stream, self._limits = stream, limits
        self._left = 0
        """Bytes of the current entry's content that nobody has read, without its padding."""
        self._padding = 0
        self.ended = False
        """Whether the end that the format asks for was seen."""

    def entries(self) -> Iterator[Entry]:
        """Yield every entry. Raises `Broken` and `TooMuch`; what was yielded before stands."""
        before = _Before()
        while (header := self._next_header()) is not None:
            block, usual = header
            kind = block[156:157]
            size = int(usual[4], 8) if usual else _number(block[124:136])
            if kind == b"x":
                before.records = dict(_records(self._content(size, "an extended header")))  # two do not add up
            elif kind == b"L":
                before.path = _until_zero(self._content(size, "a long name"))
            elif kind == b"K":
                before.link = _until_zero(self._content(size, "a long name"))
            elif kind == b"g":
                self._content(size, "a global header")  # engines pass it over, with what stands before it
                before = _Before()
            else:
                entry = self._entry(header, kind, size, before)
                before = _Before()
                yield entry

    def chunks(self) -> Iterator[bytes]:
        """Yield the content of the current entry. Raises `Broken` where it ends too soon."""
        most = _FIRST
        while self._left:
            chunk = self._stream.read(min(most, self._left))
            if not chunk:
                raise Broken("it ends in the middle of a file")
            self._left -= len(chunk)
            yield chunk
            most = _CHUNK

    def _next_header(self) -> _Header | None:
        rest = self._left + self._padding
        if rest and self._stream.skip(rest) != rest:
            raise Broken("it ends in the middle of a file")
        self._left = self._padding = 0
        block = self._stream.read(BLOCK)
        if not block:
            return None  # engines take it for the end
        if len(block) < BLOCK:
            raise Broken("it ends in the middle of a header")
        if not block.strip(b"\0"):
            second = self._stream.read(BLOCK)
            if second.strip(b"\0"):
                raise Broken("one block of zeros stands between two entries")
            self.ended = True
            return None
        usual = _USUAL.match(block, 100)
        _check_sum(block, int(usual[5], 8) if usual else _number(block[_SUM_FIELD]))
        return block, usual

    def _take(self, size: int) -> None:
        self._left, self._padding = size, -size % BLOCK

    def _content(self, size: int, what: str) -> bytes:
        if size > self._limits.header:
            raise TooMuch(f"{what} has {size} bytes, more than {self._limits.header}")
        self._take(size)
        return b"".join(self.chunks())

    def _entry(self, header: _Header, kind: bytes, size: int, before: _Before) -> Entry:
        block, usual = header
        sort = _SORTS.get(kind, Sort.OTHER)
        name = before.path or _name(block)
        link = before.link or (block[157:257].split(b"\0", 1)[0] if block[157] else b"")
        mode, user, group = (
            (int(usual[1], 8), int(usual[2], 8), int(usual[3], 8))
            if usual
            else (_number(block[100:108]), _number(block[108:116]), _number(block[116:124]))
        )
        sparse = kind == b"S"
        if sparse:
            self._pass_over_sparse_map(block)
        if extended := before.records:
            size = _decimal(extended["size"], "size") if "size" in extended else size
            user = _decimal(extended["uid"], "uid") if "uid" in extended else user
            group = _decimal(extended["gid"], "gid") if "gid" in extended else group
            name = before.path or extended.get("path") or name
            link = before.link or extended.get("linkpath") or link
            if not sparse and (sparse := _is_sparse(extended)):
                name = extended.get("GNU.sparse.name") or name
        if kind == b"\0" and name.endswith(b"/"):  # of the first archives, which knew no folders
            sort = Sort.FOLDER
        if len(name) > self._limits.path:
            raise TooMuch(f"a path has {len(name)} bytes, more than {self._limits.path}")
        self._take(0 if sort in _WITHOUT_CONTENT else size)
        path, climbs = _path(name)
        return Entry(path, sort, self._left, mode & 0o7777, user, group, link[: self._limits.path], sparse, climbs)

    def _pass_over_sparse_map(self, block: bytes) -> None:
        more = block[482]
        while more:
            block = self._stream.read(BLOCK)
            if len(block) < BLOCK:
                raise Broken("it ends in the middle of a header")
            more = block[504]


@dataclass(slots=True)
class _Before:
    """What stands before an entry and tells more of it. GNU's long names count more than pax headers."""

    records: dict[str, bytes] = field(default_factory=dict)
    path: bytes = b""
    link: bytes = b""


_Header = tuple[bytes, "re.Match[bytes] | None"]
"""A block, and its numbers where all are written in the usual way: mode, user, group, size and check sum."""
_USUAL = re.compile(
    rb"([0-7]{7})[\0 ]([0-7]{7})[\0 ]([0-7]{7})[\0 ]([0-7]{11})[\0 ][0-7]{11}[\0 ]([0-7]{6})(?:\0 | \0|\0\0)"
)
"""Fields at 100 to 156, in one step: each by itself takes four times as long."""
_WITHOUT_CONTENT = frozenset({Sort.FOLDER, Sort.LINK, Sort.HARD_LINK, Sort.DEVICE, Sort.FIFO})
_SUM_FIELD = slice(148, 156)
_BLANKS = 8 * 0x20
"""As what the field itself counts."""


def _path(name: bytes) -> tuple[bytes, bool]:
    """The path of a name, and whether a part of it is `..`."""
    plain = name.removeprefix(b"./").strip(b"/")
    if b"/." not in plain and b"//" not in plain and plain[:1] != b".":
        return plain, False
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    return b"/".join(parts), b".." in parts


def _check_sum(block: bytes, told: int) -> None:
    field = block[_SUM_FIELD]
    if block.isascii():
        # Adler-32 (RFC 1950) has the sum of the bytes in its lower half, plus 1; 512 of less than 128 do not reach its
        # modulus. It is ten times as fast as `sum`.
        actual = (zlib.adler32(block) & 0xFFFF) - (zlib.adler32(field) & 0xFFFF) + _BLANKS
    else:
        actual = sum(block) - sum(field) + _BLANKS
    if told != actual:
        signed = actual - 256 * sum(byte > 127 for byte in block[:148] + block[156:])
        if told != signed:  # some old programs summed signed characters
            raise Broken("the check sum of a header is wrong")


def _number(field: bytes) -> int:
    """A number in octal digits, or, with the first bit set, in base 256. Raises `Broken`."""
    if field[0] & 0x80:
        if field[0] & 0x40:
            raise Broken("a number in a header is negative")
        value = int.from_bytes(bytes([field[0] & 0x3F]) + field[1:], "big")
    else:
        text = field.strip(b" \0")
        if text and not _OCTAL.fullmatch(text):
            raise Broken("a number in a header is none")
        value = int(text or b"0", 8)
    if value >= _MOST:
        raise Broken("a number in a header is larger than any file")
    return value


_OCTAL = re.compile(rb"[0-7]+")
_DIGITS = re.compile(rb"[0-9]{1,18}(?:\.[0-9]*)?")


def _decimal(text: bytes, what: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise Broken(f"the {what} in an extended header is no number")
    return int(text.split(b".", 1)[0])


def _records(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The records of a pax header: `LENGTH KEY=VALUE\\n`. Only those that matter here; of two the last one counts."""
    at = 0
    while at < len(data):
        blank = data.find(b" ", at, at + 20)
        digits = data[at:blank] if blank > 0 else b""
        if not digits.isdigit():
            raise Broken("a record of an extended header has no length")
        end = at + int(digits)
        record = data[blank + 1 : end]
        if end > len(data) or end <= blank or not record.endswith(b"\n") or b"=" not in record:
            raise Broken("a record of an extended header is broken")
        key, _, value = record[:-1].partition(b"=")
        at = end
        if key in _KEYS or key.startswith(b"GNU.sparse."):
            if b"\0" in value:
                raise Broken("a record of an extended header holds a NUL")
            yield key.decode("ascii", "replace"), value


_KEYS = frozenset({b"path", b"linkpath", b"size", b"uid", b"gid"})


def _is_sparse(records: dict[str, bytes]) -> bool:
    """Whether pax records tell of holes in a form that is known."""
    form = records.get("GNU.sparse.major", b""), records.get("GNU.sparse.minor", b"")
    if form == (b"", b""):
        return bool(records.get("GNU.sparse.map") or records.get("GNU.sparse.offset"))
    return form in ((b"0", b"0"), (b"0", b"1"), (b"1", b"0"))


def _name(block: bytes) -> bytes:
    name, prefix = _until_zero(block[:100]), b""
    if not block[345]:  # in every form, no prefix
        return name
    if block[257:263] == b"ustar\0":
        # star's form has two times behind a prefix that is shorter.
        prefix = block[345:476] if block[508:] == b"tar\0" else block[345:500]
    elif block[257:265] == b"ustar  \0" and not (_is_number(block[345:357]) and _is_number(block[357:369])):
        # GNU's form has two times there; Go once wrote a prefix over them, and still takes what is no time for one.
        prefix = block[345:500] if _until_zero(block[345:500]).isascii() else b""
    prefix = _until_zero(prefix)
    return prefix + b"/" + name if prefix else name


def _is_number(text: bytes) -> bool:
    try:
        _number(text)
    except Broken:
        return False
    return True


def _until_zero(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]
