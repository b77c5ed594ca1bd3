"""The text of a file, as everything that looks for secrets reads it, whatever encoding hides it.

All see the same text: the embedded detector, and the tools of others, which lose UTF-16, zeros and binaries without
a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from secscan.byte_order import byte_order_mark

LOOKED_AT_MOST = 20_000_000
"""Bytes of one file that are read; a larger one is a gap."""
_RUNS = re.compile(rb"[\x20-\x7e\t\r\n]{16,}")

PART = 64_000
"""Bytes of one part of a text."""
OVERLAP = 8_000
"""Bytes that a part shares with the one before: more than a private key has."""


class Part(NamedTuple):
    """A stretch of a text in UTF-8, and where it begins: its line, and its byte in that line, from 1."""

    line: int
    column: int
    data: bytes


def decoded(data: bytes) -> tuple[str, str]:
    """Return the text of a file, and the form it is in where that is not UTF-8.

    Of a file that is no text, the runs of readable characters are looked at, each in its line.
    """
    mark, encoding = byte_order_mark(data)
    if mark:
        return data[len(mark) :].decode(encoding, errors="replace"), "" if encoding == "utf-8" else encoding[:6]
    zeros = data[:4000].count(0)
    if zeros and abs(data[:4000:2].count(0) - data[1:4000:2].count(0)) > 0.6 * (len(data[:4000]) // 2):
        encoding = "utf-16-be" if data[:4000:2].count(0) > data[1:4000:2].count(0) else "utf-16-le"
        return data.decode(encoding, errors="replace"), "utf-16"
    try:
        return data.decode("utf-8").replace("\0", " "), ""
    except UnicodeDecodeError:
        pass
    if not zeros:
        return data.decode("latin-1"), ""
    return "\n".join(run.decode("ascii") for run in _RUNS.findall(data)), "binary"


def parts(text: bytes) -> Iterator[Part]:
    """Cut a text in UTF-8 into overlapping parts, at ends of lines where lines are short enough.

    Tools read a file in blocks of about 100,000 bytes: measured, what a block's end cuts in two is not found, and
    columns of a long line count from the block.
    """
    start, line, column = 0, 1, 1
    while True:
        end = _end(text, start)
        yield Part(line, column, text[start:end])
        if end == len(text):
            return
        following = _next_start(text, start, end)
        passed = text[start:following]
        newlines = passed.count(b"\n")
        line += newlines
        column = len(passed) - passed.rfind(b"\n") if newlines else column + len(passed)
        start = following


def _end(text: bytes, start: int) -> int:
    """Where a part ends: behind the last line that fits, else between two characters."""
    end = start + PART
    if end >= len(text):
        return len(text)
    newline = text.rfind(b"\n", start + PART // 2, end)
    return newline + 1 if newline >= 0 else _between_characters(text, end)


def _next_start(text: bytes, start: int, end: int) -> int:
    """Where the next part begins: at a line in the overlap, else between two characters."""
    earliest = max(start + 1, end - OVERLAP)
    newline = text.find(b"\n", earliest, end - 1)
    return newline + 1 if newline >= 0 else _between_characters(text, earliest)


def _between_characters(text: bytes, at: int) -> int:
    while at < len(text) and text[at] & 0xC0 == 0x80:
        at += 1
    return at
