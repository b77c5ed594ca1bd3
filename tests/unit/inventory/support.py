"""How the tests of the readers say what a file holds."""

from __future__ import annotations

from secscan.inventory.contract import Inventory
from secscan.inventory.known import reader_of


def read(path: str, text: str | bytes) -> Inventory:
    """Read a manifest by the reader that its name calls for."""
    reader = reader_of(path)
    assert reader is not None, f"no reader for {path}"
    return reader(path, text.encode() if isinstance(text, str) else text)


def pins(inventory: Inventory) -> list[str]:
    """`name version` of each package."""
    return [f"{one.name} {one.version}" for one in inventory.packages]


def gaps(inventory: Inventory) -> list[tuple[str, str]]:
    """Kind and subject of each gap, without the path."""
    return [(gap.kind.value, gap.subject.partition(" in ")[0]) for gap in inventory.gaps]
