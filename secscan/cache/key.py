"""The key that entries are authenticated with: a poisoned cache would be an open gate.

It is made at first use and lies in the user's folder of settings, not in that of the cache, which is carried around.
Machines that share a cache are given a key by the environment variable `SECSCAN_CACHE_KEY`.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import secrets
import stat
import tempfile
from pathlib import Path

from secscan.errors import CacheError, ConfigError
from secscan.own_folders import own_folder

KEY_VARIABLE = "SECSCAN_CACHE_KEY"
_SHORTEST = 32
_WRITTEN = re.compile(r"[0-9a-f]{64}\n?")


def given_key() -> bytes:
    """Return the key that the environment gives; empty for none. Raises `CacheError` for a short one."""
    key = os.environ.get(KEY_VARIABLE, "")
    if key and len(key) < _SHORTEST:
        raise CacheError(
            f"{KEY_VARIABLE} has fewer than {_SHORTEST} characters",
            hint="make one with `openssl rand -hex 32`, and keep it in your secret store",
        )
    return key.encode()


def own_key(place: Path | None = None) -> bytes:
    """Return this user's key, and make it where there is none. Raises `CacheError`."""
    try:
        path = place or own_folder("XDG_CONFIG_HOME") / "cache.key"
    except ConfigError as error:
        raise CacheError(f"there is no place for the key of the cache: {error.message}", hint=error.hint) from error
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise CacheError(
            f"the key of the cache, {path}, cannot be used: {os.strerror(error.errno or 0)}",
            hint=f"make its folder writable, give a key by {KEY_VARIABLE}, or scan with --no-cache",
        ) from error


def derived(key: bytes, purpose: str) -> bytes:
    """Return a key for one purpose: HMAC-SHA256 of its name."""
    return hmac.digest(key, f"secscan cache 1: {purpose}".encode(), "sha256")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".cache.key.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        # Of two scans that make one at the same time the first wins, and both use it.
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as stream:
        about = os.fstat(descriptor)
        text = stream.read(100) if stat.S_ISREG(about.st_mode) else ""
    if about.st_uid != os.geteuid() or about.st_mode & 0o077 or not _WRITTEN.fullmatch(text):
        raise CacheError(
            f"{path} is not a key that only you can read", hint="remove it, and the next scan makes another one"
        )
    return text.strip().encode()
