"""Layers in every compression, and those that expand to more than anybody has room for."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.images.compression import Counted, Expanded
from secscan.images.limits import Broken, ImageLimits, TooMuch
from tests.support.images import packed, zstd

LIMITS = ImageLimits(ratio=50, ratio_from=100_000)


def expanded(data: bytes, allowed: int = 10_000_000) -> Expanded:
    return Expanded(Counted(io.BytesIO(data), len(data)), LIMITS, allowed)


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("content", [b"", b"x", random.Random(1).randbytes(700_000)])
def test_every_compression(compression: str, content: bytes) -> None:
    stream = expanded(packed(content, compression))
    assert stream.read(10) == content[:10]
    assert stream.skip(5) == len(content[10:15])
    assert stream.read(len(content) + 1) == content[15:]


def test_several_members_of_gzip_are_one_stream() -> None:
    assert expanded(gzip.compress(b"one") + gzip.compress(b"two")).read(10) == b"onetwo"


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_bomb(compression: str) -> None:
    stream = expanded(packed(bytes(5_000_000), compression))
    with pytest.raises(TooMuch, match="50 times"):
        stream.drain()
    assert stream.count < 2_000_000


def test_more_than_all_layers_may_have() -> None:
    with pytest.raises(TooMuch, match="all layers"):
        expanded(bytes(range(256)) * 100, allowed=10_000).drain()


def test_a_window_that_asks_for_too_much_memory() -> None:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.enable_long_distance_matching: 1}
    compressor = zstd.ZstdCompressor(options=options)
    data = compressor.compress(bytes(range(256)) * 1_000) + compressor.flush()
    with pytest.raises(Broken, match="cannot be expanded"):
        expanded(data).drain()


@pytest.mark.parametrize("data", [bz2.compress(b"x"), b"\xfd7zXZ\0 and more"])
def test_a_compression_that_is_not_read(data: bytes) -> None:
    with pytest.raises(Broken, match="which is not read"):
        expanded(data)


@given(st.sampled_from(["gzip", "zstd"]), st.integers(0, 200), st.integers(0, 255))
def test_damage_is_said(compression: str, position: int, byte: int) -> None:
    content = bytes(range(200))
    data = bytearray(packed(content, compression))
    data[position % len(data)] = byte
    with contextlib.suppress(Broken, TooMuch):
        assert isinstance(expanded(bytes(data)).read(1_000), bytes)


def test_a_cut_is_said() -> None:
    for cut in range(8, 60, 7):
        with pytest.raises(Broken):
            expanded(gzip.compress(bytes(range(200)))[:cut]).read(1_000)
