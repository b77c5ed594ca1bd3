"""Writes down what scanners say of a shard's files while they run. To them it is the cache that they have anyway."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping

from secscan.cache.entry import Said, may_be_kept, packed
from secscan.cache.results import Cache, Scope
from secscan.errors import TargetError
from secscan.shards.document import Part, Trouble
from secscan.targets.contract import SourceFile


@dataclasses.dataclass
class _Scanner:
    scope: Scope
    files: frozenset[str]
    said: dict[str, Said]
    read: Callable[[str], bytes]
    """Gives the files as they are shown to it."""


class Recorder:
    """See the module's description. Keeps `cache.results.Memory`."""

    def __init__(self, cache: Cache | None = None) -> None:
        self._cache = cache
        self._scanners: dict[str, _Scanner] = {}

    @property
    def verify(self) -> bool:
        """See `Cache.verify`."""
        return self._cache is not None and self._cache.verify

    def known(self, scope: Scope, files: Iterable[SourceFile], read: Callable[[str], bytes]) -> dict[str, Said]:
        """See `Cache.known`."""
        files = tuple(files)
        found = self._cache.known(scope, files, read) if self._cache else {}
        self._scanners[scope.scanner] = _Scanner(scope, frozenset(file.path for file in files), dict(found), read)
        return found

    def remember(self, scope: Scope, said: Mapping[SourceFile, Said]) -> None:
        """See `Cache.remember`."""
        self._scanners[scope.scanner].said.update({file.path: one for file, one in said.items()})
        if self._cache:
            self._cache.remember(scope, said)

    def drop(self, scope: Scope) -> None:
        """See `Cache.drop`."""
        self._scanners[scope.scanner].said.clear()
        if self._cache:
            self._cache.drop(scope)

    def keep(self, read: Callable[[str], bytes], *, changed: frozenset[str]) -> None:
        """See `Cache.keep`."""
        if self._cache:
            self._cache.keep(read, changed=changed)

    def part(
        self,
        scanner: str,
        *,
        changed: Collection[str],
        trouble: tuple[Trouble, ...],
        seconds: float,
    ) -> Part:
        """Return what a scanner said, to be written down. `changed`: files that are no longer what was looked at."""
        known = self._scanners.get(scanner)
        if known is None:
            return Part(scanner=scanner, trouble=trouble, seconds=seconds)
        clean: list[str] = []
        told: dict[str, bytes] = {}
        again: set[str] = set()
        for path, said in sorted(known.said.items()):
            entry = _packed(said, path, known.read) if path not in changed else None
            if entry is None:
                again.add(path)
            elif said.findings or said.gaps:
                told[path] = entry
            else:
                clean.append(path)
        if not trouble:  # it has looked at everything, if in a way that could not be told by file
            again |= known.files - known.said.keys()
        return Part(
            scanner=scanner,
            scope=known.scope,
            clean=tuple(clean),
            told=told,
            again=tuple(sorted(again)),
            trouble=trouble,
            seconds=seconds,
        )


def _packed(said: Said, path: str, read: Callable[[str], bytes]) -> bytes | None:
    try:
        return packed(said, path, read) if may_be_kept(said, path) else None
    except TargetError:  # it was changed in the meantime
        return None
