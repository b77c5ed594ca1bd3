"""The coverage of a saved scan as one document: who looked at what, who did not, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, Final, Literal

import msgspec

from secscan.findings.coverage import Coverage, Sort
from secscan.findings.levels import Kind, RunStatus
from secscan.findings.model import Gap, OutOfScope, ScannerRun, Value
from secscan.findings.scan import FileState, Scan

FORMAT: Final = "secscan.coverage/1"
NO_SCANNER = "no scanner of this scan looks at such files"
_CODE = frozenset((
    "c", "cpp", "csharp", "go", "java", "javascript", "kotlin", "notebook", "other-notebook", "php", "powershell",
    "python", "ruby", "rust", "scala", "shell", "swift", "typescript",
))  # fmt: skip
"""Languages in which programs are written, as `targets.languages` has them."""
_INVENTORY = "secscan"
"""The scanner of a gap that our own listing found."""


class Way(Value, frozen=True, kw_only=True, omit_defaults=False):
    """Things that the same scanners looked at; see `findings.coverage.Coverage`."""

    of: Sort
    kind: str
    form: str
    count: int
    looked_at: tuple[str, ...]
    partly: tuple[str, ...]
    missed: tuple[str, ...]
    nothing_to_do: tuple[str, ...]
    """Scanners of the scan that do not look at such things."""
    files: tuple[str, ...] = ()


class Ran(Value, frozen=True, kw_only=True, omit_defaults=False):
    """How much of what was counted for it a scanner looked at."""

    scanner: str
    status: RunStatus
    selected: int
    looked_at: int
    control: bool
    reason: str
    idle: bool
    """Whether nothing in the target concerns it."""


class Unseen(Value, frozen=True, kw_only=True, omit_defaults=False):
    """Something in scope that nobody looked at."""

    subject: str
    why: tuple[str, ...]


class Document(Value, frozen=True, kw_only=True, omit_defaults=False):
    """The whole document."""

    format: Literal["secscan.coverage/1"]
    target: str
    """Its kind and name."""
    digest: str
    """Of the target."""
    told: bool
    """Whether the saved scan tells who looked at each file: those of earlier versions do not."""
    ways: tuple[Way, ...]
    not_as_code: dict[str, int]
    """Programming languages of which files were looked at by no scanner of code, with how many."""
    scanners: tuple[Ran, ...]
    nobody: tuple[Unseen, ...]
    gaps: tuple[Gap, ...]
    """What single scanners could not look at."""
    out_of_scope: tuple[OutOfScope, ...]


def build(scan: Scan) -> Document:
    """Return the coverage of a scan."""
    names = tuple(run.scanner for run in scan.scanners if not run.imported and not run.not_applicable)
    files: defaultdict[int, list[str]] = defaultdict(list)
    for file in scan.files if scan.coverage else ():
        files[file.way].append(file.path)
    return Document(
        format=FORMAT,
        target=f"{scan.target.kind} {scan.target.name}",
        digest=scan.target.digest,
        told=bool(scan.coverage) or not scan.files,
        ways=tuple(_way(row, names, files[at] if row.of is Sort.FILES else []) for at, row in enumerate(scan.coverage)),
        not_as_code=_not_as_code(scan),
        scanners=tuple(_ran(run) for run in scan.scanners if not run.imported),
        nobody=_nobody(scan, files),
        gaps=tuple(gap for gap in scan.gaps if gap.scanner != _INVENTORY),
        out_of_scope=scan.target.out_of_scope,
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the document."""
    document = msgspec.json.schema(Document)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://secscan.dev/schema/coverage-1.json",
        "title": "secscan coverage, format 1",
        **document,
    }


def of_file(scan: Scan, path: str) -> tuple[FileState, Coverage] | None:
    """Return how a file in scope was looked at; None where it is not, or the scan does not tell."""
    found = next((file for file in scan.files if file.path == path), None)
    return (found, scan.coverage[found.way]) if found and scan.coverage else None


def _way(row: Coverage, names: tuple[str, ...], files: list[str]) -> Way:
    named = {*row.looked_at, *row.partly, *row.missed}
    return Way(
        of=row.of,
        kind=row.kind,
        form=row.form,
        count=row.count,
        looked_at=row.looked_at,
        partly=row.partly,
        missed=row.missed,
        nothing_to_do=tuple(name for name in names if name not in named),
        files=tuple(files),
    )


def _not_as_code(scan: Scan) -> dict[str, int]:
    of_code = {run.scanner for run in scan.scanners if Kind.SAST in run.kinds}
    counts: Counter[str] = Counter()
    for row in scan.coverage:
        if row.of is Sort.FILES and row.kind in _CODE and of_code.isdisjoint((*row.looked_at, *row.partly)):
            counts[row.kind] += row.count
    return dict(sorted(counts.items()))


def _ran(run: ScannerRun) -> Ran:
    return Ran(
        scanner=run.scanner,
        status=run.status,
        selected=run.selected,
        looked_at=run.looked_at,
        control=run.control,
        reason=run.reason,
        idle=run.not_applicable,
    )


def _nobody(scan: Scan, files: dict[int, list[str]]) -> tuple[Unseen, ...]:
    """Files that nobody looked at, and what our own listing could not even count."""
    why: defaultdict[str, list[str]] = defaultdict(list)
    for gap in scan.gaps:
        why[gap.subject].append(reason(gap))
    failed = {run.scanner: run.reason for run in scan.scanners if run.status is not RunStatus.COMPLETED}
    found = {}
    for at, row in enumerate(scan.coverage):
        if row.of is Sort.FILES and row.nobody:
            ended = [f"{name}: {failed[name]}" for name in row.missed if name in failed]
            for path in files[at]:
                found[path] = tuple(why[path]) or tuple(ended) or (NO_SCANNER,)
    for gap in scan.gaps:
        if gap.scanner == _INVENTORY:
            found[gap.subject] = tuple(why[gap.subject])
    return tuple(Unseen(subject=subject, why=told) for subject, told in sorted(found.items()))


def reason(gap: Gap) -> str:
    """Why something was not looked at, and by whom."""
    who = "" if gap.scanner == _INVENTORY else f"{gap.scanner}: "
    return f"{who}{gap.kind}" + (f", {gap.detail}" if gap.detail else "")
