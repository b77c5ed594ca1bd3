"""Which unchanged files a changed one is read with.

A manifest that names ranges means what its lock file says; a requirements file means what it includes, too; a Compose
service is what it extends. Where one of them was changed the others are looked at with it, from the same index or
commit: alone it would be a gap, or say something else.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from secscan.findings.paths import decode_path, encode_path
from secscan.targets.git import EXECUTABLE, REGULAR, Change, Entry

_MAY_CONCERN = re.compile(
    rb"(?i)(?:requirements?|constraints?|reqs|lock|locked|sum|mod|toml|cfg|pipfile|gemfile|gems|package|composer"
    rb"|gradle|mix\.|pubspec|proj|props|pom|compose)"
)
"""Over the last parts of a path: without any of these words a file has no companions. It saves reading the index."""
_COMPOSE = re.compile(rb"(?i)(?:.*[._-])?compose(?:[._-].*)?\.ya?ml")
_NAMED = re.compile(rb"[^\s\"'\[\]{},#&*!|>]+\.ya?ml")
_LIST = (b".txt", b".in", b".pip")
"""How files end that a requirements file includes, whatever they are called."""
_MOST_BYTES = 20_000_000
_MOST_LISTS = 500
"""Requirements files that are read to find the one that includes a changed file."""

Blobs = Callable[[Iterable[str]], Iterator[tuple[str, bytes | None]]]


def companions_of(
    changes: Sequence[Change], entries: Callable[[], tuple[Entry, ...]], blobs: Blobs
) -> tuple[Change, ...]:
    """Return the files that are read with those of `changes` and are not among them, as if they had been added.

    `entries` gives all files that are there, `blobs` the content of objects. Paths are those of the whole work tree.
    """
    asked = [one.path for one in changes if _may_concern(one.path) or one.path.endswith(_LIST)]
    if not asked:
        return ()
    files = {one.path: one for one in entries() if one.mode in (REGULAR, EXECUTABLE) and not one.stage}
    finder = _Finder(files, blobs)
    seen = set(asked)
    todo = deque([*asked, *finder.that_include(seen)])
    seen.update(todo)
    while todo:
        for other in finder.read_with(todo.popleft()):
            if other in files and other not in seen:
                seen.add(other)
                todo.append(other)
    changed = {one.path for one in changes}
    return tuple(
        Change("A", files[path].mode, files[path].oid, path) for path in sorted(seen - changed) if path in files
    )


class _Finder:
    """Finds what is read with a file among those that are there."""

    def __init__(self, files: dict[bytes, Entry], blobs: Blobs) -> None:
        self._files = files
        self._blobs = blobs
        self._included: set[bytes] = set()
        """What requirements files include is one, whatever it is called."""
        self._folders: dict[bytes, list[bytes]] = {}
        for path in files:
            if _may_concern(path):
                self._folders.setdefault(path.rpartition(b"/")[0], []).append(path)

    def that_include(self, changed: Iterable[bytes]) -> list[bytes]:
        """The requirements files that include one of the changed files which does not say by its name what it is."""
        wanted = {path for path in changed if path.endswith(_LIST) and not _is_list(path)}
        if not wanted:
            return []
        lists = [path for path in self._files if path.endswith(_LIST) and _is_list(path)]
        return [path for path in lists[:_MOST_LISTS] if wanted.intersection(self._includes(path))]

    def read_with(self, path: bytes) -> Iterator[bytes]:
        """Yield the files that are read with one."""
        folder = path.rpartition(b"/")[0]
        for other in self._folders.get(folder, ()):
            if _says_of(path, other) or _says_of(other, path):
                yield other
        while folder:  # a lock file holds the parts of a project below it together
            folder = folder.rpartition(b"/")[0]
            yield from (other for other in self._folders.get(folder, ()) if _says_of(other, path))
        if path in self._files and (path in self._included or _is_list(path)):
            yield from self._includes(path)
        if path in self._files and _COMPOSE.fullmatch(path.rpartition(b"/")[2]):
            folder = posixpath.dirname(path)
            for name in set(_NAMED.findall(self._content(path))):
                yield posixpath.normpath(posixpath.join(folder, name))

    def _includes(self, path: bytes) -> list[bytes]:
        from secscan.inventory.requirements import read_requirements

        found = [decode_path(name) for name in read_requirements(encode_path(path), self._content(path)).includes]
        self._included.update(found)
        return found

    def _content(self, path: bytes) -> bytes:
        data = next((data for _, data in self._blobs([self._files[path].oid])), None)
        return data if data is not None and len(data) <= _MOST_BYTES else b""


def _may_concern(path: bytes) -> bool:
    return _MAY_CONCERN.search(b"/".join(path.rsplit(b"/", 2)[-2:])) is not None


def _is_list(path: bytes) -> bool:
    """Whether a file is a requirements file by its name."""
    from secscan.inventory.known import read_requirements, reader_of

    return reader_of(encode_path(path)) is read_requirements


def _says_of(lock: bytes, manifest: bytes) -> bool:
    """Whether the one is the lock file of the other; `go.mod` is what says which lines of `go.sum` count."""
    from secscan.inventory.known import LOCKED_BESIDE, is_lock_of, lock_path

    one, other = encode_path(lock), encode_path(manifest)
    name = posixpath.basename(other)
    if (posixpath.basename(one), name) == ("go.sum", "go.mod"):
        return True
    return is_lock_of(one, other) or posixpath.basename(lock_path(one)) in LOCKED_BESIDE.get(name, ())
