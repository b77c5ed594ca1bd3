"""The contract every scanner keeps, the values that cross it, and its exceptions.

A scanner is one tool, adapted. It *plans* its work into pieces (pure), *runs* the tool on one piece (the
one impure step) and *parses* what the tool said (pure). The runner does the rest: it checks needs, runs
pieces in parallel, holds what was looked at against what was planned, and turns how it ended into a value.

The promise: a scanner starts as incomplete and becomes completed by evidence only. `parse` raises
`MalformedOutput` for anything that is not a whole, well-formed answer; it never turns silence into an
empty result. Every piece carries a positive control, an input that the tool must flag; a piece whose control
was not found did not scan.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeVar

from secscan.errors import SecscanError
from secscan.findings.levels import Kind
from secscan.findings.model import Finding, Gap, Notice
from secscan.findings.scan import AdvisoryState
from secscan.process import Ended, Limits
from secscan.stores.aws.settings import AwsSettings
from secscan.stores.vault.settings import VaultSettings
from secscan.targets.contract import Target

if TYPE_CHECKING:
    from secscan.images.reading import Image
    from secscan.scanners.cells import Broken

PieceT = TypeVar("PieceT")

FILES = "files"
SERVER = "server"
Joins = Literal["always", "packaged", "named"]
"""`packaged`: where the Python package of `Needs.package` is installed beside secscan, as an extra does it."""


class ScannerError(SecscanError):
    """The scanner did not do its work. The runner turns it into a failed run."""


class MalformedOutput(ScannerError):
    """What the tool wrote is not a whole, well-formed answer."""


@dataclass(frozen=True)
class Needs:
    """What a scanner needs before it can start; checked in one place, all unmet needs reported together."""

    programs: tuple[str, ...] = ()
    """Programs by name; see `process.find_program`."""
    package: str = ""
    """An installed Python package that brings them, in its folder `bin` or beside Python, where they are looked for
    first."""
    proof: str = ""
    """An expression that the answer of `PROGRAM version` must match, where a name in PATH alone proves nothing."""
    advisories: bool = False
    """Whether it works against the advisory index."""
    vault: bool = False
    """Whether it asks Vault: then it is part of a scan only where the caller wants that."""
    aws: bool = False
    """The same for AWS."""
    licences: bool = False
    """Whether it reports every package, and so is part of a scan only where the caller wants that."""


@dataclass(frozen=True)
class Code:
    """A file as scanners of code are shown it."""

    place: Path
    broken: tuple[Broken, ...] = ()
    """Cells of a notebook that are left out."""


def no_credentials(_scanner: str) -> Mapping[str, str]:
    """No scanner has credentials."""
    return {}


@dataclass(frozen=True)
class Setup:
    """What the runner gives to a scanner: the target and where its needs were found."""

    target: Target
    image: Image | None = None
    """The image that the target is, read; None for every other sort of target. An image has no files in scope: what is
    known of its content stands here."""
    programs: dict[str, Path] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    advisories: Path | None = None
    """The advisory index, opened read-only; None where there is none."""
    online: str | None = None
    """Address of the OSV service that pip-audit asks in place of ours on loopback, empty for its public one; None where
    nobody wants the network to be used."""
    vault: VaultSettings | None = None
    """How Vault is reached and asked; None where the caller does not want that."""
    aws: AwsSettings | None = None
    """The same for AWS."""
    credentials: Callable[[str], Mapping[str, str]] = no_credentials
    """Gives the variables with credentials of a scanner, by its name, when its program is about to start."""
    jobs: int = 1
    """How many processor cores this scanner may count on."""
    place: Callable[[str], Path] = field(default=Path)
    """Gives the absolute path on disk at which a file in scope can be scanned under a harmless name and in a
    readable encoding; see `scanners.workspace`."""
    cells: Callable[[str], Code] | None = None
    """The same for scanners of code, which are shown what the cells of a notebook hold in place of the notebook."""
    values_key: str = field(default_factory=lambda: token_hex(32), repr=False)
    """A key that lives as long as the scan. A scanner that knows the value of a secret says by
    `secrets.worker.secret_id` under this key, in `Finding.same`, which findings have the same."""

    def code(self, path: str) -> Code:
        """Return how a scanner of code is shown a file in scope. Raises `NotebookError` for a notebook that cannot be
        taken apart."""
        return self.cells(path) if self.cells else Code(self.place(path))


@dataclass(frozen=True)
class Plan(Generic[PieceT]):
    """What there is to do. No pieces: nothing in the target concerns this scanner."""

    pieces: tuple[PieceT, ...] = ()
    selected: frozenset[str] = frozenset()
    """Our own count of what the scanner should look at: path texts, or `ecosystem:name@version` of packages."""
    gaps: tuple[Gap, ...] = ()
    """What we know beforehand cannot be looked at. Its subjects are not in `selected`."""


@dataclass(frozen=True)
class Report:
    """What one piece of work showed."""

    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    looked_at: frozenset[str] = frozenset()
    """The part of the plan's `selected` that the tool proved to have looked at."""
    notices: tuple[Notice, ...] = ()
    """What the reader of a report should know besides."""
    advisories: tuple[AdvisoryState, ...] = ()
    """How old the advisories are that the tool brings itself."""
    control: bool = False
    """Whether the positive control was found (it is not among the findings)."""


class Scanner(ABC, Generic[PieceT]):
    """One tool, adapted. Instances hold no state."""

    name: ClassVar[str]
    """The name used in policies and reports."""
    title: ClassVar[str]
    """What it does, in a few words, for `secscan doctor`."""
    looks_at: ClassVar[str] = FILES
    """What sort of target it is for: `FILES`, or `SERVER` for one that has none."""
    reads_images: ClassVar[bool] = False
    """Whether it looks at container images, too, or only at them."""
    kinds: ClassVar[tuple[Kind, ...]]
    """Kinds of finding it can report, first the one that it is there for."""
    needs: ClassVar[Needs] = Needs()
    install_hint: ClassVar[str] = ""
    """What a person does to get it."""
    joins: ClassVar[Joins] = "always"
    """When it joins a scan for which no scanners are named. A policy that requires it is not met by a scan without it.
    What happens to be in PATH never makes it join: the same scan is the same on every machine."""
    parses: ClassVar[frozenset[str]] = frozenset()
    """Languages that it reads by their own grammar, whole or not at all: a file that it looked at does parse. See
    `scanners.believed`."""
    reads_code: ClassVar[bool] = False
    """Whether it is shown the code of notebooks in place of the notebooks: `Setup.code`. Its findings in them are then
    places in that; see `scanners.in_cells`."""
    byte_columns: ClassVar[bool] = False
    """Whether the tool counts columns in UTF-8 bytes; `scanners.columns` then turns them into characters."""
    megabytes: ClassVar[int] = 200
    """What a piece of its work usually takes of memory, to plan by."""
    piece_type: ClassVar[type]
    """The type of a piece, so that recorded output can be read back by the contract tests."""

    @abstractmethod
    def plan(self, setup: Setup) -> Plan[PieceT]:
        """Cut the work into pieces. Pure apart from reading the target."""

    @abstractmethod
    def run(self, piece: PieceT, setup: Setup) -> Ended:
        """Run the tool on one piece and return how it ended and what it said."""

    @abstractmethod
    def parse(self, ended: Ended, piece: PieceT) -> Report:
        """Turn what the tool said into findings and gaps. Pure. Raises `MalformedOutput`."""

    def seconds(self, piece: PieceT) -> float:
        """Return about how long a piece takes, to plan by."""
        return 1.0

    def version(self, setup: Setup) -> str:
        """Return the version of the tool; empty where it cannot be told."""
        return ""

    def rules_digest(self, setup: Setup) -> str:
        """Return a digest of the rules or data the tool works with; empty where it brings its own."""
        return ""


def refuse_trouble(ended: Ended, *, exit_codes: Sequence[int]) -> None:
    """Raise `MalformedOutput` if the tool was ended early or says itself that it failed."""
    if ended.trouble:
        raise MalformedOutput(f"it {ended.trouble}", hint=_last_words(ended))
    if ended.exit_code not in exit_codes:
        raise MalformedOutput(f"it ended with exit code {ended.exit_code}", hint=_last_words(ended))


def _last_words(ended: Ended) -> str:
    lines = [line.strip() for line in ended.stderr.decode("utf-8", errors="replace").splitlines() if line.strip()]
    return f"its last words: {lines[-1][:300]}" if lines else "it said nothing on standard error"
