"""The advisory index: OSV records in one SQLite file, built whole and read only.

A file is written beside its place and moved there when it is complete, so a reader sees the old index or the new
one. The index says what it knows: an ecosystem is *open* (a package without records has no known vulnerability) or
*closed* (it knows the packages it lists, and its silence on all others means nothing).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from secscan.advisories.match import PYPI, affected_entry, normal_name
from secscan.advisories.osv import Affected, Record, parse_record
from secscan.errors import AdvisoryError

FORMAT = "secscan.advisories/2"

CONTROL_PACKAGE = "secscan-control"
CONTROL_VERSION = "1.0"
CONTROL_ID = "SECSCAN-CONTROL-1"
_CONTROL_RECORD = (
    b'{"id": "SECSCAN-CONTROL-1", "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",'
    b' "summary": "positive control", "details": "Every index holds this record, to prove that it is asked.",'
    b' "affected": [{"package": {"name": "secscan-control", "ecosystem": "PyPI"},'
    b' "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}], "versions": ["1.0"]}]}'
)

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ecosystem (name TEXT PRIMARY KEY, closed INTEGER NOT NULL, records INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE known (ecosystem TEXT NOT NULL, package TEXT NOT NULL, PRIMARY KEY (ecosystem, package)) WITHOUT ROWID;
CREATE TABLE record (id TEXT PRIMARY KEY, json BLOB NOT NULL);
CREATE TABLE affected (ecosystem TEXT NOT NULL, package TEXT NOT NULL, id TEXT NOT NULL,
                       PRIMARY KEY (ecosystem, package, id)) WITHOUT ROWID;
"""

_LOOKED_UP = (
    "SELECT name, closed FROM ecosystem ORDER BY 1",
    "SELECT ecosystem, package FROM known ORDER BY 1, 2",
    "SELECT ecosystem, package, affected.id FROM affected JOIN record USING (id) ORDER BY 1, 2, 3",
)
"""All that decides which records are read; the records themselves have zlib's check sum."""


@dataclass(frozen=True)
class Source:
    """Records to build an index from."""

    name: str
    """What it is, for `secscan advisories status`."""
    records: Iterable[tuple[str, bytes]]
    """Pairs of a name for errors and the record's JSON."""


@dataclass(frozen=True)
class Match:
    """One advisory that affects a package."""

    record: Record
    affected: Affected


def build(path: Path, sources: Iterable[Source], *, closed: dict[str, frozenset[str]] | None = None, built: str) -> int:
    """Build an index at `path` and return how many records it holds.

    `closed` maps ecosystems to the packages that are known, where not all are. `built` is the time of building, RFC
    3339. Raises `AdvisoryError` for a broken record, for no record at all, and for a place that cannot be
    written; the old index then stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        try:
            count = _fill(Path(temporary), sources, closed or {}, built)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except (OSError, sqlite3.Error) as error:
        raise AdvisoryError(
            f"cannot write the advisory index {path}: {error}", hint="check the folder and the disk"
        ) from error
    return count


def _fill(path: Path, sources: Iterable[Source], closed: dict[str, frozenset[str]], built: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        # The file is moved into place when it is whole; until then durability costs time and protects nothing.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(_SCHEMA)
        names = []
        digest = hashlib.sha256()
        for source in (Source("control", [("control", _CONTROL_RECORD)]), *sources):
            for origin, data in source.records:
                record = parse_record(data, origin=origin)
                digest.update(hashlib.sha256(data).digest())
                _insert(database, record, data)
            names.append(source.name)
        for ecosystem, packages in closed.items():
            database.executemany(
                "INSERT OR IGNORE INTO known VALUES (?, ?)", ((ecosystem, _name(ecosystem, one)) for one in packages)
            )
        database.execute(
            "INSERT INTO ecosystem SELECT ecosystem, 0, count(DISTINCT id) FROM affected WHERE id != ? GROUP BY 1",
            (CONTROL_ID,),
        )
        database.executemany(
            "INSERT INTO ecosystem VALUES (?, 1, 0) ON CONFLICT (name) DO UPDATE SET closed = 1",
            ((one,) for one in closed),
        )
        # Counted here and not on the way: one record may come from several sources, and the last one stays.
        [count] = database.execute("SELECT count(*) FROM record WHERE id != ?", (CONTROL_ID,)).fetchone()
        database.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            {
                "format": FORMAT,
                "digest": digest.hexdigest(),
                "sources": ", ".join(names[1:]),
                "built": built,
                "records": str(count),
                "looked_up": _digest_of_lookups(database),
            }.items(),
        )
        if count == 0:
            raise AdvisoryError("there is no OSV record in what was given", hint="give OSV's all.zip or records")
        return int(count)


def _digest_of_lookups(database: sqlite3.Connection) -> str:
    digest = hashlib.sha256()
    for query in _LOOKED_UP:
        for row in database.execute(query):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _insert(database: sqlite3.Connection, record: Record, data: bytes) -> None:
    database.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (record.id, zlib.compress(data, 6)))
    packages = {one.package for one in record.affected if one.package is not None}
    database.executemany(
        "INSERT OR IGNORE INTO affected VALUES (?, ?, ?)",
        ((one.ecosystem, _name(one.ecosystem, one.name), record.id) for one in packages),
    )


def _name(ecosystem: str, package: str) -> str:
    return normal_name(package) if ecosystem == PYPI else package


class Index:
    """An index opened for reading. Use as a context manager; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Raise `AdvisoryError` if the file is missing, broken, or of another format."""
        self.path = path
        try:
            if not path.is_file():
                raise AdvisoryError(
                    f"there is no advisory index at {path}", hint="make one: secscan advisories import FILE"
                )
            self._database = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self.meta: dict[str, str] = dict(self._database.execute("SELECT key, value FROM meta"))
            self.ecosystems: dict[str, bool] = {
                name: bool(closed) for name, closed in self._database.execute("SELECT name, closed FROM ecosystem")
            }
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # sqlite3 decodes its own messages strictly
            raise AdvisoryError(f"the advisory index {path} cannot be read: {error}", hint="import it again") from error
        if self.meta.get("format") != FORMAT:
            found = self.meta.get("format", "unknown")
            raise AdvisoryError(
                f"the advisory index {path} has the format {found!r}, not {FORMAT!r}", hint="import it again"
            )

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *unused: object) -> None:
        self._database.close()

    def verify(self) -> None:
        """Raise `AdvisoryError` unless the file is as it was built: a name with a wrong bit would find nothing."""
        try:
            state = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
            whole = _digest_of_lookups(self._database) == self.meta.get("looked_up")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._broken(error) from error
        if state != "ok" or not whole:
            raise self._broken("its content is not what was imported" if state == "ok" else state)

    @property
    def digest(self) -> str:
        """SHA-256 over all records."""
        return self.meta["digest"]

    def knows(self, ecosystem: str, package: str) -> bool:
        """Whether silence about this package means anything.

        It does not where the ecosystem is missing, or closed without the package.
        """
        if ecosystem not in self.ecosystems:
            return False
        if not self.ecosystems[ecosystem]:
            return True
        row = self._one("SELECT 1 FROM known WHERE ecosystem = ? AND package = ?", ecosystem, _name(ecosystem, package))
        return row is not None

    def record_json(self, record_id: str) -> bytes | None:
        """Return a record's JSON as it came; None for an unknown id."""
        row = self._one("SELECT json FROM record WHERE id = ?", record_id)
        return self._json(row[0]) if row else None

    def affecting(self, package: str, version: str) -> Iterator[Match]:
        """Yield the advisories that affect this version of a PyPI package, by id; withdrawn ones do not."""
        for record, _ in self.records_of(PYPI, package):
            affected = affected_entry(record, package, version)
            if affected is not None:
                yield Match(record, affected)

    def records_of(self, ecosystem: str, package: str) -> Iterator[tuple[Record, bytes]]:
        """Yield every record that names the package, with its JSON, by id."""
        try:
            rows = self._database.execute(
                "SELECT record.id, json FROM affected JOIN record USING (id)"
                " WHERE ecosystem = ? AND package = ? ORDER BY id",
                (ecosystem, _name(ecosystem, package)),
            ).fetchall()
        except sqlite3.Error as error:
            raise self._broken(error) from error
        for record_id, blob in rows:
            data = self._json(blob)
            record = parse_record(data, origin=record_id)
            if record.id != record_id:
                raise self._broken(f"the record {record_id} is that of {record.id}")
            yield record, data

    def _one(self, query: str, *values: str) -> tuple[bytes, ...] | None:
        try:
            row: tuple[bytes, ...] | None = self._database.execute(query, values).fetchone()
        except sqlite3.Error as error:
            raise self._broken(error) from error
        return row

    def _json(self, blob: bytes) -> bytes:
        try:
            return zlib.decompress(blob)
        except (zlib.error, TypeError) as error:  # a damaged row may hold text in place of bytes
            raise self._broken(error) from error

    def _broken(self, error: Exception | str) -> AdvisoryError:
        return AdvisoryError(f"the advisory index {self.path} is damaged: {error}", hint="import it again")
