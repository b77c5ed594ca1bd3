"""The advisory index: OSV records in one SQLite file, built whole (`build`) and read only.

The index says what it knows: an ecosystem is *open* (a package without records has no known vulnerability) or
*closed* (it knows the packages it lists, and its silence on all others means nothing).
"""

from __future__ import annotations

import functools
import hashlib
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from secscan.advisories.match import Rule, hit
from secscan.advisories.names import PYPI, ecosystems_of, how_to_fill, package_name, system_of
from secscan.advisories.osv import Record, parse_record
from secscan.errors import AdvisoryError
from secscan.inventory.distribution import family_of
from secscan.versions.order import order_of

FORMAT = "secscan.advisories/4"

_LOOKED_UP = (
    "SELECT name, closed, updates FROM ecosystem ORDER BY 1",
    "SELECT ecosystem, package FROM known ORDER BY 1, 2",
    "SELECT ecosystem, package, id, rules FROM affected ORDER BY 1, 2, 3",
    "SELECT cve FROM exploited ORDER BY 1",
    "SELECT cve, score FROM epss ORDER BY 1",
)
"""All that decides what is found; the records themselves have zlib's check sum."""

_RULES = msgspec.msgpack.Decoder(tuple[Rule, ...])


@dataclass(frozen=True)
class SourceState:
    """One source of an index: an archive, a folder, a file, a catalogue."""

    name: str
    kind: str
    """`osv`, `kev`, `epss`, or `updates`: what a distribution has an update for, and nothing that it has none for."""
    digest: str
    """SHA-256 over its records."""
    records: int
    as_of: str
    """The time that its newest part tells, RFC 3339; empty where it does not tell."""
    imported: str
    address: str = ""
    """Where it was got from; empty for a file."""
    etag: str = ""
    """What the server called that version of it."""


@dataclass(frozen=True)
class EcosystemState:
    """What an index holds of one ecosystem."""

    name: str
    closed: bool
    updates: bool
    """Whether all that is known of it is what there is an update for (sources of that kind)."""
    records: int
    as_of: str
    """That of the source that most of its records come from."""
    probe: tuple[str, str, str]
    """A package, a version and the id of a record that affects it, to prove that the index answers; or three times
    nothing, where no record names a version."""


@dataclass(frozen=True)
class Match:
    """One advisory that affects a package."""

    id: str
    rule: Rule
    sure: bool


class Index:
    """An index opened for reading. Use as a context manager; safe to share between threads that take turns."""

    def __init__(self, path: Path) -> None:
        """Raise `AdvisoryError` if the file is missing, broken, or of another format."""
        self.path = path
        try:
            if not path.is_file():
                raise AdvisoryError(f"there is no advisory index at {path}", hint=how_to_fill([PYPI]))
            self._database = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            # An index may come from another machine: nothing in it but tables is to be trusted.
            self._database.execute("PRAGMA trusted_schema = OFF")
            self.meta: dict[str, str] = dict(self._database.execute("SELECT key, value FROM meta"))
            self._refuse_other_format()
            self.states = {
                name: EcosystemState(name, bool(closed), bool(updates), records, as_of, tuple(probe))
                for name, closed, updates, records, as_of, *probe in self._database.execute("SELECT * FROM ecosystem")
            }
            self.sources = tuple(
                SourceState(*row)
                for row in self._database.execute(
                    "SELECT name, kind, digest, records, as_of, imported, address, etag FROM source ORDER BY name"
                )
            )
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # sqlite3 decodes its own messages strictly
            raise AdvisoryError(f"the advisory index {path} cannot be read: {error}", hint="import it again") from error

    def _refuse_other_format(self) -> None:
        if self.meta.get("format") != FORMAT:
            found = self.meta.get("format", "unknown")
            raise AdvisoryError(
                f"the advisory index {self.path} has the format {found!r}, not {FORMAT!r}", hint="import it again"
            )

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *unused: object) -> None:
        self._database.close()

    def verify(self) -> None:
        """Raise `AdvisoryError` unless the file is as it was built: a name with a wrong bit would find nothing."""
        try:
            state = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
            whole = digest_of_lookups(self._database) == self.meta.get("looked_up")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._broken(error) from error
        if state != "ok" or not whole:
            raise self._broken("its content is not what was imported" if state == "ok" else state)

    @property
    def digest(self) -> str:
        """SHA-256 over all records and catalogues."""
        return self.meta["digest"]

    @property
    def ecosystems(self) -> dict[str, bool]:
        """Every ecosystem, and whether it is closed."""
        return {name: state.closed for name, state in self.states.items()}

    def knows(self, ecosystem: str, package: str) -> bool:
        """Whether silence about this package means anything.

        It does not where the ecosystem is missing, or closed without the package. Nor where it is a distribution
        without its release: what is known of its releases is not about it.
        """
        states = self.parts_of(ecosystem)
        if ecosystem in self._with_releases:
            return False
        if not all(state.closed for state in states):
            return True
        name = package_name(ecosystem, package)
        return any(
            self._rows("SELECT 1 FROM known WHERE ecosystem = ? AND package = ?", state.name, name) for state in states
        )

    def parts_of(self, ecosystem: str) -> tuple[EcosystemState, ...]:
        """Return what the index holds about the packages of an ecosystem; see `names.system_of`."""
        return self._parts.get(ecosystem, ())

    @functools.cached_property
    def _parts(self) -> dict[str, tuple[EcosystemState, ...]]:
        """What the index holds, by the ecosystems of packages that it is about."""
        found: defaultdict[str, list[EcosystemState]] = defaultdict(list)
        for name, state in self.states.items():
            for one in {name, system_of(name)}:
                found[one].append(state)
        return {name: tuple(states) for name, states in found.items()}

    @functools.cached_property
    def _with_releases(self) -> frozenset[str]:
        """Distributions of which the index knows releases."""
        bases = {name.partition(":")[0] for name in self.states if ":" in name}
        return frozenset(base for base in bases if family_of(base))

    def affecting(self, ecosystem: str, package: str, version: str) -> Iterator[Match]:
        """Yield the advisories that affect this version of a package, by id; withdrawn ones do not."""
        order = order_of(ecosystem)
        for record_id, rules in self._rules(ecosystem, package):
            found = hit(rules, version, order)
            if found is not None:
                yield Match(record_id, found.rule, found.sure)

    def not_comparable(self, ecosystem: str, package: str) -> list[str]:
        """Ids of records on the package that name no version at all, or only git commits."""
        return [
            record_id
            for record_id, rules in self._rules(ecosystem, package)
            if all(rule.says_nothing for rule in rules)
        ]

    def records_of(self, ecosystem: str, package: str) -> list[str]:
        """Ids of all records that name the package and are not withdrawn, sorted."""
        return [record_id for record_id, _ in self._rules(ecosystem, package)]

    def record(self, record_id: str) -> Record | None:
        """Return a record; None for an unknown id."""
        data = self.record_json(record_id)
        if data is None:
            return None
        record = parse_record(data, origin=record_id)
        if record.id != record_id:
            raise self._broken(f"the record {record_id} is that of {record.id}")
        return record

    def record_json(self, record_id: str) -> bytes | None:
        """Return a record's JSON as it came; None for an unknown id."""
        rows = self._rows("SELECT json FROM record WHERE id = ?", record_id)
        return self._json(rows[0][0]) if rows else None

    def records_called(self, name: str) -> list[str]:
        """Ids of the records that have this id or alias, in any letter case, sorted."""
        return [row[0] for row in self._rows("SELECT id FROM called WHERE name = ? ORDER BY id", name.upper())]

    def records_from(self, source: str) -> Iterator[tuple[str, bytes]]:
        """Yield id and JSON of the records that a source has brought, by id."""
        query = "SELECT record.id, json FROM record JOIN source ON source.id = source WHERE name = ? ORDER BY 1"
        for record_id, blob in self._rows(query, source):
            yield record_id, self._json(blob)

    def exploited_since(self, cve: str) -> str:
        """Day on which CISA listed a CVE as exploited; empty where it does not."""
        rows = self._rows("SELECT added FROM exploited WHERE cve = ?", cve)
        return str(rows[0][0]) if rows else ""

    def epss(self, cve: str) -> float | None:
        """Probability of exploitation of a CVE; None where it is not known."""
        rows = self._rows("SELECT score FROM epss WHERE cve = ?", cve)
        return float(rows[0][0]) if rows else None

    def has(self, kind: str) -> bool:
        """Whether there is a source of this kind (see `SourceState.kind`)."""
        return any(source.kind == kind for source in self.sources)

    def _rules(self, ecosystem: str, package: str) -> Iterator[tuple[str, tuple[Rule, ...]]]:
        name = package_name(ecosystem, package)
        parts = [state.name for state in self.parts_of(ecosystem) if state.name != ecosystem]
        found: dict[str, tuple[Rule, ...]] = {}
        for one in (*ecosystems_of(ecosystem), *parts):
            rows = self._rows(
                "SELECT id, rules FROM affected WHERE ecosystem = ? AND package = ? ORDER BY id", one, name
            )
            for record_id, data in rows:
                try:
                    found[record_id] = (*found.get(record_id, ()), *_RULES.decode(data))
                except (msgspec.DecodeError, TypeError) as error:
                    raise self._broken(error) from error
        yield from found.items()

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeEncodeError) as error:  # a name that is no text: hostile, or a damaged file
            raise self._broken(error) from error

    def _json(self, blob: bytes) -> bytes:
        try:
            return zlib.decompress(blob)
        except (zlib.error, TypeError) as error:  # a damaged row may hold text in place of bytes
            raise self._broken(error) from error

    def _broken(self, error: Exception | str) -> AdvisoryError:
        return AdvisoryError(f"the advisory index {self.path} is damaged: {error}", hint="import it again")


def digest_of_lookups(database: sqlite3.Connection) -> str:
    """SHA-256 over everything that decides what is found."""
    digest = hashlib.sha256()
    for query in _LOOKED_UP:
        for row in database.execute(query):
            digest.update(repr(row).encode(errors="surrogatepass"))
    return digest.hexdigest()
