"""What of a scanner's work is known from earlier scans, and what of today's is remembered for later ones.

What is known counts as looked at: an entry is only written by a run that found its control, by the same build of the
same tool with the same rules, and only for a file that the tool itself said it had looked at. Whenever the tool is
started anyway, a few of the files that are known go with the others, chosen at random, and must show the same again.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Any

from secscan import __version__
from secscan.cache.entry import Said, may_be_kept
from secscan.cache.facts import FileFacts
from secscan.cache.results import Cache, Memory, Scope
from secscan.errors import MisledError
from secscan.memo import Memo, NoMemo
from secscan.scanners.builds import build_of
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import Plan, Report, Scanner, ScannerError, Setup
from secscan.scanners.toolkit import FileBatch, source_digest
from secscan.targets.contract import SourceFile, Target
from secscan.targets.notebook import PYTHON as NOTEBOOK

_BESIDE = 8
"""Files that are known and go along with others."""
_BESIDE_BYTES = 100_000
_VERIFIED = 0.05
_VERIFIED_LEAST = 20


@dataclass
class Kept:
    """What is known of one scanner's files."""

    scanner: FileScanner
    cache: Memory
    scope: Scope
    files: tuple[SourceFile, ...]
    known: dict[str, Said]
    """What is believed, by path: it is not looked at again."""
    doubted: dict[str, Said]
    """What is looked at again."""
    misled: set[str] = field(default_factory=set)
    """What of that showed something else."""
    trouble: tuple[ScannerError, ...] = ()
    """Why nobody has looked, or will look, at some of the files."""
    seconds: float = 0.0
    """What it took elsewhere."""

    @property
    def from_earlier_scans(self) -> int:
        """How many files were not looked at for this scan."""
        return len(self.known)

    def plan(self, setup: Setup) -> Plan[FileBatch]:
        """The work on everything that is not known; but all is selected."""
        rest = self.scanner.plan_of([file for file in self.files if file.path not in self.known], setup)
        return Plan(pieces=rest.pieces, selected=frozenset(file.path for file in self.files), gaps=rest.gaps)

    def report(self) -> Report:
        """What is known, as if it had been seen now."""
        return Report(
            findings=tuple(finding for said in self.known.values() for finding in said.findings),
            gaps=tuple(gap for said in self.known.values() for gap in said.gaps),
            looked_at=frozenset(path for path, said in self.known.items() if said.looked_at),
            control=True,
        )

    def take(self, report: Report, piece: FileBatch) -> None:
        """Hold a report against what was doubted, and remember it. Raises `ScannerError` where they differ; what is a
        gap today that may be gone tomorrow is no difference."""
        said = _by_file(report, piece, self.scope.scanner)
        self.misled |= {
            path
            for path, one in said.items()
            if path in self.doubted and may_be_kept(one, path) and one.in_order() != self.doubted[path].in_order()
        }
        if self.misled:
            self.cache.drop(self.scope)
            misled = MisledError.of(len(self.misled))
            raise ScannerError(misled.message, hint=misled.hint)
        self.cache.remember(self.scope, {file: said[file.path] for file in self.files if file.path in said})


def recall(scanner: FileScanner, cache: Memory, setup: Setup) -> Kept | None:
    """Return what is known of a scanner's files; None where nothing of it is ever kept. Its programs must have been
    found."""
    scope = scope_of(scanner, setup)
    if scope is None:
        return None
    files = tuple(scanner.files(setup))
    known = cache.known(scope, files, as_shown(scanner, files, setup))
    doubted = _sample(known, files, cache)
    believed = {path: said for path, said in known.items() if path not in doubted}
    return Kept(scanner=scanner, cache=cache, scope=scope, files=files, known=believed, doubted=doubted)


def scope_of(scanner: FileScanner, setup: Setup) -> Scope | None:
    """Return what a scanner's word on a file depends on beside the file; None where that cannot be told. Its programs
    must have been found."""
    version = scanner.version(setup) if scanner.kept_by else ""
    if not version:
        return None
    return Scope(
        scanner=scanner.name,
        version=version,
        rules=scanner.rules_digest(setup),
        options=scanner.options(),
        programs=tuple(build_of(path) for path in setup.programs.values()),
        secscan=__version__,
        source=_source_of(scanner),
        python=_python(),
        kept_by=scanner.kept_by,
    )


def as_shown(scanner: Scanner[Any], files: Iterable[SourceFile], setup: Setup) -> Callable[[str], bytes]:
    """Return what gives files as a scanner is shown them: what it says quotes that."""
    books = {file.path for file in files if file.language == NOTEBOOK} if scanner.reads_code else set[str]()
    if not books:
        return setup.target.read
    return lambda path: setup.code(path).place.read_bytes() if path in books else setup.target.read(path)


def facts(cache: Cache | None, target: Target) -> Memo:
    """Return what our own work on the target's files came to before, and where it is kept."""
    if cache is None:
        return NoMemo()
    scope = Scope(
        scanner="",
        version=__version__,
        rules="",
        options="",
        programs=(),
        secscan=__version__,
        source=source_digest(),
        python=_python(),
        kept_by="content",
    )
    return FileFacts(cache, scope, {file.path: file.digest for file in target.files})


def _python() -> str:
    return f"{sys.implementation.cache_tag} {sys.version.split(maxsplit=1)[0]} {sys.platform}"


def _source_of(scanner: FileScanner) -> str:
    """The digest of our source, and of the modules of a scanner that comes from elsewhere."""
    modules = {cls.__module__ for cls in type(scanner).__mro__} - {"builtins", "abc", "typing"}
    own = __name__.partition(".")[0]
    others = sorted(name for name in modules if name.partition(".")[0] != own)
    digest = hashlib.sha256(source_digest().encode())
    for name in others:
        place = getattr(sys.modules[name], "__file__", None)
        digest.update(Path(place).read_bytes() if place else name.encode())
    return digest.hexdigest()


def _sample(known: dict[str, Said], files: Sequence[SourceFile], cache: Memory) -> dict[str, Said]:
    """What is looked at again: a part where that is wanted, some small files where the tool is started anyway."""
    chosen = [file for file in files if file.path in known]
    SystemRandom().shuffle(chosen)
    if cache.verify:
        chosen = chosen[: max(_VERIFIED_LEAST, round(_VERIFIED * len(chosen)))]
    elif len(known) < len(files):
        chosen = [file for file in chosen if file.size < _BESIDE_BYTES // _BESIDE][:_BESIDE]
    else:
        chosen = []
    return {file.path: known[file.path] for file in chosen}


def _by_file(report: Report, piece: FileBatch, scanner: str) -> dict[str, Said]:
    """What a report says of each file of a piece; nothing where it also says something that is about no file of it."""
    findings: dict[str, list[int]] = {path: [] for path in piece.placed}
    gaps: dict[str, list[int]] = {path: [] for path in piece.placed}
    for number, finding in enumerate(report.findings):
        findings.setdefault(finding.location.path, []).append(number)
    for number, gap in enumerate(report.gaps):
        gaps.setdefault(gap.subject, []).append(number)
    if len(findings) > len(piece.placed) or len(gaps) > len(piece.placed) or report.notices or report.advisories:
        return {}
    return {
        path: Said(
            scanner=scanner,
            proven=True,
            looked_at=path in report.looked_at,
            findings=tuple(report.findings[number] for number in findings[path]),
            gaps=tuple(report.gaps[number] for number in gaps[path]),
        )
        for path in piece.placed
    }
