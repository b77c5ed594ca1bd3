"""Where entries lie: one SQLite file, which many processes may use at once.

Nothing in it is believed. An entry carries an HMAC-SHA256 over its key and its value, and one that does not hold is as
good as none; so is everything in a file that is damaged or made by somebody else. Losing all of it costs time, never a
result: what cannot be read is a miss, what cannot be written is not kept.

SQLite rather than a file per entry: measured (`benchmarks.cache`), 10,000 entries are read in a quarter of the time,
written in a tenth, and take a fifteenth of the disk.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from secscan.cache.key import derived
from secscan.errors import CacheError

FILE_NAME = "results-1.sqlite"
"""The number is that of the format."""
MOST_BYTES = 512_000_000
_SCHEMA = (
    "CREATE TABLE results (id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, used INTEGER NOT NULL, value BLOB NOT NULL)"
)
_MOST_OF_ONE = 64_000_000
"""Bytes of one entry; somebody else's could take all memory."""
_ONE = "SELECT id, used, value FROM results WHERE id = ? AND length(value) <= ?"
_ALL = "SELECT id, used, CASE WHEN length(value) <= ? THEN value END FROM results"
_MAC_BYTES = 32
_AT_ONCE = 500
"""Rows of one transaction: no lock is held for long."""
_DAY = 86_400
_PATIENCE = 2.0
"""Seconds to wait for another process that writes."""
_KEPT_AFTER_EVICTION = 0.8


@dataclass(frozen=True)
class Told:
    """What a person wants to know of a store."""

    entries: int
    bytes: int
    """On disk."""
    not_ours: int
    """Entries that are damaged, or authenticated by another key."""
    last_used: int
    """The day of the entry that was not used for longest, in seconds since 1970; 0 where there is none."""


class Store:
    """Values by key (32 bytes, as `entry_key` makes them). Raises nothing but `CacheError`, and that only when it is
    opened on a folder that others can write to."""

    def __init__(self, folder: Path, key: bytes, *, shared: bool = False, most_bytes: int = MOST_BYTES) -> None:
        """`shared`: the folder may be another user's; entries are believed by the key alone."""
        self.path = folder / FILE_NAME
        self.problem = ""
        """What hinders it, in words; empty where nothing does."""
        self._mac_key = derived(key, "entries")
        self._most_bytes = most_bytes
        self._connection: sqlite3.Connection | None = None
        _check_folder(folder, shared=shared)
        self._connection = self._opened()

    def close(self) -> None:
        """Close it."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def read(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the values that are there and authentic, and note that they were used."""
        found: dict[bytes, bytes] = {}
        stale: list[tuple[int, int]] = []
        today = _today()
        with self._careful("read"):
            for key in keys:
                for _, used, stored in self._rows(_ONE, (_row_id(key), _MOST_OF_ONE)):
                    value = self._authentic(key, stored)
                    if value is not None:
                        found[key] = value
                        stale += [(today, _row_id(key))] if used != today else []
        with self._careful("written"):
            self._each("UPDATE results SET used = ? WHERE id = ?", stale)
        return found

    def write(self, values: Mapping[bytes, bytes], scope: bytes) -> None:
        """Keep values under their keys. `scope` is what they are dropped by."""
        today, number = _today(), _row_id(scope)
        rows = [(_row_id(key), number, today, self._mac(key, value) + value) for key, value in values.items()]
        with self._careful("written"):
            self._each("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", rows)
            self._evict()

    def drop(self, scope: bytes) -> None:
        """Remove all that was kept under a scope."""
        with self._careful("written"):
            self._rows("DELETE FROM results WHERE scope = ?", [_row_id(scope)])

    def clear(self) -> None:
        """Remove everything, and the file with it."""
        self.close()
        for name in ("", "-wal", "-shm"):
            try:
                self.path.with_name(self.path.name + name).unlink(missing_ok=True)
            except OSError as error:
                self.problem = f"it cannot be removed: {os.strerror(error.errno or 0)}"

    def told(self, *, remove: bool = False) -> Told:
        """Return what is there; `remove` takes out what is not ours."""
        entries, last, strange = 0, 0, list[int]()
        with self._careful("read"):
            for number, used, value in self._rows(_ALL, (_MOST_OF_ONE,)):
                entries += 1
                if self._looks_ours(number, value) is None:
                    strange.append(number)
                elif isinstance(used, int) and 0 < used <= _today():
                    last = min(last or used, used)
        if remove:
            with self._careful("written"):
                self._each("DELETE FROM results WHERE id = ?", [(number,) for number in strange])
        size = sum(_size(self.path.with_name(self.path.name + name)) for name in ("", "-wal"))
        return Told(entries=entries, bytes=size, not_ours=len(strange), last_used=last * _DAY)

    def _looks_ours(self, number: int, value: object) -> bytes | None:
        """The key of an entry stands in no column, but in its value, so that all can be checked."""
        if not isinstance(value, bytes) or len(value) < 2 * _MAC_BYTES:
            return None
        key = value[_MAC_BYTES : 2 * _MAC_BYTES]
        return self._authentic(key, value) if _row_id(key) == number else None

    def _mac(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(self._mac_key, key + value, "sha256") + key

    def _authentic(self, key: bytes, stored: object) -> bytes | None:
        if not isinstance(stored, bytes):
            return None
        value = stored[2 * _MAC_BYTES :]
        return value if hmac.compare_digest(stored[: 2 * _MAC_BYTES], self._mac(key, value)) else None

    def _rows(self, statement: str, values: Sequence[object] = ()) -> Iterator[tuple[int, object, object]]:
        return iter(self._connection.execute(statement, values) if self._connection else [])

    def _each(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a statement for each row, in short transactions."""
        for start in range(0, len(rows), _AT_ONCE):
            if self._connection is not None:
                with _transaction(self._connection):
                    self._connection.executemany(statement, rows[start : start + _AT_ONCE])

    @contextlib.contextmanager
    def _careful(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # locked, full, read-only: for the moment
            self.problem = f"it cannot be {what}: {error}"
        except sqlite3.Error as error:
            self.problem = f"it is damaged, and was thrown away: {error}"
            self._throw_away()

    def _throw_away(self) -> None:
        told = self.problem
        self.clear()
        self.problem = told

    def _opened(self) -> sqlite3.Connection | None:
        for _ in range(2):
            try:
                return _connect(self.path)
            except sqlite3.OperationalError as error:
                self.problem = f"it cannot be written: {error}"
                return self._only_read()
            except sqlite3.DatabaseError as error:
                self.problem = f"it is damaged, and was thrown away: {error}"
                self._throw_away()
        return None

    def _only_read(self) -> sqlite3.Connection | None:
        """In a folder that cannot be written to, SQLite has no place for its lock; it is read as if nobody wrote, and
        what is torn by that is not authentic."""
        try:
            connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            _refuse_strange(connection)
        except sqlite3.Error:
            return None
        return connection

    def _evict(self) -> None:
        """Throw out what was not used for longest, once the file is too large."""
        if self._connection is None or self._used_bytes() <= self._most_bytes:
            return
        while (used := self._used_bytes()) > self._most_bytes * _KEPT_AFTER_EVICTION:
            (count,) = self._connection.execute("SELECT count(*) FROM results").fetchone()
            wanted = self._most_bytes * _KEPT_AFTER_EVICTION
            some = min(_AT_ONCE, max(1, int(count * (1 - wanted / used)) + 1))
            with _transaction(self._connection):
                self._connection.execute(
                    "DELETE FROM results WHERE id IN (SELECT id FROM results ORDER BY used, id LIMIT ?)", (some,)
                )
            if some >= count:
                break
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()

    def _used_bytes(self) -> int:
        if self._connection is None:
            return 0
        values = [
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        ]
        return int((values[0] - values[1]) * values[2])


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    for name in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + name)
        if beside.is_symlink() or (beside.exists() and not beside.is_file()):
            raise sqlite3.DatabaseError(f"{beside.name} is no plain file")
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        if sys.version_info >= (3, 12):
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute(_SCHEMA.replace("TABLE", "TABLE IF NOT EXISTS"))
            path.chmod(0o600)
        _refuse_strange(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA journal_size_limit = 16000000").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_strange(connection: sqlite3.Connection) -> None:
    """Views and triggers of somebody else's making would run with our statements."""
    connection.text_factory = bytes  # of another's making it may be no text
    if connection.execute("SELECT sql FROM sqlite_master").fetchall() != [(_SCHEMA.encode(),)]:
        raise sqlite3.DatabaseError("it holds other tables than ours")


def _check_folder(folder: Path, *, shared: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        about = folder.stat()
    except OSError as error:
        raise CacheError(
            f"the folder of the cache, {folder}, cannot be made: {os.strerror(error.errno or 0)}",
            hint="give another one with --cache, or scan with --no-cache",
        ) from error
    if not stat.S_ISDIR(about.st_mode):
        raise CacheError(f"{folder} is no folder", hint="give a folder with --cache")
    if about.st_mode & stat.S_IWOTH or (not shared and (about.st_uid != os.geteuid() or about.st_mode & stat.S_IWGRP)):
        raise CacheError(
            f"others can write to the folder of the cache, {folder}",
            hint="take their right (chmod go-w), or share it on purpose by SECSCAN_CACHE_KEY",
        )


def _row_id(key: bytes) -> int:
    """Two keys with one number push each other out; neither is ever taken for the other."""
    return int.from_bytes(key[:8], "big", signed=True)


def _today() -> int:
    return int(time.time() // _DAY)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
