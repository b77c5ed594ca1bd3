"""Tar archives made by hand, byte by byte, so that tests can say exactly what stands in them, right or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

BLOCK = 512
END = bytes(2 * BLOCK)
"""The two empty blocks that end an archive."""

FILE, HARD_LINK, SYMLINK, CHARACTER, DEVICE, FOLDER, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
GNU_LONG_NAME, GNU_LONG_LINK, GNU_SPARSE, PAX, PAX_GLOBAL = b"L", b"K", b"S", b"x", b"g"

USTAR, GNU = b"ustar\x0000", b"ustar  \x00"


def raw(text: str | bytes) -> bytes:
    """The bytes of a name."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def padded(data: bytes) -> bytes:
    """Data filled up to whole blocks."""
    return data + bytes(-len(data) % BLOCK)


def number(value: int | bytes, width: int) -> bytes:
    """A field of a header: octal, or base-256 where that has no room; bytes stand as they are."""
    if isinstance(value, bytes):
        return value.ljust(width, b"\0")[:width]
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    return bytes([0x80 if value >= 0 else 0xFF]) + value.to_bytes(width - 1, "big", signed=value < 0)


def header(
    path: str | bytes,
    *,
    kind: bytes = FILE,
    size: int | bytes = 0,
    mode: int | bytes = 0o644,
    user: int | bytes = 0,
    group: int | bytes = 0,
    time: int | bytes = 0,
    link: str | bytes = b"",
    device: tuple[int | bytes, int | bytes] = (0, 0),
    magic: bytes = USTAR,
    prefix: bytes = b"",
    rest: bytes = b"",
    checksum: bytes | None = None,
) -> bytes:
    """One header block. Numbers given as bytes stand as they are; `rest` takes the place of prefix and what follows."""
    before = raw(path)[:100].ljust(100, b"\0") + number(mode, 8) + number(user, 8) + number(group, 8)
    before += number(size, 12) + number(time, 12)
    after = kind + raw(link)[:100].ljust(100, b"\0") + magic + bytes(64)
    after += number(device[0], 8) + number(device[1], 8)
    after += (rest or prefix[:155]).ljust(167, b"\0")
    total = sum(before) + sum(after) + 8 * ord(" ")
    return before + (b"%06o\0 " % total if checksum is None else checksum.ljust(8, b"\0")) + after


def pax_records(records: Mapping[str, str | bytes]) -> bytes:
    """The data of a pax header: each record tells its own length first."""
    return b"".join(pax_record(key, value) for key, value in records.items())


def pax_record(key: str, value: str | bytes) -> bytes:
    """One record of a pax header."""
    body = b" " + key.encode() + b"=" + raw(value) + b"\n"
    length = len(body)
    while length != len(b"%d" % length) + len(body):
        length = len(b"%d" % length) + len(body)
    return b"%d" % length + body


def block(path: str | bytes, data: bytes, **fields: object) -> bytes:
    """A header and its data; the header's size is the data's unless another is given."""
    return header(path, **{"size": len(data), **fields}) + padded(data)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Entry:
    """One member of an archive. The functions below make the usual ones."""

    path: str | bytes
    data: bytes = b""
    kind: bytes = FILE
    mode: int = 0o644
    user: int = 0
    group: int = 0
    time: int = 0
    link: str | bytes = b""
    device: tuple[int, int] = (0, 0)
    size: int | bytes | None = None
    """In the header, where it is not that of the data."""
    long_names: str = "pax"
    """How names above 100 bytes are written: `pax` or `gnu`."""
    pax: Mapping[str, str | bytes] = field(default_factory=dict)
    magic: bytes = USTAR
    rest: bytes = b""

    def tar(self) -> bytes:
        """The member, with the headers that stand before it."""
        return self._before() + header(
            self.path,
            kind=self.kind,
            size=len(self.data) if self.size is None else self.size,
            mode=self.mode,
            user=self.user,
            group=self.group,
            time=self.time,
            link=self.link,
            device=self.device,
            magic=self.magic,
            rest=self.rest,
        ) + padded(self.data)  # fmt: skip

    def _before(self) -> bytes:
        long = {key: raw(one) for key, one in (("path", self.path), ("linkpath", self.link)) if len(raw(one)) > 100}
        if self.long_names == "gnu":
            kinds = {"path": GNU_LONG_NAME, "linkpath": GNU_LONG_LINK}
            records = dict(self.pax)
            written = [block("././@LongLink", name + b"\0", kind=kinds[key], magic=GNU) for key, name in long.items()]
        else:
            records, written = {**long, **self.pax}, []
        if records:
            written.append(block("PaxHeaders/x", pax_records(records), kind=PAX))
        return b"".join(written)


def file(path: str | bytes, data: str | bytes = b"", mode: int = 0o644, **fields: object) -> Entry:
    """A regular file."""
    return Entry(path, raw(data), mode=mode, **fields)  # type: ignore[arg-type]


def folder(path: str | bytes, mode: int = 0o755, **fields: object) -> Entry:
    """A directory."""
    return Entry(raw(path).rstrip(b"/") + b"/", kind=FOLDER, mode=mode, **fields)  # type: ignore[arg-type]


def symlink(path: str | bytes, to: str | bytes, **fields: object) -> Entry:
    """A symbolic link."""
    return Entry(path, kind=SYMLINK, mode=0o777, link=to, **fields)  # type: ignore[arg-type]


def hard_link(path: str | bytes, to: str | bytes, **fields: object) -> Entry:
    """A hard link to another member, by its path."""
    return Entry(path, kind=HARD_LINK, link=to, **fields)  # type: ignore[arg-type]


def device(path: str | bytes, major: int, minor: int, *, block: bool = False, mode: int = 0o600) -> Entry:
    """A device file."""
    return Entry(path, kind=DEVICE if block else CHARACTER, mode=mode, device=(major, minor))


def fifo(path: str | bytes, mode: int = 0o600) -> Entry:
    """A named pipe."""
    return Entry(path, kind=FIFO, mode=mode)


def whiteout(path: str) -> Entry:
    """What removes a path of a lower layer."""
    parent, slash, name = path.rstrip("/").rpartition("/")
    return Entry(f"{parent}{slash}.wh.{name}")


def opaque(path: str) -> Entry:
    """What removes everything below a folder of the lower layers; the empty path stands for the root."""
    return Entry(f"{path.rstrip('/')}/.wh..wh..opq".lstrip("/"))


def sparse(path: str, size: int, pieces: Sequence[tuple[int, bytes]], *, style: str = "pax") -> Entry:
    """A file of `size` bytes of which only pieces, each with its offset, are stored: `pax` (1.0) or `gnu` (old)."""
    stored = b"".join(data for _, data in pieces)
    if style == "gnu":
        table = b"".join(number(at, 12) + number(len(data), 12) for at, data in pieces[:4]).ljust(96, b"\0")
        # After the two times comes a table of four pieces, whether more follow, and the real size.
        return Entry(path, stored, kind=GNU_SPARSE, magic=GNU, rest=bytes(41) + table + b"\0" + number(size, 12))
    lines = [len(pieces), *(one for at, data in pieces for one in (at, len(data)))]
    table = padded("".join(f"{line}\n" for line in lines).encode())
    records = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": path,
        "GNU.sparse.realsize": f"{size}",
    }
    parent, slash, name = path.rpartition("/")
    return Entry(f"{parent}{slash}GNUSparseFile.0/{name}", table + stored, pax=records)


def parents(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The folders in which entries lie, from the top, each once."""
    entries = tuple(entries)
    seen = {raw(one.path).rstrip(b"/") for one in entries if one.kind == FOLDER} | {b"", b"."}
    for one in entries:
        parts = raw(one.path).rstrip(b"/").split(b"/")[:-1]
        for end in range(1, len(parts) + 1):
            path = b"/".join(parts[:end])
            if path not in seen:
                seen.add(path)
                yield folder(path)


def tar(entries: Iterable[Entry | bytes], end: bytes = END) -> bytes:
    """An archive; bytes among the entries stand as they are."""
    return b"".join(one if isinstance(one, bytes) else one.tar() for one in entries) + end
