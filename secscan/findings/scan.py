"""The saved scan: one versioned, deterministic JSON document.

The same input gives the same bytes, apart from the one member `run`, which holds everything that
depends on the clock or the machine.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from secscan.errors import SavedScanError
from secscan.findings.contradictions import in_judgement, in_runs
from secscan.findings.coverage import Coverage, contradictions
from secscan.findings.judgement import Judgement
from secscan.findings.model import Finding, Gap, Notice, ScannerRun, TargetInfo, Value, at_each_place
from secscan.findings.visible import is_visible

FORMAT = "secscan.scan/1"
"""Name and version of the document; raised when a reader of the old one would misunderstand the new."""

_OF_A_SHARD = "secscan.shard/"
"""Begins the format of what `secscan scan --shard` writes."""

MAX_BYTES = 2_000_000_000
"""A saved scan larger than this is refused rather than read into memory."""

_AT_ONCE = 50
"""Items of a list that are written together."""
_ENCODER = msgspec.json.Encoder(order="sorted")

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


class ScannerTiming(Value, frozen=True, kw_only=True):
    """What one scanner cost on this machine."""

    scanner: str
    seconds: float
    peak_megabytes: float = 0.0
    program: str = ""
    kept: int = 0
    """How many files were not looked at again, since what it said of the same content in an earlier scan was kept."""


class RunInfo(Value, frozen=True, kw_only=True):
    """What depends on the clock or the machine, and nothing else."""

    started: str
    """RFC 3339, UTC."""
    judged_at: str
    """Time of judgement, RFC 3339, UTC: waivers and grace periods depend on it."""
    seconds: float = 0.0
    root: str = ""
    """Where the target lay."""
    ci: str = ""
    """Address of the CI run, where it was one."""
    python: str = ""
    platform: str = ""
    timings: tuple[ScannerTiming, ...] = ()


class FileState(Value, frozen=True, kw_only=True):
    """One file in scope: what tells a later scan whether it was changed."""

    path: str
    digest: str
    """The beginning of the SHA-256 of its content, 16 hexadecimal digits."""
    way: int = 0
    """How it was looked at: the position in the scan's `coverage`."""


class AdvisoryState(Value, frozen=True, kw_only=True):
    """A part of the advisories that packages of this scan were held against."""

    name: str
    """The ecosystem, as OSV names it; or the catalogue; or the scanner that brings its own."""
    records: int
    """0 where nobody counted them."""
    as_of: str = ""
    """The time up to which it knows, RFC 3339, UTC; empty where that is not known."""
    ecosystems: tuple[str, ...] = ()
    """What packages were held against it, of a scanner's own: their ecosystems."""


class Scan(Value, frozen=True, kw_only=True, omit_defaults=False):
    """Everything one scan saw, how its scanners ended, and the last judgement of it."""

    format: str
    secscan: str
    """Version of secscan that made the document."""
    target: TargetInfo
    scanners: tuple[ScannerRun, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    notices: tuple[Notice, ...] = ()
    files: tuple[FileState, ...] = ()
    """Every file in scope, sorted by path."""
    coverage: tuple[Coverage, ...] = ()
    """Who looked at what, in groups; first those of files, the most frequent at the top."""
    packages: tuple[str, ...] = ()
    """Every package that was looked up, as `ecosystem:name@version`, sorted."""
    advisories: tuple[AdvisoryState, ...] = ()
    """How old the advisories are that the packages were held against, sorted by name."""
    judgement: Judgement | None = None
    run: RunInfo | None = None


def dumps(scan: Scan) -> bytes:
    """Return the document as UTF-8 JSON, one finding per line so that a diff of two scans can be read."""
    return b"".join(parts(scan))


def parts(scan: Scan) -> Iterator[bytes]:
    """Yield the document of `dumps` part by part."""
    before = b"{\n "
    for name in scan.__struct_fields__:
        value = getattr(scan, name)
        yield before + msgspec.json.encode(name) + b": "
        if isinstance(value, tuple) and value:
            yield from _rows(value)
        else:
            yield _visible(_ENCODER.encode(value))
        before = b",\n "
    yield b"\n}\n"


def _rows(values: tuple[Any, ...]) -> Iterator[bytes]:
    """A list with an item on each line."""
    for start in range(0, len(values), _AT_ONCE):
        made = _visible(_ENCODER.encode_lines(values[start : start + _AT_ONCE])[:-1])
        yield (b",\n  " if start else b"[\n  ") + made.replace(b"\n", b",\n  ")
    yield b"\n ]"


def loads(data: bytes, *, origin: str = "the saved scan") -> Scan:
    """Read a saved scan. `origin` names the document in errors.

    Raises `SavedScanError` for a document that is broken, of another format, or newer than this program.
    """
    try:
        scan = msgspec.json.decode(data, type=Scan)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        _refuse_other_formats(data, origin)
        raise SavedScanError(f"{origin} is damaged: {error}", hint="scan again") from error
    if scan.format != FORMAT:
        _refuse_other_formats(data, origin)
    if not _is_as_written(scan, data):
        _refuse_duplicate_keys(data, origin)
    seen: set[str] = set()
    if any(one.places for finding in scan.findings for one in finding.places):
        raise SavedScanError(f"{origin} is damaged: a place of a finding has places", hint="scan again")
    for finding in at_each_place(scan.findings):
        if not finding.fingerprint or finding.fingerprint in seen:
            raise SavedScanError(
                f"{origin} is damaged: finding {finding.place} has no fingerprint of its own",
                hint="scan again",
            )
        seen.add(finding.fingerprint)
    times = [one.introduced.date for one in at_each_place(scan.findings) if one.introduced]
    times += [one.first_seen for one in scan.judgement.decisions] if scan.judgement else []
    times += [scan.run.started, scan.run.judged_at] if scan.run else []
    for text in times:
        if text and not is_time(text):
            raise SavedScanError(f"{origin} is damaged: {text[:40]!r} is not a time", hint="scan again")
    days = [one.expires for one in scan.judgement.waivers] if scan.judgement else []
    days += [one.due for one in scan.judgement.decisions if one.due] if scan.judgement else []
    for text in days:
        if not _is_day(text):
            raise SavedScanError(f"{origin} is damaged: {text[:40]!r} is not a day", hint="scan again")
    _refuse_contradictions(scan, origin)
    return scan


def is_time(text: str) -> bool:
    """Whether a text is a time as `timestamp` writes it, or another of RFC 3339 that says its time zone."""
    if not _TIME.fullmatch(text):  # `fromisoformat` takes any character between day and time
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def load(path: Path) -> Scan:
    """Read the saved scan at `path`; see `loads`."""
    return loads(read(path), origin=str(path))


def read(path: Path) -> bytes:
    """Return the bytes of the saved scan at `path`. Raises `SavedScanError` where they cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SavedScanError(f"{path} is larger than {MAX_BYTES} bytes", hint="scan a smaller target")
        return path.read_bytes()
    except OSError as error:
        raise SavedScanError(
            f"cannot read {path}: {os.strerror(error.errno or 0)}",
            hint="`secscan scan` writes secscan.json; give its path",
        ) from error


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the saved scan, generated from the model."""
    document = msgspec.json.schema(Scan)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://secscan.dev/schema/scan-1.json",
        "title": "secscan saved scan, format 1",
        **document,
    }


def timestamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refuse_other_formats(data: bytes, origin: str) -> None:
    """Say of a document that is no saved scan of ours what it is instead."""
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise SavedScanError(
            f"{origin} is not a saved scan: {error}",
            hint="give the secscan.json that `secscan scan` wrote",
        ) from error
    if head.format.startswith(_OF_A_SHARD):
        raise SavedScanError(
            f"{origin} is what one shard has seen, and has no verdict", hint="judge all shards with `secscan merge`"
        )
    if head.format != FORMAT:
        raise SavedScanError(
            f"{origin} has the format {head.format[:60]!r}; this secscan reads {FORMAT!r}",
            hint="judge it with the version of secscan that wrote it, or scan again",
        )


def _visible(made: bytes) -> bytes:
    """Lines of JSON, in which what is invisible is escaped: whoever shows the file is shown it."""
    if made.isascii() and b"\x7f" not in made:
        return made
    return "\n".join(map(_escaped, made.decode("utf-8").split("\n"))).encode("utf-8")


def _escaped(line: str) -> str:
    if is_visible(line):
        return line
    # Outside of strings JSON is printable ASCII, so each of these stands in a string.
    return "".join(char if is_visible(char) else json.dumps(char)[1:-1] for char in line)


def _refuse_contradictions(scan: Scan, origin: str) -> None:
    """A document that says two things is shown to its reader as either; refuse it."""
    judged = in_judgement(scan.judgement, at_each_place(scan.findings)) if scan.judgement else ()
    covered = contradictions(scan.coverage, (file.way for file in scan.files))
    for problem in (*in_runs(scan.scanners), *covered, *judged):
        raise SavedScanError(f"{origin} is damaged: {problem}", hint="scan again")


class _Head(msgspec.Struct):
    format: str


def _is_as_written(scan: Scan, data: bytes) -> bool:
    """Whether a document is letter by letter what we write of what was read of it: then it has no member that was not
    read. To look at the members of each object takes longer than all the rest."""
    at = 0
    for part in parts(scan):
        if not data.startswith(part, at):
            return False
        at += len(part)
    return at == len(data)


def _refuse_duplicate_keys(data: bytes, origin: str) -> None:
    """A document with two `findings` members means two things to two readers; refuse it."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) != len(pairs):
            raise SavedScanError(f"{origin} is damaged: a member occurs twice", hint="scan again")

    json.loads(data, object_pairs_hook=check)
