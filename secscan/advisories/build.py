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
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from secscan.advisories.control import CONTROL_ID, control_record
from secscan.advisories.index import FORMAT, Index, digest_of_lookups
from secscan.advisories.match import Rule, hit, rule_of
from secscan.advisories.names import package_name
from secscan.advisories.osv import Record, parse_record
from secscan.errors import AdvisoryError
from secscan.versions.order import order_of

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, digest TEXT NOT NULL,
                     records INTEGER NOT NULL, as_of TEXT NOT NULL, imported TEXT NOT NULL,
                     address TEXT NOT NULL, etag TEXT NOT NULL);
CREATE TABLE ecosystem (name TEXT PRIMARY KEY, closed INTEGER NOT NULL, records INTEGER NOT NULL, as_of TEXT NOT NULL,
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
_SHRINKS = 2
"""A source with less than one in this many of the entries it had is a mistake, and would make much look clean."""


@dataclass(frozen=True)
class Source:
    """Something to put into an index."""

    name: str
    """What it is, for `secscan advisories status`. Empty for an archive: it is named by the ecosystem that most of its
    records are about, so that a newer one takes its place."""
    records: Iterable[tuple[str, bytes]] = ()
    """Pairs of a name for errors and the record's JSON."""
    kind: str = "osv"
    exploited: Mapping[str, str] = field(default_factory=dict)
    """KEV: CVE -> day on which it was listed."""
    epss: Mapping[str, float] = field(default_factory=dict)
    """EPSS: CVE -> probability."""
    as_of: str = ""
    """RFC 3339; empty: the newest `modified` of its records."""
    address: str = ""
    etag: str = ""


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
        with _only_writer(path):
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path))
            os.close(handle)
            temporary = Path(name)
            try:
                write(temporary)
                with Index(temporary) as index:
                    index.verify()
                    if check:
                        check(index)
                _put(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
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
            _Load(database, source, built, first).run()
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


class _Load:
    """Puts one source into the database."""

    def __init__(self, database: sqlite3.Connection, source: Source, built: str, first: int) -> None:
        self._database = database
        self._source = source
        self._built = built
        self._first = first  # sources from this number on are given together with this one, and stay
        self._digest = hashlib.sha256()
        self._seen: dict[str, bytes] = {}
        self._newest = ""
        self._about: Counter[str] = Counter()
        added = database.execute(
            "INSERT INTO source (name, kind, digest, records, as_of, imported, address, etag)"
            " VALUES ('', ?, '', 0, '', ?, ?, ?)",
            (source.kind, built, source.address, source.etag),
        )
        self._number = added.lastrowid or 0

    def run(self) -> None:
        for origin, data in self._source.records:
            self._take(origin, data)
        for table, rows in (("exploited", self._source.exploited), ("epss", self._source.epss)):
            if rows:
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - one of two words
                self._database.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows.items())  # noqa: S608
                for row in rows.items():
                    self._digest.update(repr(row).encode())
        count = len(self._seen) or len(self._source.exploited) or len(self._source.epss)
        if count == 0:
            what = self._source.name or "an archive"
            raise AdvisoryError(f"there is no OSV record in {what}", hint="give OSV's all.zip or records")
        name = self._name()
        self._replace(name, count)
        self._database.execute(
            "UPDATE source SET name = ?, digest = ?, records = ?, as_of = ? WHERE id = ?",
            (name, self._digest.hexdigest(), count, self._as_of(), self._number),
        )

    def _as_of(self) -> str:
        # A time to come would keep a source fresh for ever.
        return self._source.as_of if "" < self._source.as_of <= self._built else self._newest

    def _name(self) -> str:
        name = self._source.name or f"OSV {min(self._about, key=lambda one: (-self._about[one], one), default='')}"
        taken = {other for (other,) in self._database.execute("SELECT name FROM source WHERE id >= ?", (self._first,))}
        return next(one for one in (name, *(f"{name} ({at})" for at in range(2, len(taken) + 3))) if one not in taken)

    def _take(self, origin: str, data: bytes) -> None:
        record = parse_record(data, origin=origin)
        digest = hashlib.sha256(data).digest()
        if self._seen.setdefault(record.id, digest) != digest:
            raise AdvisoryError(
                f"{origin}: the record {record.id} is there already, and says something else",
                hint="one source has each record once; give them as two",
            )
        if record.id == CONTROL_ID:
            raise AdvisoryError(f"{origin}: the id {CONTROL_ID} is that of our own control", hint="give it another id")
        self._digest.update(digest)
        # Neither a time to come, nor one before all records, which stands for none.
        if "1990" < record.modified <= self._built:
            self._newest = max(self._newest, record.modified)
        self._about.update({one.package.ecosystem for one in record.affected if one.package})
        insert(self._database, record, data, self._number)

    def _replace(self, name: str, count: int) -> None:
        """Take away what an older source of this name has brought and this one has not."""
        olds = self._database.execute(
            "SELECT id, records FROM source WHERE name = ? AND id < ?", (name, self._first)
        ).fetchall()
        for number, records in olds:
            if records > count * _SHRINKS:
                raise AdvisoryError(
                    f"{name} has {count} entries now, and had {records}: that is no newer edition of it",
                    hint="get it again; to begin anew, import with --replace; to add records, give them as a folder",
                )
            for table in ("affected", "called"):
                self._database.execute(
                    f"DELETE FROM {table} WHERE id IN (SELECT id FROM record WHERE source = ?)",  # noqa: S608
                    (number,),
                )
            self._database.execute("DELETE FROM record WHERE source = ?", (number,))
            self._database.execute("DELETE FROM source WHERE id = ?", (number,))


def insert(database: sqlite3.Connection, record: Record, data: bytes, source: int) -> None:
    """Put one record in place of one with the same id; a withdrawn one can be shown, and affects nothing."""
    database.execute("DELETE FROM affected WHERE id = ?", (record.id,))
    database.execute("DELETE FROM called WHERE id = ?", (record.id,))
    database.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (record.id, source, zlib.compress(data, 6)))
    database.executemany(
        "INSERT OR IGNORE INTO called VALUES (?, ?)", ((name.upper(), record.id) for name in record.ids)
    )
    if record.withdrawn:
        return
    rules: defaultdict[tuple[str, str], list[Rule]] = defaultdict(list)
    for one in record.affected:
        if one.package is not None:
            ecosystem = one.package.ecosystem
            rules[ecosystem, package_name(ecosystem, one.package.name)].append(rule_of(one, order_of(ecosystem)))
    database.executemany(
        "INSERT INTO affected VALUES (?, ?, ?, ?)",
        ((*package, record.id, msgspec.msgpack.encode(found)) for package, found in rules.items()),
    )


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
    for name in sorted({row[0] for row in about} | was_closed):
        counts = [(source, number) for ecosystem, source, number in about if ecosystem == name]
        as_of = times.get(counts[0][0], "") if counts else ""
        row = (name, int(name in was_closed), sum(number for _, number in counts), as_of, *_probe(database, name))
        database.execute("INSERT INTO ecosystem VALUES (?, ?, ?, ?, ?, ?, ?)", row)
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
