"""What secscan itself works out of a file's content (its statements, the hashes of its lines), kept like what scanners
say of it: under a key of all that it depends on, and believed by its HMAC alone."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import msgspec

from secscan.cache.results import Cache, Scope
from secscan.errors import MisledError


class FileFacts:
    """See `secscan.memo.Memo`. Used by one thread, as the cache is."""

    def __init__(self, cache: Cache, scope: Scope, digests: Mapping[str, str]) -> None:
        """`scope`: see `Cache`; `digests`: SHA-256 of each file's content, by its path. Of others nothing is kept."""
        self._cache = cache
        self._scope = scope
        self._digests = digests
        self._doubted: dict[bytes, bytes] = {}
        """What is worked out again, where the cache is to be verified."""

    def recall(self, work: str, parts: Mapping[str, bytes]) -> dict[str, bytes]:
        """See `Memo.recall`."""
        keys = self._keys(work, parts)
        values = self._cache.store.read(list(dict.fromkeys(keys.values())))
        if self._cache.verify:
            self._doubted.update(values)
            return {}
        return {path: values[key] for path, key in keys.items() if key in values}

    def remember(self, work: str, parts: Mapping[str, bytes], values: Mapping[str, bytes]) -> None:
        """See `Memo.remember`. Raises `MisledError` where the cache is to be verified, and had something else."""
        keys = self._keys(work, {path: parts[path] for path in values})
        found = {key: values[path] for path, key in keys.items()}
        misled = sum(key in self._doubted and self._doubted[key] != value for key, value in found.items())
        if misled:
            self._cache.drop(self._scope)
            raise MisledError.of(misled)
        self._cache.store.write(found, self._cache.scope_key(self._scope))

    def _keys(self, work: str, parts: Mapping[str, bytes]) -> dict[str, bytes]:
        scope = self._cache.scope_key(self._scope)
        return {
            path: hmac.digest(scope, msgspec.msgpack.encode((work, self._digests[path], part)), "sha256")
            for path, part in parts.items()
            if path in self._digests
        }
