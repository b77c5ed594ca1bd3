"""The cache as scanners' runs use it: what is known of which files, and what is kept of a run."""

from __future__ import annotations

import contextlib
import hmac
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from secscan.cache.entry import Said, may_be_kept, packed, unpacked
from secscan.cache.key import derived, given_key, own_key
from secscan.cache.store import MOST_BYTES, Store
from secscan.errors import CacheError, ConfigError, TargetError
from secscan.own_folders import own_folder
from secscan.targets.contract import SourceFile

KeptBy = Literal["", "content", "path"]
"""What a scanner's word on a file depends on, besides the scanner: its content and language alone, or its path, too.
Empty: on more than that, so that nothing is kept."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the file that a scanner's word depends on. A change of any of it is another scope."""

    scanner: str
    version: str
    """Of the tool."""
    rules: str
    """Digest of its rules."""
    options: str
    """Whatever else it is told; see `FileScanner.options`."""
    programs: tuple[str, ...]
    """What tells the builds of its programs from others."""
    secscan: str
    """Version of secscan."""
    source: str
    """Digest of secscan's own source (the adapters, their parsers, and the words they find), and of an adapter that
    comes from elsewhere."""
    python: str
    kept_by: KeptBy


class Memory(Protocol):
    """Where what is said of files is kept, and what is known of them comes from."""

    @property
    def verify(self) -> bool:
        """See `Cache.verify`."""

    def known(self, scope: Scope, files: Iterable[SourceFile], read: Callable[[str], bytes]) -> dict[str, Said]:
        """See `Cache.known`."""
        ...

    def remember(self, scope: Scope, said: Mapping[SourceFile, Said]) -> None:
        """See `Cache.remember`."""

    def drop(self, scope: Scope) -> None:
        """See `Cache.drop`."""


class Cache:
    """An open cache. Used by one thread at a time; other threads and processes open it for themselves."""

    def __init__(self, store: Store, key: bytes, *, verify: bool = False) -> None:
        self.store = store
        self.verify = verify
        """Whether a sample of what is known is looked at again, also where nothing else is to be done."""
        self._key = derived(key, "keys")
        self._remembered: dict[Scope, dict[SourceFile, Said]] = {}
        self._shown: dict[Scope, Callable[[str], bytes]] = {}

    def known(self, scope: Scope, files: Iterable[SourceFile], read: Callable[[str], bytes]) -> dict[str, Said]:
        """Return what the scanner is known to say of the files, by path.

        `read` gives them as they are shown to it: what is said quotes that, also what is remembered.
        """
        self._shown[scope] = read
        keys = self._keys(scope, files)
        entries = self.store.read(list(dict.fromkeys(keys.values())))
        known = {}
        for path, key in keys.items():
            if key not in entries:
                continue
            try:
                said = unpacked(entries[key], path, read)
            except TargetError:  # it was changed in the meantime: whoever looks at it tells
                continue
            if said is not None and said.scanner == scope.scanner and may_be_kept(said, path):
                known[path] = said
        return known

    def remember(self, scope: Scope, said: Mapping[SourceFile, Said]) -> None:
        """Remember what a run said of files, to be kept when it is known that they are still what they were."""
        for file, one in said.items():
            if may_be_kept(one, file.path):
                self._remembered.setdefault(scope, {})[file] = one

    def keep(self, read: Callable[[str], bytes], *, changed: frozenset[str]) -> None:
        """Write what was remembered, but for files that were changed while they were looked at."""
        for scope, said in self._remembered.items():
            keys = self._keys(scope, said)
            values = {}
            shown = self._shown.get(scope, read)
            for file, one in said.items():
                with contextlib.suppress(TargetError):
                    entry = packed(one, file.path, shown) if file.path not in changed else None
                    if entry is not None:
                        values[keys[file.path]] = entry
            self.store.write(values, self.scope_key(scope))
        self._remembered.clear()
        self._shown.clear()

    def drop(self, scope: Scope) -> None:
        """Throw away everything that is known by this scope."""
        self._remembered.pop(scope, None)
        self.store.drop(self.scope_key(scope))

    def scope_key(self, scope: Scope) -> bytes:
        """Return what the keys of all that is kept by a scope are derived from."""
        return hmac.digest(self._key, msgspec.json.encode(scope), "sha256")

    def _keys(self, scope: Scope, files: Iterable[SourceFile]) -> dict[str, bytes]:
        scope_key = self.scope_key(scope)
        return {
            file.path: hmac.digest(scope_key, msgspec.json.encode(_about(file, scope.kept_by)), "sha256")
            for file in files
        }


def open_cache(folder: Path | None = None, *, verify: bool = False, most_bytes: int = MOST_BYTES) -> Cache:
    """Open the cache in a folder, else in the user's own. Raises `CacheError`."""
    place = folder or usual_folder()
    if place is None:
        raise CacheError("there is no home folder, so that you have no cache of your own", hint="name one by --cache")
    shared = given_key()
    key = shared or own_key()
    return Cache(Store(place, key, shared=bool(shared), most_bytes=most_bytes), key, verify=verify)


def usual_folder() -> Path | None:
    """Return the user's own folder (XDG); None for a user without a home."""
    try:
        folder = own_folder("XDG_CACHE_HOME")
    except ConfigError:
        return None
    home = os.path.expanduser("~")  # noqa: PTH111 - unlike `Path.home`, it raises nothing for who has none
    # Accounts of services have a home that is only a name.
    return None if folder.is_relative_to(home) and not os.path.isdir(home) else folder / "results"  # noqa: PTH112


def _about(file: SourceFile, kept_by: KeptBy) -> tuple[str, str, str]:
    """What of a file is in its key. Its ending is always: a scanner may be shown a copy that has the same."""
    _, dot, ending = file.path.rpartition("/")[2].rpartition(".")
    return file.digest, file.language, file.path if kept_by == "path" else dot + ending
