"""Layers upon layers: held against a model that lays whole file systems, path by path."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from secscan.images.tree import Tree, whiteout

PARTS = st.sampled_from([b"a", b"b", b"c"])
PATHS = st.lists(PARTS, min_size=1, max_size=3).map(b"/".join)
STEPS = st.lists(
    st.tuples(st.sampled_from(["file", "folder", "remove", "clear"]), PATHS, st.booleans()), min_size=1, max_size=25
)


class Model:
    """A file system as a set of paths; slow, and plainly what the specification says."""

    def __init__(self) -> None:
        self.files: dict[bytes, int] = {}

    def below(self, path: bytes) -> list[bytes]:
        return [one for one in self.files if one.startswith(path + b"/")]

    def take(self, step: str, path: bytes, layer: int) -> None:
        if step in ("file", "folder"):
            parts = path.split(b"/")
            gone = [b"/".join(parts[:count]) for count in range(1, len(parts) + 1)]
            gone += self.below(path) if step == "file" else []
            for one in gone:
                self.files.pop(one, None)
            if step == "file":
                self.files[path] = layer
        else:
            for one in [*self.below(path), *([path] if step == "remove" else [])]:
                if self.files.get(one, layer) < layer:
                    del self.files[one]


@given(STEPS)
def test_the_tree_is_what_the_specification_says(steps: list[tuple[str, bytes, bool]]) -> None:
    tree: Tree[bytes] = Tree()
    model, layer = Model(), 0
    for step, path, next_layer in steps:
        layer += next_layer
        model.take(step, path, layer)
        if step in ("file", "folder"):
            tree.lay(path, folder=step == "folder")
            if step == "file":
                tree.put(path, path, layer)
        elif step == "remove":
            tree.remove(path, layer)
        else:
            tree.clear(path, layer)
        assert [(name, number) for name, number, _ in tree.items()] == sorted(model.files.items())
    for path in model.files:
        assert tree.get(path) == path


def test_an_opaque_root_takes_all_that_was_below() -> None:
    tree: Tree[int] = Tree()
    tree.put(b"a/b", 1, 0)
    tree.put(b"c", 2, 1)
    tree.clear(b"", 1)
    assert [item for _, _, item in tree.items()] == [2]


def test_whiteouts() -> None:
    assert whiteout(b"etc/passwd") is None
    assert whiteout(b"etc/.wh.passwd") == ("file", b"etc/passwd")
    assert whiteout(b".wh.etc") == ("file", b"etc")
    assert whiteout(b"etc/.wh..wh..opq") == ("folder", b"etc")
    assert whiteout(b".wh..wh..opq") == ("folder", b"")
    assert whiteout(b".wh..wh.plnk") == ("nothing", b".wh..wh.plnk")
    for odd in (b".wh.", b"a/.wh..", b"a/.wh..."):
        assert whiteout(odd) == ("odd", odd)


def test_a_deep_tree_is_walked_without_recursion() -> None:
    tree: Tree[int] = Tree()
    tree.put(b"/".join([b"a"] * 2_000), 1, 0)
    tree.clear(b"a", 1)
    assert not list(tree.items())
