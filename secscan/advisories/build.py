"""Builds the advisory index: beside its place, whole or not at all.

A file is written beside the index and moved there when it is complete and on disk, so a reader sees the old index
or the new one. Sources that are not given anew are kept from the old one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from secscan.advisories.control import CONTROL_ID, control_record
from secscan.advisories.index import FORMAT, Index, digest_of_lookups
from secscan.advisories.load import UPDATES, Load, Source, insert
from secscan.advisories.match import Rule, hit
from secscan.advisories.names import package_name
from secscan.advisories.osv import parse_record
from secscan.errors import AdvisoryError
from secscan.leftovers import unfinished_file
from secscan.versions.order import order_of

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, digest TEXT NOT NULL,
                     records INTEGER NOT NULL, as_of TEXT NOT NULL, imported TEXT NOT NULL,
                     address TEXT NOT NULL, etag TEXT NOT NULL);
CREATE TABLE ecosystem (name TEXT PRIMARY KEY, closed INTEGER NOT NULL, updates INTEGER NOT NULL,
                        records INTEGER NOT NULL, as_of TEXT NOT NULL,
                        package TEXT NOT NULL, version TEXT NOT NULL, id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE known (ecosystem TEXT NOT NULL, package TEXT NOT NULL, PRIMARY KEY (ecosystem, package)) WITHOUT ROWID;
CREATE TABLE record (id TEXT PRIMARY KEY, source INTEGER NOT NULL, json BLOB NOT NULL);
CREATE TABLE affected (ecosystem TEXT NOT NULL, package TEXT NOT NULL, id TEXT NOT NULL, rules BLOB NOT NULL,
                       PRIMARY KEY (ecosystem, package, id)) WITHOUT ROWID;
CREATE INDEX affected_by_id ON affected (id);
CREATE TABLE called (name TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (name, id)) WITHOUT ROWID;
CREATE INDEX called_by_id ON called (id);
CREATE TABLE exploited (cve TEXT PRIMARY KEY, added TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE epss (cve TEXT PRIMARY KEY, score REAL NOT NULL) WITHOUT ROWID;
"""
_PROBES_TRIED = 200


def build(
    path: Path,
    sources: Iterable[Source],
    *,
    built: str,
    closed: Mapping[str, frozenset[str]] | None = None,
    keep: bool = False,
    check: Callable[[Index], None] | None = None,
) -> int:
    """Build an index at `path` and return how many records it holds.

    `closed` maps ecosystems to the packages that are known, where not all are. `built` is the time of building, RFC
    3339. With `keep`, sources of the index that is there stay, but for those of the same name. `check` may raise
    `AdvisoryError` on what would become of it. Raises `AdvisoryError` for a broken record, for no record at all, and
    for a place that cannot be written; the old index then stays.
    """
    count = 0

    def write(temporary: Path) -> None:
        nonlocal count
        count = _fill(temporary, path if keep and path.exists() else None, sources, closed or {}, built)

    adopt(path, write, check=check)
    return count


def adopt(path: Path, write: Callable[[Path], None], *, check: Callable[[Index], None] | None = None) -> None:
    """Let `write` make an index in a file of its own, and move it to `path` if it is whole.

    Raises `AdvisoryError` for one that is not, and for a place that cannot be written; the old index then stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_writer(path), unfinished_file(path, _prefix(path)) as temporary:
            write(temporary)
            with Index(temporary) as index:
                index.verify()
                if check:
                    check(index)
            _put(temporary, path)
    except (OSError, sqlite3.Error) as error:
        raise AdvisoryError(
            f"cannot write the advisory index {path}: {error}", hint="check the folder and the disk"
        ) from error


@contextlib.contextmanager
def _only_writer(path: Path) -> Iterator[None]:
    """Wait until nobody else builds this index; take away what one that was killed has left."""
    import fcntl

    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in path.parent.glob(f"{_prefix(path)}*"):
            left.unlink(missing_ok=True)
        yield


def _prefix(path: Path) -> str:
    return f".{path.name}.new-"


def _put(temporary: Path, path: Path) -> None:
    with temporary.open("rb") as stream:
        os.fsync(stream.fileno())
    temporary.chmod(0o644)  # shared between users and processes: it holds nothing secret, and nobody writes to it
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _fill(
    path: Path, old: Path | None, sources: Iterable[Source], closed: Mapping[str, frozenset[str]], built: str
) -> int:
    if old is not None:
        with Index(old) as index:
            index.verify()
        shutil.copyfile(old, path)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        # The file is moved into place when it is whole; until then durability costs time and protects nothing.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        if old is None:
            database.executescript(_SCHEMA)
        [(first,)] = database.execute("SELECT coalesce(max(id), 0) + 1 FROM source").fetchall()
        for source in sources:
            Load(database, source, built, first).run()
        for ecosystem, packages in closed.items():
            database.executemany(
                "INSERT OR IGNORE INTO known VALUES (?, ?)",
                ((ecosystem, package_name(ecosystem, one)) for one in packages),
            )
        [count] = database.execute("SELECT count(*) FROM record WHERE id != ?", (CONTROL_ID,)).fetchone()
        if count == 0:
            raise AdvisoryError("there is no OSV record in what was given", hint="give OSV's all.zip or records")
        _finish(database, closed, built, int(count))
        return int(count)


def _finish(database: sqlite3.Connection, closed: Mapping[str, frozenset[str]], built: str, count: int) -> None:
    """Count, choose probes, and write down what the whole must be like."""
    was_closed = {name for (name,) in database.execute("SELECT name FROM ecosystem WHERE closed")} | set(closed)
    database.execute("DELETE FROM ecosystem")
    about = database.execute(
        "SELECT ecosystem, record.source, count(DISTINCT id) FROM affected JOIN record USING (id)"
        " WHERE id != ? GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2",
        (CONTROL_ID,),
    ).fetchall()
    times = dict(database.execute("SELECT id, as_of FROM source"))
    of_updates = {number for (number,) in database.execute("SELECT id FROM source WHERE kind = ?", (UPDATES,))}
    for name in sorted({row[0] for row in about} | was_closed):
        counts = [(source, number) for ecosystem, source, number in about if ecosystem == name]
        as_of = times.get(counts[0][0], "") if counts else ""
        updates = bool(counts) and all(source in of_updates for source, _ in counts)
        total = sum(number for _, number in counts)
        row = (name, int(name in was_closed), int(updates), total, as_of, *_probe(database, name))
        database.execute("INSERT INTO ecosystem VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    control = control_record(row[0] for row in about)
    insert(database, parse_record(control, origin="control"), control, 0)
    digest = hashlib.sha256()
    for row in database.execute("SELECT name, kind, digest FROM source ORDER BY name, digest"):
        digest.update(repr(row[1:]).encode())
    database.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        {
            "format": FORMAT,
            "digest": digest.hexdigest(),
            "built": built,
            "records": str(count),
            "looked_up": digest_of_lookups(database),
        }.items(),
    )


def _probe(database: sqlite3.Connection, ecosystem: str) -> tuple[str, str, str]:
    """A package, a version and the record that affects it."""
    order = order_of(ecosystem)
    rows = database.execute(
        "SELECT package, id, rules FROM affected WHERE ecosystem = ? AND id != ? ORDER BY package, id LIMIT ?",
        (ecosystem, CONTROL_ID, _PROBES_TRIED),
    )
    for package, record_id, data in rows:
        rules = msgspec.msgpack.decode(data, type=tuple[Rule, ...])
        events = [event for rule in rules for one in rule.ranges for event in one]
        named = [version for rule in rules for version in rule.versions[:3]]
        named += [text for event in events for text in (event.last_affected, event.introduced) if text]
        for version in named:
            if hit(rules, version, order):
                return package, version, record_id
    return "", "", ""
