"""What findings have in common, each once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import msgspec

from secscan.reports.json_parts import plain_json


class Shared:
    """The values of one page, by their positions. What is empty has none."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        """As JSON."""
        self.names: set[str] = set()
        """Members of findings that hold positions."""
        self._places: dict[str | bytes, int] = {}
        """Positions: of a text by itself, of any other value by its JSON."""
        self._groups: dict[Hashable, dict[str, int]] = {}

    def positions(self, members: Mapping[str, Any]) -> dict[str, int]:
        """Return the positions of members."""
        return {name: self._place(name, value) for name, value in members.items() if value}

    def group(self, key: Hashable, members: Callable[[], Mapping[str, Any]]) -> dict[str, int]:
        """Return the positions of members that many findings have alike. `key` is all that they are made of, and they
        are made once for each."""
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = self.positions(members())
        return found

    def _place(self, name: str, value: Any) -> int:
        key = value if isinstance(value, str) else msgspec.json.encode(value, order="sorted")
        at = self._places.get(key)
        if at is None:
            at = self._places[key] = len(self.values)
            self.values.append(in_order(value))
        self.names.add(name)
        return at


def in_order(value: Any) -> bytes:
    """Return a value as JSON with nothing invisible in its texts, its members sorted."""
    return plain_json(value, "sorted")
