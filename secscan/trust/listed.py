"""The user's own list of what is trusted: by folder, the files that count and the digest of each.

The list lies in the user's configuration folder (XDG Base Directory Specification), never in a scanned tree. One that
somebody else could have written is not read. It keeps the content of what was trusted, to show what has changed since;
what is compared is the digest.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from secscan.errors import ConfigError
from secscan.files import write_atomic
from secscan.findings.paths import encode_path
from secscan.own_folders import own_folder

FORMAT = "secscan.trusted/1"
MAX_BYTES = 50_000_000
"""Of the list."""
_MAX_KEPT = 1_000_000
"""Larger contents are known by their digest only."""


class TrustedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file, as it was trusted."""

    digest: str
    """SHA-256, hexadecimal."""
    size: int
    kept: bytes = b""
    """The content, compressed; empty for a large one."""

    @property
    def content(self) -> bytes | None:
        """The content; None where it was not kept, or is not what the digest says."""
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(self.kept, _MAX_KEPT)
        except zlib.error:
            return None
        return data if hashlib.sha256(data).hexdigest() == self.digest else None


class TrustedTree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder whose files count."""

    folder: str
    """Its real path, as path text."""
    since: str
    """RFC 3339."""
    files: dict[str, TrustedFile] = {}
    """By path text, relative to the folder."""

    def holds(self, path: str, data: bytes) -> bool:
        """Whether a file has the content that was trusted."""
        known = self.files.get(path)
        return known is not None and known.digest == hashlib.sha256(data).hexdigest()


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    trees: tuple[TrustedTree, ...] = ()


def list_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the list lies. Raises `ConfigError` for a user without a home."""
    return own_folder("XDG_CONFIG_HOME", environment) / "trusted.json"


def trusted_file(data: bytes) -> TrustedFile:
    """Return a content as it is kept in the list."""
    kept = zlib.compress(data, 9) if len(data) <= _MAX_KEPT else b""
    return TrustedFile(digest=hashlib.sha256(data).hexdigest(), size=len(data), kept=kept)


def read_list(path: Path) -> tuple[TrustedTree, ...]:
    """Return the trees of a list; none where there is no list.

    Raises `ConfigError` for one that others could have written, or that cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _broken(path, f"cannot be read: {os.strerror(error.errno or 0)}") from error
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise _open_to_others(path)
        data = stream.read(MAX_BYTES + 1)
    for folder in Path(os.path.realpath(path)).parents:
        if _is_open_to_others(folder):
            raise _open_to_others(folder)
    try:
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _broken(path, "is not a list of trusted folders") from error
    if document.format != FORMAT or len(data) > MAX_BYTES:
        raise _broken(path, f"is not of the format {FORMAT}")
    return document.trees


def tree_of(trees: tuple[TrustedTree, ...], folder: Path) -> TrustedTree | None:
    """Return what is trusted of a folder, given by its real path."""
    name = encode_path(os.fsencode(folder))
    return next((one for one in trees if one.folder == name), None)


@contextlib.contextmanager
def changing(path: Path) -> Iterator[dict[str, TrustedTree]]:
    """Give the trees by folder to be changed, and write them at the end. Others who change the list wait."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(
        path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    with os.fdopen(descriptor, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        trees = {one.folder: one for one in read_list(path)}
        yield trees
        document = _Document(format=FORMAT, trees=tuple(tree for _, tree in sorted(trees.items())))
        write_atomic(path, msgspec.json.encode(document) + b"\n", private=True)


def _is_open_to_others(folder: Path) -> bool:
    """Whether another user could put something else in the place of what lies in a folder."""
    status = folder.stat()
    writable = status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX
    return bool(writable) or status.st_uid not in (0, os.geteuid())


def _open_to_others(path: Path) -> ConfigError:
    return ConfigError(
        f"{path} belongs to, or can be written by, another user, so nothing is trusted by it",
        hint=f"look at it, then: chmod go-w {path}",
    )


def _broken(path: Path, why: str) -> ConfigError:
    return ConfigError(f"the list of what is trusted, {path}, {why}", hint="remove it, and trust your folders again")
