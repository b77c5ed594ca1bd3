"""Keeps what scanners quote from a file out of what is kept of it: a secret is never written into the cache.

A quotation is replaced by where it stands in the file (characters from, up to). Whoever has the file, which a hit needs
anyway, can put it back; whoever has only the cache cannot. The texts of an earlier scan are thus the very ones, and are
scrubbed with those of today.
"""

from __future__ import annotations

import re
from bisect import bisect_left

_QUOTATION = re.compile(r"(['\"`])(?P<v>.+?)\1", re.DOTALL)
_LONGEST = re.compile(r"(['\"`])(?P<v>.+)\1", re.DOTALL)
_REFERENCE = re.compile("\0(\\d+):(\\d+)\0")
_REFERENCES = re.compile("(?:\0\\d+:\\d+\0)+")
_MOST_PIECES = 16
MARK = "\0"
"""Begins and ends a reference. A text that holds one by itself is not kept."""


def text_of(data: bytes) -> str:
    """The text of a file as references count it."""
    return data.decode("utf-8", errors="replace")


def withheld(text: str, source: str, *, pieces: bool = False) -> str:
    """Return the text with everything that stands in quotes, and in the source, as references to it.

    `pieces`: also what stands there only piece by piece, as the value of a literal that is written in parts.
    """
    whole = _LONGEST.search(text)
    if whole and (replaced := _replaced(whole["v"], source)):
        return text[: whole.start("v")] + replaced + text[whole.end("v") :]
    if whole and pieces and (replaced := _replaced(whole["v"], source, pieces=_MOST_PIECES)):
        return text[: whole.start("v")] + replaced + text[whole.end("v") :]
    return _QUOTATION.sub(lambda found: f"{found[1]}{_replaced(found['v'], source) or found['v']}{found[1]}", text)


def quotes(text: str) -> bool:
    """Whether a text still quotes something, after references took the place of what is in the source."""
    return any(not _REFERENCES.fullmatch(found["v"]) for found in _QUOTATION.finditer(text))


def without_references(text: str) -> str:
    """Return the text without its references: what of it is written down."""
    return _REFERENCE.sub("", text)


def restored(text: str, source: str) -> str:
    """Return the text with its quotations from the source. Raises `ValueError` where the source has no such place."""

    def replace(found: re.Match[str]) -> str:
        start, end = int(found[1]), int(found[2])
        if not start < end <= len(source):
            raise ValueError("it refers to a place that the file does not have")
        return source[start:end]

    return _REFERENCE.sub(replace, text)


def _replaced(value: str, source: str, *, pieces: int = 1) -> str:
    """References that together give the value; empty where that takes more than so many."""
    references, at = list[str](), 0
    while at < len(value):
        size = _longest(value[at:], source)
        if not size or len(references) == pieces:
            return ""
        start = source.find(value[at : at + size])
        references.append(f"{MARK}{start}:{start + size}{MARK}")
        at += size
    return "".join(references)


def _longest(value: str, source: str) -> int:
    """How much of the beginning of a value stands in the source."""
    if value in source:
        return len(value)
    # What is longer than a beginning that does not stand there does not, either.
    return bisect_left(range(1, len(value)), True, key=lambda size: value[:size] not in source)
