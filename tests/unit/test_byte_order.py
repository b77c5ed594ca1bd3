from __future__ import annotations

import pytest

from secscan.byte_order import byte_order_mark


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_the_encoding_of_every_mark(encoding: str) -> None:
    data = "\ufeffa".encode(encoding)
    mark, found = byte_order_mark(data)
    assert found == encoding
    assert data[len(mark) :].decode(found) == "a"


@pytest.mark.parametrize("data", [b"", b"a", b"\xff", b"\xef\xbb", b"a\xff\xfe"])
def test_what_has_no_mark(data: bytes) -> None:
    assert byte_order_mark(data) == (b"", "")
