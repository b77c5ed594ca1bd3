"""Findings and everything they are made of: frozen values, the same whichever tool saw the defect.

The values are msgspec structs: they decode strictly (an unknown field or a wrong type is an error),
are many times faster than dataclasses with a validator, and describe themselves as JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from secscan.findings.levels import Confidence, GapKind, Kind, RunStatus, SecretState, Severity

SNIPPET_LINES = 6
"""Most lines of a snippet."""


IMPORTED = "import:"
"""Begins the names of tools whose results were given in a file. Nobody saw them work: they are evidence of nothing."""


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Base of every value: frozen, named fields only, strict when read, short when written.

    A frozen value cannot come to hold itself, so that the collector of cycles need not look at it: with a hundred
    thousand findings it would do little else.
    """


class Region(Value, frozen=True, kw_only=True, order=True):
    """A stretch of text. Lines and columns count from 1, columns in Unicode code points; the end
    column stands after the last character. A column of 0 means "the whole line"."""

    start_line: int
    start_column: int = 0
    end_line: int = 0
    end_column: int = 0

    @property
    def last_line(self) -> int:
        """The last line, also where only the first is known."""
        return max(self.end_line, self.start_line)

    def overlaps(self, other: Region) -> bool:
        """Whether the two stretches share a character (or a line, where columns are unknown)."""
        return self._end() > other._start() and other._end() > self._start()

    def _start(self) -> tuple[int, int]:
        return (self.start_line, self.start_column)

    def _end(self) -> tuple[int, int]:
        return (self.last_line, self.end_column or 1_000_000_000)


class Location(Value, frozen=True, kw_only=True):
    """Where a finding is. Paths are path text (see `findings.paths`), relative to the target."""

    path: str
    region: Region | None = None
    """What the scanner pointed at."""
    statement: Region | None = None
    """The smallest simple statement around it (the header, of a compound one)."""
    snippet: str = ""
    """The lines of `statement` (at most a few), with secrets masked."""
    symbol: str = ""
    """Logical name of the place, such as `Shop.login`; empty at module level."""
    context: str = ""
    """Digest of the statement's structure with literals masked; see `findings.fingerprint`."""
    line_hash: str = ""
    """How code scanning of GitHub recognises the region's first line, secrets masked; see `findings.line_hash`. Empty
    where there is no line, or its file is not read for it."""

    @property
    def snippet_line(self) -> int:
        """The line on which the snippet begins: the statement's first, or or that of a region far below it."""
        first, pointed_at = (one.start_line if one else 0 for one in (self.statement or self.region, self.region))
        return pointed_at if pointed_at >= first + SNIPPET_LINES else first


class TraceStep(Value, frozen=True, kw_only=True):
    """One step of a data flow, from the source to the sink."""

    path: str
    region: Region
    text: str = ""
    """The code at the step, with secrets masked."""


class Package(Value, frozen=True, kw_only=True):
    """A package a finding is about."""

    purl: str
    name: str
    version: str
    ecosystem: str
    """As OSV names it: `PyPI`, `npm`, `Go`, `Debian:12` ..."""
    fixed_versions: tuple[str, ...] = ()
    """Versions that clear the finding, smallest first; empty where none is known."""
    direct: bool | None = None
    """Whether the project itself asks for it; None where the file does not tell."""
    licence: str = ""
    """An SPDX expression, or what its metadata says instead; empty where nobody knows."""
    binaries: tuple[str, ...] = ()
    """Of a source package of a distribution: package URLs of what is installed of it."""


class Layer(Value, frozen=True, kw_only=True):
    """A layer of a container image."""

    index: int
    """Position from 0, the lowest."""
    digest: str
    command: str = ""
    """What the image says that made it."""
    base: bool | None = None
    """Whether it comes from the base image, which was given to compare with; None where none was."""
    told_base: bool | None = None
    """What the image's own history looks like, which anybody can write: people are told of it, no policy counts on it.
    None where it tells nothing."""


class Cvss(Value, frozen=True, kw_only=True):
    """A CVSS vector, its base score (0.0 to 10.0), and who gave it."""

    vector: str
    score: float | None = None
    source: str = ""


class Marker(Value, frozen=True, kw_only=True):
    """An in-source comment that asks a scanner to be silent here. It hides nothing by itself."""

    tool: str
    """Whose marker it is: `bandit`, `semgrep`, `hadolint`, or `gitleaks` for all that look for secrets."""
    text: str
    """The marker as written, for example `nosec B602`."""
    line: int
    reason: str = ""
    """What the comment says beside the marker."""


class Introduced(Value, frozen=True, kw_only=True):
    """The commit that brought a finding, where the history of a repository was looked at."""

    commit: str
    author: str
    date: str = ""
    """RFC 3339, UTC, by the author's clock, which anybody can set; empty where it is no time."""
    in_head: bool = False
    """Whether it still stands in HEAD."""


class Source(Value, frozen=True, kw_only=True):
    """One report of the defect, by one rule of one scanner, in its own words."""

    scanner: str
    rule: str
    severity: Severity = Severity.UNKNOWN
    confidence: Confidence = Confidence.MEDIUM
    message: str = ""
    region: Region | None = None
    url: str = ""
    note: str = ""
    """What correlation did with this report, where it did not count in full."""


class Finding(Value, frozen=True, kw_only=True):
    """One defect, in one model, whichever tool saw it."""

    kind: Kind
    defect: str
    """Class of defect, an id of `findings.defects`."""
    title: str
    """One line, without code and without a full stop."""
    message: str
    """What is wrong here, in a sentence or two."""
    severity: Severity
    confidence: Confidence
    location: Location
    sources: tuple[Source, ...]
    package: Package | None = None
    identifiers: tuple[str, ...] = ()
    """CVE, GHSA, PYSEC, CWE ... ids, sorted."""
    cvss: tuple[Cvss, ...] = ()
    epss: float | None = None
    """Probability of exploitation within 30 days, 0 to 1 (FIRST EPSS)."""
    known_exploited: bool | None = None
    """Whether CISA's KEV catalogue lists it; None where the catalogue was not asked."""
    published: str = ""
    """Day on which the advisory was published, RFC 3339."""
    remediation: str = ""
    references: tuple[str, ...] = ()
    trace: tuple[TraceStep, ...] = ()
    markers: tuple[Marker, ...] = ()
    notes: tuple[str, ...] = ()
    """What we say about the finding beside the scanners: why its confidence was changed, and the like."""
    layer: Layer | None = None
    """The layer of an image that brought it, where it is about one."""
    secret_state: SecretState | None = None
    """What the secret store knows of a secret; None where none was asked."""
    secret_id: str = ""
    """HMAC of a secret's value under the organisation's key; empty where there is none."""
    same: str = ""
    """Equal for findings of one scan whose value is the same: HMAC under a key that lives as long as the scan. Never
    saved: it would tell nobody anything, and differ each time."""
    introduced: Introduced | None = None
    """The commit that brought it, where history was looked at."""
    places: tuple[Finding, ...] = ()
    """Further places of the same secret, each as the finding that it would be alone: with a severity, sources, markers
    and a fingerprint of its own. They have no places themselves."""
    fingerprint: str = ""
    """Identity; set by correlation, see `findings.fingerprint`."""

    @property
    def own_sources(self) -> tuple[Source, ...]:
        """The reports of scanners that ran, where there are any; else those that were imported. A policy judges by
        these: an imported report beside them must not let a finding pass for another."""
        return tuple(one for one in self.sources if not one.scanner.startswith(IMPORTED)) or self.sources

    @property
    def place(self) -> str:
        """`path:line`, as terminals and editors understand it."""
        region = self.location.region
        return f"{self.location.path}:{region.start_line}" if region else self.location.path

    @property
    def each(self) -> tuple[Finding, ...]:
        """The finding at each of its places as if it stood nowhere else, this place first."""
        return (msgspec.structs.replace(self, places=()), *self.places) if self.places else (self,)

    def seen_from(self, fingerprint: str) -> Finding:
        """Return the same finding with the place of that fingerprint as its first. Raises `KeyError`."""
        if fingerprint == self.fingerprint:
            return self
        by_fingerprint = {one.fingerprint: one for one in self.each}
        first = by_fingerprint.pop(fingerprint)
        return msgspec.structs.replace(first, places=tuple(by_fingerprint.values()))


def at_each_place(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield every finding at each of its places: what is decided on, one by one."""
    for finding in findings:
        yield from finding.each


class Gap(Value, frozen=True, kw_only=True):
    """Something a scanner should have looked at and could not."""

    scanner: str
    """Who could not look; `secscan` where our own inventory could not."""
    kind: GapKind
    subject: str
    """Path text, or a package as it was declared."""
    detail: str = ""
    """What happened, in one sentence."""
    remedy: str = ""
    """What would close the gap."""
    line: int = 0
    """Line within the file, where the gap is about one."""


class ScannerRun(Value, frozen=True, kw_only=True):
    """How one scanner ended, as a value."""

    scanner: str
    status: RunStatus
    kinds: tuple[Kind, ...] = ()
    """What it looks for, whether it was able to look or not."""
    version: str = ""
    reason: str = ""
    """Why it failed or was skipped."""
    idle: bool = False
    """Of one that was skipped: whether nothing in the target concerns it, so that nothing was left out by that."""
    hint: str = ""
    """What a person can do about that."""
    selected: int = 0
    """How many files (or packages) we counted that this scanner should look at."""
    looked_at: int = 0
    """How many of those it proved to have looked at."""
    control: bool = False
    """Whether it found its positive control, in every piece of its work. Of files that were known from earlier scans,
    in the scan that looked at them: nothing else is ever kept."""
    rules_digest: str = ""
    """Digest of the rules or of the advisory index it worked with."""

    @property
    def imported(self) -> bool:
        """Whether its results were given in a file."""
        return self.scanner.startswith(IMPORTED)

    @property
    def did_scan(self) -> bool:
        """Whether it came to its end and found its positive control; whether it looked at everything is for
        `findings.evidence` to say."""
        return self.status is RunStatus.COMPLETED and self.control

    @property
    def not_applicable(self) -> bool:
        """Whether it was skipped because nothing in the target concerns it. A saved scan that does not say so, or
        contradicts itself, is not believed to mean it."""
        return self.status is RunStatus.SKIPPED and self.idle and not self.selected


class Notice(Value, frozen=True, kw_only=True):
    """Something the reader should know, which is neither a finding nor a gap: for example a file of
    the repository that would have changed a scanner's behaviour and was not honoured."""

    topic: str
    subject: str
    text: str


class OutOfScope(Value, frozen=True, kw_only=True):
    """A part of the target that was left out on purpose, and why."""

    path: str
    reason: str
    files: int = 0
    """How many files; 0 where they were not counted."""


class Rebuild(Value, frozen=True, kw_only=True):
    """What a rebuild on another base would change, by a scan of that base."""

    base: str
    """The other base, as it was named."""
    digest: str
    """Its image id."""
    cleared: tuple[str, ...] = ()
    """Fingerprints of the findings of the base's layers that the other base has not, sorted."""
    kept: int = 0
    """How many it has, too."""
    brought: int = 0
    """How many it has that the image has not."""
    unsure: str = ""
    """Why that may be wrong: what could not be looked at in the other base."""


class ImageInfo(Value, frozen=True, kw_only=True):
    """What was looked at, where it is a container image."""

    distribution: str = ""
    """As it calls itself; empty where it does not."""
    user: str = ""
    layers: tuple[Layer, ...] = ()
    """From the lowest."""
    packages: tuple[int, ...] = ()
    """How many each of them brought that are there in the end."""
    rebuild: Rebuild | None = None


class TargetInfo(Value, frozen=True, kw_only=True):
    """What was looked at, exactly."""

    kind: str
    """`tree`, `staged`, `diff`, `paths`, `history`, `commits` (what a range of them had in between), `commit`, `stdin`;
    `environment`, a Python one; `image`, a container image; or `vault`, a server, which has no files."""
    name: str
    """Name of the folder or repository, without its place on this machine."""
    digest: str
    """SHA-256 over the sorted paths and content digests of all files in scope."""
    files: int
    """In scope; of an image, the entries of all its layers."""
    bytes: int
    revision: str = ""
    """Commit, where the target is in a git repository."""
    base: str = ""
    """Commit that a diff starts from."""
    repository: str = ""
    """Address of the remote `origin`, without user and password; empty where there is none. The repository says so."""
    branch: str = ""
    """The branch that is checked out; empty where none is."""
    prefix: str = ""
    """Path text of the target below the top of its repository, with a slash at its end; empty at the top."""
    dirty: bool | None = None
    """Whether the work tree differs from the revision; None where that does not apply."""
    out_of_scope: tuple[OutOfScope, ...] = ()
    image: ImageInfo | None = None
    """Of a container image: its layers, and what they brought."""
