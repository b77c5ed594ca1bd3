"""Baselines: what was there before, and why something is new.

A baseline is a small document made of a saved scan. It names the findings with the day on which each was first seen,
the files and packages by digest and version, and the scanners with their rules: what a later scan must be compared
with to tell whether code, a dependency, an advisory, a tool or the configuration made a finding new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from secscan.correlate.order import file_order
from secscan.errors import PolicyError
from secscan.findings.evidence import explained_subjects, trouble
from secscan.findings.fingerprint import with_fingerprints
from secscan.findings.levels import Cause, RunStatus
from secscan.findings.model import Finding, Value, at_each_place
from secscan.findings.scan import FORMAT as SCAN_FORMAT
from secscan.findings.scan import FileState, Scan, is_time, timestamp
from secscan.findings.scan import loads as load_scan
from secscan.policy.facts import Facts

FORMAT = "secscan.baseline/1"
"""Name and version of the document."""

PARTIAL = frozenset({"staged", "diff", "paths", "history", "commits", "stdin"})
"""Kinds of target that look at a part: what they do not show need not be gone."""


class Known(Value, frozen=True, kw_only=True):
    """One finding of the baseline, or one place of it."""

    fingerprint: str
    title: str
    path: str
    scanners: tuple[str, ...]
    first_seen: str = ""
    """RFC 3339, UTC; empty where it is not known."""
    package: str = ""
    """Name of the package, of one that is about a package."""


class Tool(Value, frozen=True, kw_only=True):
    """A scanner, as it was then."""

    scanner: str
    version: str
    rules_digest: str
    completed: bool
    """Whether it did its work, as the gate sees it."""


class Baseline(Value, frozen=True, kw_only=True, omit_defaults=False):
    """What was there before."""

    format: str
    target: str
    findings: tuple[Known, ...]
    tools: tuple[Tool, ...]
    packages: tuple[str, ...]
    files: tuple[FileState, ...]
    renames: dict[str, str] = msgspec.field(default_factory=dict)
    """Old path by new path, of files that git has seen move since; never saved."""


def baseline_of(scan: Scan, *, seen: datetime | None = None, older: Baseline | None = None) -> Baseline:
    """Return the baseline that a scan makes.

    What `older` knows keeps its day; the rest was first seen at `seen`, or on a day that nobody knows.
    """
    explained = explained_subjects(scan)
    days = {one.fingerprint: one.first_seen for one in older.findings} if older else {}
    today = timestamp(seen) if seen else ""
    return Baseline(
        format=FORMAT,
        target=scan.target.name,
        findings=tuple(
            Known(
                fingerprint=one.fingerprint,
                title=one.title,
                path=one.location.path,
                scanners=_scanners(one),
                first_seen=days.get(one.fingerprint) or today,
                package=one.package.name if one.package else "",
            )
            for one in sorted(at_each_place(scan.findings), key=lambda one: one.fingerprint)
        ),
        tools=tuple(
            Tool(
                scanner=run.scanner,
                version=run.version,
                rules_digest=run.rules_digest,
                completed=run.status is RunStatus.COMPLETED and not trouble(run, explained),
            )
            for run in scan.scanners
        ),
        packages=scan.packages,
        files=scan.files,
    )


def dumps(baseline: Baseline) -> bytes:
    """Return the document as JSON, one entry per line: it is made to be committed, so a diff of it can be read."""
    bare = msgspec.structs.replace(baseline, renames={})
    return msgspec.json.format(msgspec.json.encode(bare, order="deterministic"), indent=1) + b"\n"


def loads(data: bytes, *, origin: str) -> Baseline:
    """Read a baseline; a saved scan of the base will do as well. Raises `PolicyError` or `SavedScanError`."""
    hint = "make it with `secscan baseline write SCAN`, or give the base's secscan.json"
    if _format_of(data) == SCAN_FORMAT:
        scan = load_scan(data, origin=origin)
        started = scan.run.started if scan.run else ""
        return baseline_of(scan, seen=datetime.fromisoformat(started) if started else None)
    try:
        found = msgspec.json.decode(data, type=Baseline)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise PolicyError(f"{origin} is not a baseline: {error}", hint=hint) from error
    if found.format != FORMAT:
        raise PolicyError(f"{origin} has the format {found.format[:60]!r}; this secscan reads {FORMAT!r}", hint=hint)
    for one in found.findings:
        if one.first_seen and not is_time(one.first_seen):
            raise PolicyError(f"{origin} is damaged: {one.first_seen[:40]!r} is not a time", hint=hint)
    return msgspec.structs.replace(found, renames={})


def _format_of(data: bytes) -> str:
    """The format that a document names; empty where it names none."""
    try:
        return msgspec.json.decode(data, type=_Head).format
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""


class _Head(msgspec.Struct):
    format: str


def load(path: Path) -> Baseline:
    """Read the baseline at `path`; see `loads`."""
    try:
        return loads(path.read_bytes(), origin=str(path))
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise PolicyError(f"cannot read the baseline {path}: {why}", hint="check the path") from error


def facts_from(baseline: Baseline | None, scan: Scan, at: datetime) -> Callable[[Finding], Facts]:
    """Return what tells, of each finding of `scan`, what the baseline knows of it."""
    if baseline is None:
        nothing = Facts(at=at)
        return lambda _finding: nothing
    return _Comparison(baseline, scan, at).facts


class _Comparison:
    """A scan beside its baseline."""

    def __init__(self, baseline: Baseline, scan: Scan, at: datetime) -> None:
        self._at = at
        self._renames = baseline.renames
        self._known = {one.fingerprint: one for one in baseline.findings}
        self._files = {one.path: one.digest for one in baseline.files}
        self._packages = frozenset(baseline.packages)
        self._tools = {one.scanner: one for one in baseline.tools}
        self._now_files = {one.path: one.digest for one in scan.files}
        self._runs = {run.scanner: run for run in scan.scanners}
        self._old_names = under_old_names(scan.findings, baseline.renames)

    def facts(self, finding: Finding) -> Facts:
        known = self._known.get(self._old_names.get(finding.fingerprint, finding.fingerprint))
        if known is None:
            return Facts(at=self._at, new=True, cause=self._cause(finding), first_seen=self._at)
        seen = datetime.fromisoformat(known.first_seen) if known.first_seen else None
        return Facts(at=self._at, new=False, first_seen=seen)

    def _cause(self, finding: Finding) -> Cause:
        """Why it is new. Where a change of the code and one of the world both could be the cause, it is the code."""
        same_file = self._is_same_file(finding.location.path)
        if finding.package is not None:
            key = f"{finding.package.ecosystem}:{finding.package.name}@{finding.package.version}"
            if not same_file and (key not in self._packages or not self._was_there(finding.location.path)):
                return Cause.DEPENDENCY
            if self._changed(finding, lambda tool, run: tool.rules_digest != run):
                return Cause.ADVISORY
            if not same_file:
                return Cause.DEPENDENCY
        elif not same_file:
            return Cause.CODE
        return Cause.TOOL if self._tool_changed(finding) else Cause.CONFIGURATION

    def _is_same_file(self, path: str) -> bool:
        now = self._now_files.get(path)
        return now is not None and self._files.get(self._renames.get(path, path)) == now

    def _was_there(self, path: str) -> bool:
        return self._renames.get(path, path) in self._files

    def _changed(self, finding: Finding, differs: Callable[[Tool, str], bool]) -> bool:
        for name in _scanners(finding):
            tool, run = self._tools.get(name), self._runs.get(name)
            if tool is not None and run is not None and differs(tool, run.rules_digest):
                return True
        return False

    def _tool_changed(self, finding: Finding) -> bool:
        """Whether a scanner that reports it was not there before, had failed, or has another version or other rules."""
        for name in _scanners(finding):
            tool, run = self._tools.get(name), self._runs.get(name)
            if tool is None or run is None or not tool.completed:
                return True
            if (tool.version, tool.rules_digest) != (run.version, run.rules_digest):
                return True
        return False


def _scanners(finding: Finding) -> tuple[str, ...]:
    return tuple(sorted({source.scanner for source in finding.own_sources}))


def under_old_names(findings: tuple[Finding, ...], renames: Mapping[str, str]) -> dict[str, str]:
    """Return the fingerprints of findings in renamed files, by what they are now: what they were under the old name."""
    moved = [one for one in at_each_place(findings) if one.location.path in renames]
    moved.sort(key=lambda one: (*file_order(one), one.fingerprint))
    before = with_fingerprints(
        msgspec.structs.replace(
            one, location=msgspec.structs.replace(one.location, path=renames[one.location.path]), fingerprint=""
        )
        for one in moved
    )
    return {now.fingerprint: then.fingerprint for now, then in zip(moved, before, strict=True)}
