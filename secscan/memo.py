"""What our own work on a file's content came to before; the cache of results fills it (`cache.facts`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Memo(Protocol):
    """Remembers what was worked out of files' contents."""

    def recall(self, work: str, parts: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return what this work came to, by path, where that is known. `parts` gives, by path, what it depends on
        besides the file's content and our own source."""
        ...

    def remember(self, work: str, parts: Mapping[str, bytes], values: Mapping[str, bytes]) -> None:
        """Remember what it came to, for the same `parts`. No value may hold a secret."""
        ...


class NoMemo:
    """Remembers nothing."""

    def recall(self, work: str, parts: Mapping[str, bytes]) -> dict[str, bytes]:  # noqa: ARG002 - the protocol's
        """See `Memo.recall`."""
        return {}

    def remember(self, work: str, parts: Mapping[str, bytes], values: Mapping[str, bytes]) -> None:
        """See `Memo.remember`."""
