"""Streams and packages are unpacked within limits, and what is damaged is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.debian.unpack import file_of_package, lines_of, unpacked
from secscan.errors import AdvisoryError
from tests.support.debian_archive import deb

WANTED = re.compile(r"\./doc")
PACKERS = {".xz": lzma.compress, ".gz": gzip.compress, ".bz2": bz2.compress}


def plain(data: bytes, name: str = "x.xz", most: int = 1_000_000) -> bytes:
    return b"".join(unpacked(io.BytesIO(data), name=name, most=most))


def found(data: bytes, most: int = 1_000_000) -> bytes | None:
    return file_of_package(io.BytesIO(data), WANTED, most=most)


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("content", [b"", b"a", b"ab" * 300_000])
def test_there_and_back(suffix: str, content: bytes) -> None:
    packed = PACKERS[suffix](content)
    assert plain(packed, f"x{suffix}") == content
    for end in {len(packed) - 1, len(packed) // 2, 0}:
        with pytest.raises(AdvisoryError):
            plain(packed[:end], f"x{suffix}")


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_bomb_is_refused_when_it_has_given_what_is_allowed(suffix: str) -> None:
    bomb = PACKERS[suffix](b"\0" * 5_000_000)
    got: list[int] = []
    with pytest.raises(AdvisoryError, match="more than"):
        got.extend(map(len, unpacked(io.BytesIO(bomb), name=f"x{suffix}", most=200_000)))
    assert sum(got) <= 200_000


def test_a_stream_that_asks_for_too_much_memory_is_refused() -> None:
    data = bytearray(lzma.compress(b"a"))
    # The size of the dictionary stands in the header of the block, whose check sum has to be right.
    data[16] = 38  # 2 GiB
    data[20:24] = zlib.crc32(bytes(data[12:20])).to_bytes(4, "little")
    with pytest.raises(AdvisoryError, match="damaged"):
        plain(bytes(data))


def test_what_is_packed_in_another_way() -> None:
    with pytest.raises(AdvisoryError, match="not known"):
        plain(b"", "x.zst")


def test_lines() -> None:
    assert list(lines_of(iter([b"a\nb", b"c\n", b"\xff"]), longest=9)) == ["a", "bc", "\N{REPLACEMENT CHARACTER}"]
    with pytest.raises(AdvisoryError, match="no end"):
        list(lines_of(iter([b"a" * 5, b"a" * 5]), longest=9))


@pytest.mark.parametrize("packed", ["xz", "gz", "bz2"])
def test_one_file_of_a_package(packed: str) -> None:
    files = {"./" + "long/" * 60 + "doc": b"x", "./big": b"\0" * 100_001, "./doc": b"changes", "./doc2": b"y"}
    assert found(deb(files, packed=packed)) == b"changes"
    assert found(deb({"./other": b""}, packed=packed)) is None
    assert found(deb({}, packed=packed, links={"./doc": "other"})) is None
    with pytest.raises(AdvisoryError, match="more than"):
        found(deb(files, packed=packed), most=50_000)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\3\4",
        b"!<arch>\n" + b"x" * 60,
        deb({"./a": random.Random(1).randbytes(50_000)})[:-20_000],
        deb({"./doc": b"x"}, packed=""),
        deb({"./a": b"x"}).replace(b"data.tar.xz ", b"data.tar.zst"),
    ],
)
def test_what_is_no_package(data: bytes) -> None:
    with pytest.raises(AdvisoryError):
        found(data)
    assert found(b"!<arch>\n") is None


def package_of(tar: bytes) -> bytes:
    packed = gzip.compress(tar)
    return b"!<arch>\n" + f"{'data.tar.gz':<48}{len(packed):<10}`\n".encode() + packed


@pytest.mark.parametrize("size", [b"-0000000001\0", b"\xff" * 12, b"\x80" + b"\xff" * 11, b"           \0", b"9" * 12])
def test_a_size_that_is_none(size: bytes) -> None:
    header = bytearray(512)
    header[:5], header[124:136], header[257:262] = b"./big", size, b"ustar"
    with pytest.raises(AdvisoryError, match="no tar"):
        found(package_of(bytes(header)))


def test_a_size_that_is_more_than_there_is() -> None:
    header = bytearray(512)
    header[:5], header[124:136], header[257:262] = b"./doc", b"77777777777\0", b"ustar"
    header[156:157] = b"0"
    assert found(package_of(bytes(header) + b"all")) == b"all"
    header[:5] = b"./big"
    assert found(package_of(bytes(header) + b"all")) is None


@given(st.binary(max_size=300), st.integers(0, 1500))
def test_any_bytes(data: bytes, at: int) -> None:
    whole = deb({"./doc": b"changes" * 100})
    for given_bytes in (data, b"!<arch>\n" + data, whole[:at] + data + whole[at + len(data) :]):
        try:
            found(given_bytes)
        except AdvisoryError as error:
            assert error.hint  # noqa: PT017 - read or refused
