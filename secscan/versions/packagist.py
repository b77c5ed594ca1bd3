"""Composer's version order. Source: https://getcomposer.org/doc/articles/versions.md and its `VersionParser`."""

from __future__ import annotations

import re

_VERSION = re.compile(
    r"v?(?P<numbers>[0-9]+(?:[.][0-9]+)*)"
    r"(?:[._-]?(?P<word>stable|alpha|beta|patch|rc|pl|a|b|p)(?P<count>(?:[.-]?[0-9]+)*))?"
    r"(?P<dev>[.-]?dev)?(?:\+[^\s]*)?"
)
_RANKS = {"alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, "": 4, "stable": 4, "patch": 5, "pl": 5, "p": 5}

Key = tuple[tuple[int, ...], int, tuple[int, ...], int]


def key(text: str) -> Key | None:
    """Return what a version is compared by; None for a branch (`dev-main`) and other texts."""
    found = _VERSION.fullmatch(text.strip().lower())
    if found is None:
        return None
    numbers = tuple(int(one) for one in found["numbers"].split("."))
    padded = (*numbers, *(0 for _ in range(4 - len(numbers))))
    count = tuple(int(one) for one in re.findall(r"[0-9]+", found["count"] or ""))
    # A development version comes before what it develops.
    return padded, 0 if found["dev"] and not found["word"] else _RANKS[found["word"] or ""], count, -bool(found["dev"])
