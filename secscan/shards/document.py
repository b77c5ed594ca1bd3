"""What one shard writes: what scanners said of its files. It is no saved scan and has no verdict, and every command
that reads a saved scan refuses it; `secscan merge` makes one of all shards.

What is said of a file is written as the cache of results writes it (`cache.entry`): without a secret in it. What cannot
be written so is named, and looked at again by who merges.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

import msgspec

from secscan.cache.key import derived
from secscan.cache.results import Scope
from secscan.errors import ShardError
from secscan.shards.cut import MOST, Shard

FORMAT = "secscan.shard/1"
PATTERN = "secscan-shard-*.json"
_MOST_BYTES = 1_000_000_000
_KEYED = "hmac-sha256:"


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all that is in the document."""


class Trouble(_Written, frozen=True, kw_only=True):
    """Why a scanner could not look at everything."""

    message: str
    hint: str = ""


class Part(_Written, frozen=True, kw_only=True):
    """What one scanner said of the shard's files."""

    scanner: str
    scope: Scope | None = None
    """What its word depends on beside the files; None where it could not begin, or told no version."""
    clean: tuple[str, ...] = ()
    """Files that it has looked at and has nothing to say of, by path text."""
    told: dict[str, bytes] = {}
    """Entries of the others; see `cache.entry`."""
    again: tuple[str, ...] = ()
    """Files of which what it said cannot be written down without what must not be written."""
    trouble: tuple[Trouble, ...] = ()
    seconds: float = 0.0


class Look(_Written, frozen=True, kw_only=True):
    """One target that the shard has looked at its part of."""

    digest: str
    """Of the whole target; see `findings.model.TargetInfo`."""
    kind: str
    revision: str = ""
    parts: tuple[Part, ...] = ()


class ShardResult(_Written, frozen=True, kw_only=True):
    """Everything that one shard says."""

    secscan: str
    """Version of secscan."""
    number: int
    count: int
    looks: tuple[Look, ...]
    """The target, and after it the baseline where one is scanned, too."""

    @property
    def shard(self) -> Shard:
        """Which shard it is."""
        return Shard(self.number, self.count)

    def says(self) -> bytes:
        """What two have in common that say the same, however long it took."""
        bare = [
            msgspec.structs.replace(
                look, parts=tuple(msgspec.structs.replace(part, seconds=0.0) for part in look.parts)
            )
            for look in self.looks
        ]
        return msgspec.json.encode(msgspec.structs.replace(self, looks=tuple(bare)), order="sorted")


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    seal: str
    shard: msgspec.Raw


def file_name(shard: Shard) -> str:
    """Return the name of the file that a shard writes: all can lie in one folder."""
    return f"secscan-shard-{shard.number}-of-{shard.count}.json"


def dumps(result: ShardResult, key: bytes = b"") -> bytes:
    """Return the document, sealed with a key where there is one."""
    body = msgspec.json.encode(result, order="sorted")
    return msgspec.json.encode(_Document(FORMAT, _seal(body, key), msgspec.Raw(body))) + b"\n"


def loads(data: bytes, key: bytes = b"") -> ShardResult:
    """Read a document. Raises `ShardError` for one that is damaged, or not sealed with `key` where that is given."""
    try:
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ShardError(f"it is no result of a shard: {str(error)[:200]}") from error
    if document.format != FORMAT:
        raise ShardError(f"it has the format {document.format[:60]!r}, and this secscan reads {FORMAT!r}")
    body = bytes(document.shard)
    # Who has no key can still see that nothing was lost on the way, unless a key was used.
    sealed = document.seal.encode("utf-8", "replace")
    if (key or not document.seal.startswith(_KEYED)) and not hmac.compare_digest(sealed, _seal(body, key).encode()):
        why = "was not sealed with the key that is given here" if key else "is damaged: its seal does not fit"
        raise ShardError(f"it {why}")
    try:
        result = msgspec.json.decode(body, type=ShardResult)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ShardError(f"it is damaged: {str(error)[:200]}") from error
    if not 1 <= result.number <= result.count <= MOST:
        raise ShardError(f"it is damaged: there is no shard {result.number} of {result.count}")
    return result


def load(path: Path, key: bytes = b"") -> ShardResult:
    """Read the document at `path`. Raises `ShardError`."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ShardError(f"it is larger than {_MOST_BYTES} bytes")
        return loads(path.read_bytes(), key)
    except OSError as error:
        raise ShardError(f"it cannot be read: {os.strerror(error.errno or 0)}") from error


def _seal(body: bytes, key: bytes) -> str:
    """What tells that the document is as its writer left it; without a key, only that nothing was lost on the way."""
    if key:
        return _KEYED + hmac.digest(derived(key, "shards"), body, "sha256").hex()
    return "sha256:" + hashlib.sha256(body).hexdigest()
