"""The reader of tar archives: right on what others write, bounded and never surprised by what nobody should."""

from __future__ import annotations

import contextlib
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.images.limits import Broken, ImageLimits, TooMuch
from secscan.images.tar import Archive, Entry, Sort
from tests.support import tars

LIMITS = ImageLimits(header=2_000, path=1_000)


class Bytes:
    """Bytes as a stream, which counts what was read of it."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self.read = self._file.read

    def skip(self, size: int) -> int:
        return len(self._file.read(size))


def read(data: bytes) -> list[tuple[Entry, bytes]]:
    archive = Archive(Bytes(data), LIMITS)
    return [(entry, b"".join(archive.chunks())) for entry in archive.entries()]


def written(style: int, *names: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=style) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.gid = len(name.encode()), 0o4755, 1000, 2_000_000
            archive.addfile(info, io.BytesIO(name.encode()))
    return file.getvalue()


@pytest.mark.parametrize("style", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("name", ["a", "usr/bin/sudo", "x/" * 90 + "end", "ä/" + "b" * 300, "a" * 99 + "/" + "b" * 99])
def test_what_others_write_is_read(style: int, name: str) -> None:
    [(entry, content), (second, _)] = read(written(style, name, "second"))
    assert entry.path.decode() == name
    assert content == name.encode()
    assert (entry.sort, entry.mode, entry.user, entry.group) == (Sort.FILE, 0o4755, 1000, 2_000_000)
    assert second.path == b"second"


def test_every_sort_of_entry() -> None:
    entries = (
        tars.folder("etc"),
        tars.symlink("etc/link", "target"),
        tars.hard_link("etc/hard", "etc/link"),
        tars.device("dev/sda", 8, 0, block=True),
        tars.fifo("run/pipe"),
        tars.file("./etc/../passwd", "x"),
        tars.file("/abs//path/.", "y"),
    )
    found = [entry for entry, _ in read(tars.tar(entries))]
    assert [entry.sort for entry in found[:5]] == [Sort.FOLDER, Sort.LINK, Sort.HARD_LINK, Sort.DEVICE, Sort.FIFO]
    assert [entry.link for entry in found[1:3]] == [b"target", b"etc/link"]
    assert [(entry.path, entry.climbs) for entry in found[5:]] == [(b"etc/../passwd", True), (b"abs/path", False)]


def test_content_that_nobody_reads_is_passed_over() -> None:
    archive = Archive(Bytes(tars.tar([tars.file("a", "x" * 1000), tars.file("b", "y")])), LIMITS)
    assert [entry.path for entry in archive.entries()] == [b"a", b"b"]


def test_what_stands_in_an_extended_header_counts_for_the_next_entry_only() -> None:
    data = tars.tar([tars.file("x" * 200, "1"), tars.file("short", "2")])
    assert [entry.path for entry, _ in read(data)] == [b"x" * 200, b"short"]


def test_the_size_of_an_extended_header_counts() -> None:
    data = tars.tar([tars.file("a", b"12345", size=1, pax={"size": "5"}), tars.file("b", "z")])
    assert [(entry.path, content) for entry, content in read(data)] == [(b"a", b"12345"), (b"b", b"z")]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (tars.header("a", size=2**63), Broken),
        (tars.header("a", size=-5), Broken),
        (tars.header("a", size=b"12 x4567890"), Broken),
        (tars.tar([tars.file("a", "12345")])[:514], Broken),
        (tars.tar([tars.file("a", "12345")])[:300], Broken),
        (bytes(512) + tars.header("a"), Broken),
        (tars.block("x", b"30 path=short\n", kind=b"x"), Broken),
        (tars.block("x", b"no length\n", kind=b"x"), Broken),
        (tars.block("x", tars.pax_records({"path": "a" * 3_000}), kind=b"x"), TooMuch),
        (tars.block("x", b"l" * 100_000, kind=b"L"), TooMuch),
        (tars.tar([tars.file("a" * 1_500, "")]), TooMuch),
    ],
)
def test_what_is_broken_or_too_much_is_said(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(data)


def test_a_wrong_check_sum() -> None:
    data = bytearray(tars.tar([tars.file("a", "1")]))
    data[0] ^= 1
    with pytest.raises(Broken, match="check sum"):
        read(bytes(data))


def test_an_archive_may_end_without_blocks_of_zeros() -> None:
    data = tars.tar([tars.file("a", "1")], end=b"")
    assert [entry.path for entry, _ in read(data)] == [b"a"]


@given(st.binary(max_size=3_000))
def test_anything_ends_in_entries_or_in_words(data: bytes) -> None:
    with contextlib.suppress(Broken, TooMuch):
        read(data)


@given(st.data())
def test_an_archive_with_other_bytes_ends_in_entries_or_in_words(data: st.DataObject) -> None:
    archive = bytearray(
        tars.tar([tars.file("a" * 200, "1" * 700), tars.symlink("b", "c"), tars.sparse("s", 9, [(1, b"x")])])
    )
    for _ in range(data.draw(st.integers(1, 8))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Broken, TooMuch):
        read(bytes(archive))


STATUS, DECOY = "var/lib/dpkg/status", "app/readme"


def _pax(**records: str) -> bytes:
    return tars.block("x", b"".join(tars.pax_record(key, text) for key, text in records.items()), kind=tars.PAX)


def _gnu(name: str) -> bytes:
    return tars.block("././@LongLink", name.encode() + b"\0", kind=tars.GNU_LONG_NAME, magic=tars.GNU)


UNPACKED = {
    "a slash behind the name of a file": tars.header(f"{STATUS}/", size=0),
    "two extended headers": _pax(path=DECOY) + _pax(comment="x") + tars.header(STATUS),
    "an extended header before a global one": _pax(path=DECOY)
    + tars.block("x", tars.pax_record("comment", "x"), kind=tars.PAX_GLOBAL)
    + tars.header(STATUS),
    "a long name before an extended header": _gnu(STATUS) + _pax(path=DECOY) + tars.header(DECOY),
    "a long name behind an extended header": _pax(path=DECOY) + _gnu(STATUS) + tars.header(DECOY),
    "the name of a file with holes that has none": _pax(**{"GNU.sparse.name": DECOY}) + tars.header(STATUS),
    "holes in an unknown form": _pax(**{"GNU.sparse.name": DECOY, "GNU.sparse.major": "2"}) + tars.header(STATUS),
    "a prefix in GNU's form": tars.header("status", magic=tars.GNU, prefix=b"var/lib/dpkg"),
    "a prefix in star's form": tars.header(
        "dpkg/status", rest=b"./" * 62 + b"var/lib" + b"0" * 24 + bytes(8) + b"tar\0"
    ),
}


@pytest.mark.parametrize("how", UNPACKED)
def test_a_path_is_the_one_that_engines_unpack(how: str) -> None:
    """Where readers of the format differ: `umoci unpack` was seen to write this file."""
    [(entry, _)] = read(UNPACKED[how] + tars.END)
    assert (entry.path.decode(), entry.sort) == (STATUS, Sort.FILE)


def test_the_name_of_a_file_with_holes_counts_most() -> None:
    one = tars.sparse(STATUS, 100, [(0, b"x")])
    [(entry, _)] = read(_gnu(DECOY) + tars.tar([one]))
    assert (entry.path.decode(), entry.sparse) == (STATUS, True)


def test_times_in_gnus_form_are_no_prefix() -> None:
    [(entry, _)] = read(tars.header(STATUS, magic=tars.GNU, prefix=b"14567654321\00014567654321\0") + tars.END)
    assert entry.path.decode() == STATUS
