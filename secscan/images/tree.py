"""What is left of the files of all layers when each has been laid upon those below it.

Source: "Representing Changes" of https://github.com/opencontainers/image-spec/blob/main/layer.md: an entry replaces
what was at its path, a file `.wh.NAME` removes NAME of the layers below, and `.wh..wh..opq` all that they have in its
folder.
Only files that somebody wants are kept here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")

_WHITEOUT, _OPAQUE, _OWN = b".wh.", b".wh..wh..opq", b".wh..wh."


class _Node(Generic[ItemT]):
    __slots__ = ("inner", "item", "layer")

    def __init__(self) -> None:
        self.inner: dict[bytes, _Node[ItemT]] = {}
        self.item: ItemT | None = None
        self.layer = -1


class Tree(Generic[ItemT]):
    """Items by path, each of the layer that brought it last."""

    def __init__(self) -> None:
        self._root: _Node[ItemT] = _Node()

    def put(self, path: bytes, item: ItemT, layer: int) -> None:
        """Put what a layer has at a path."""
        node = self._root
        for part in path.split(b"/"):
            node = node.inner.setdefault(part, _Node())
        node.item, node.layer = item, layer

    def get(self, path: bytes) -> ItemT | None:
        """Return what lies at a path; None where nothing does that is kept."""
        node: _Node[ItemT] | None = self._root
        for part in path.split(b"/"):
            node = node.inner.get(part) if node else None
        return node.item if node else None

    def lay(self, path: bytes, *, folder: bool) -> ItemT | None:
        """Take away what an entry at a path replaces: a file above it, and all below it unless it is a folder. Returns
        what lay at the path itself."""
        node = self._root
        *above, last = path.split(b"/")
        for part in above:
            found = node.inner.get(part)
            if found is None:
                return None
            found.item = None
            node = found
        old = node.inner.get(last)
        if old is None:
            return None
        item = old.item
        if folder:
            old.item = None
        else:
            del node.inner[last]
        return item

    def remove(self, path: bytes, layer: int) -> None:
        """Take away what layers below `layer` have at and below a path."""
        *above, last = path.split(b"/")
        node = self._find(above)
        if node is not None and last in node.inner:
            _below(node.inner[last], layer, itself=True)

    def clear(self, folder: bytes, layer: int) -> None:
        """Take away all that layers below `layer` have in a folder; of an empty path, in all of them."""
        node = self._find(folder.split(b"/") if folder else [])
        if node is not None:
            _below(node, layer, itself=False)

    def items(self) -> Iterator[tuple[bytes, int, ItemT]]:
        """Yield path, layer and item of everything, sorted by path."""
        stack = [(b"", self._root)]
        found = []
        while stack:
            path, node = stack.pop()
            if node.item is not None:
                found.append((path, node.layer, node.item))
            stack += [(path + b"/" + name if path else name, inner) for name, inner in node.inner.items()]
        yield from sorted(found, key=lambda one: one[0])

    def _find(self, parts: list[bytes]) -> _Node[ItemT] | None:
        node: _Node[ItemT] | None = self._root
        for part in parts:
            node = node.inner.get(part) if node else None
        return node


def _below(top: _Node[ItemT], layer: int, *, itself: bool) -> None:
    stack = list(top.inner.values()) if not itself else [top]
    while stack:
        node = stack.pop()
        if node.layer < layer:
            node.item = None
        stack += node.inner.values()


def whiteout(path: bytes) -> tuple[str, bytes] | None:
    """Return what an entry takes away: `file` or `folder`, and the path; None for one that is no whiteout.

    `nothing`: bookkeeping of a storage driver. `odd`: a name that looks like one, and on which engines do not agree.
    """
    if _WHITEOUT not in path:
        return None
    folder, _, name = path.rpartition(b"/")
    if not name.startswith(_WHITEOUT):
        return None
    if name == _OPAQUE:
        return "folder", folder
    hidden = name[len(_WHITEOUT) :]
    if name.startswith(_OWN):
        return "nothing", path
    if hidden in (b"", b".", b".."):
        return "odd", path
    return "file", folder + b"/" + hidden if folder else hidden
