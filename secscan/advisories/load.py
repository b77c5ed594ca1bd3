"""Puts one source of advisories into the database of an index that is being built."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from secscan.advisories.control import CONTROL_ID
from secscan.advisories.match import Rule, rule_of
from secscan.advisories.names import package_name
from secscan.advisories.osv import Record, parse_record
from secscan.errors import AdvisoryError
from secscan.findings.scan import is_time
from secscan.versions.order import order_of

UPDATES = "updates"
"""Kind of a source that knows what there is an update for, and nothing else."""
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


class Load:
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
        """Put it in, in place of an older source of its name. Raises `AdvisoryError`."""
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
        if is_time(record.modified) and "1990" < record.modified <= self._built:
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
        "INSERT OR IGNORE INTO called VALUES (?, ?)",
        ((name.upper(), record.id) for name in (*record.ids, *record.vulnerabilities)),
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
