"""OSV records: read strictly enough to be judged by, kept as they came for who asks for them.

Format: https://ossf.github.io/osv-schema/ (version 1.7). Unknown members are allowed, as the schema demands; wrong
types of members that decide are an error, so that no record silently matches nothing.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from secscan.errors import AdvisoryError

MAX_RECORD_BYTES = 8_000_000
CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_OF_UPDATES = ("ALSA-", "RLSA-", "RXSA-", "SUSE-", "openSUSE-", "RHSA-", "MGASA-")


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of a range; exactly one member is given."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(msgspec.Struct, frozen=True):
    """A range of versions, as events in order."""

    type: str
    events: tuple[Event, ...] = ()


class AffectedPackage(msgspec.Struct, frozen=True):
    """Name and ecosystem of a package, as OSV writes them."""

    name: str
    ecosystem: str


class Score(msgspec.Struct, frozen=True):
    """A severity: `type` is `CVSS_V2`, `CVSS_V3`, `CVSS_V4` ..., `score` the vector."""

    type: str
    score: str


class Specific(msgspec.Struct, frozen=True):
    """What a database says in its own words, the members that we judge by."""

    custom_ranges: tuple[Range, ...] = ()
    """Go: ranges in the project's own versions, where those of its modules are not known."""


class Affected(msgspec.Struct, frozen=True):
    """Which versions of one package are affected."""

    package: AffectedPackage | None = None
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    severity: tuple[Score, ...] = ()
    ecosystem_specific: Specific | None = None


class Reference(msgspec.Struct, frozen=True):
    """A link."""

    url: str = ""


class Record(msgspec.Struct, frozen=True):
    """One advisory, the members that we judge by."""

    id: str
    modified: str = ""
    published: str = ""
    withdrawn: str = ""
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    """What this record was derived from: distributions name the vulnerabilities here that an update fixes."""
    related: tuple[str, ...] = ()
    summary: str = ""
    details: str = ""
    severity: tuple[Score, ...] = ()
    affected: tuple[Affected, ...] = ()
    references: tuple[Reference, ...] = ()
    database_specific: dict[str, Any] | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The id and all aliases, sorted."""
        return tuple(sorted({self.id, *self.aliases}))

    @property
    def vulnerabilities(self) -> tuple[str, ...]:
        """The CVE ids of what it is about, beside its aliases, sorted. One update of a distribution may fix many.

        AlmaLinux, Rocky Linux and SUSE have put them, and nothing else, into `related` where they have no `upstream`.
        """
        names = self.upstream or (self.related if self.id.startswith(_OF_UPDATES) else ())
        return tuple(sorted({name for name in names if CVE.fullmatch(name)} - set(self.aliases)))

    @property
    def title(self) -> str:
        """The summary, or the first line of the details."""
        text = self.summary.strip() or self.details.strip().split("\n", 1)[0]
        return text if len(text) <= 160 else f"{text[:157]}..."


def parse_record(data: bytes, *, origin: str) -> Record:
    """Read one OSV record from JSON. Raises `AdvisoryError` that names `origin`."""
    if len(data) > MAX_RECORD_BYTES:
        raise AdvisoryError(f"{origin}: larger than {MAX_RECORD_BYTES} bytes", hint="is this an OSV record?")
    try:
        return msgspec.json.decode(data, type=Record)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise AdvisoryError(
            f"{origin}: not an OSV record: {error}", hint="see https://ossf.github.io/osv-schema/"
        ) from error
