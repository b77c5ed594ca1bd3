"""Keeps what scanners quote from a file out of what is kept of it: a secret is never written into the cache.

A quotation is replaced by where it stands in the file (characters from, up to). Whoever has the file, which a hit needs
anyway, can put it back; whoever has only the cache cannot. The texts of an earlier scan are thus the very ones, and are
scrubbed with those of today.
"""

from __future__ import annotations

import re

_SHORTEST = 3
_QUOTATION = re.compile(r"(['\"`])(?P<v>.{%d,}?)\1" % _SHORTEST, re.DOTALL)
_LONGEST = re.compile(r"(['\"`])(?P<v>.{%d,})\1" % _SHORTEST, re.DOTALL)
_REFERENCE = re.compile("\0(\\d+):(\\d+)\0")
MARK = "\0"
"""Begins and ends a reference. A text that holds one by itself is not kept."""


def text_of(data: bytes) -> str:
    """The text of a file as references count it."""
    return data.decode("utf-8", errors="replace")


def withheld(text: str, source: str) -> str:
    """Return the text with everything that stands in quotes, and in the source, as references to it."""
    whole = _LONGEST.search(text)
    if whole and (replaced := _replaced(whole, source)) is not None:
        return text[: whole.start("v")] + replaced + text[whole.end("v") :]

    def replace(found: re.Match[str]) -> str:
        inner = _replaced(found, source)
        return found.group() if inner is None else f"{found[1]}{inner}{found[1]}"

    return _QUOTATION.sub(replace, text)


def quotes(text: str) -> bool:
    """Whether a text still quotes something, after references took the place of what is in the source."""
    return any(not _REFERENCE.fullmatch(found["v"]) for found in _QUOTATION.finditer(text))


def restored(text: str, source: str) -> str:
    """Return the text with its quotations from the source. Raises `ValueError` where the source has no such place."""

    def replace(found: re.Match[str]) -> str:
        start, end = int(found[1]), int(found[2])
        if not start < end <= len(source):
            raise ValueError("it refers to a place that the file does not have")
        return source[start:end]

    return _REFERENCE.sub(replace, text)


def _replaced(found: re.Match[str], source: str) -> str | None:
    at = source.find(found["v"])
    return None if at < 0 else f"{MARK}{at}:{at + len(found['v'])}{MARK}"
