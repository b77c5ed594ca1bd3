"""What the adapters of tools that look for secrets share: what the tools are shown, and what they say of it.

Such tools pass over files by their names (lock files, images, `node_modules`), by what ignore files of the tree say,
and by their bytes (UTF-16, zeros, binaries), all without a word. So a tool is shown the text of each file in scope, as
our own detector reads it, in a private folder, under a number. The bytes it says it looked at must be as many as ours.
"""

from __future__ import annotations

import os
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import msgspec

from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source
from secscan.leftovers import private_folder
from secscan.process import Ended, run
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import MalformedOutput, Report, ScannerError, Setup
from secscan.scanners.toolkit import FileBatch, strict_json, typed
from secscan.secrets.control import control_source
from secscan.secrets.keys import KEY_VARIABLE
from secscan.secrets.texts import LOOKED_AT_MOST, decoded, parts
from secscan.targets.contract import SourceFile

CONTROL = "secscan_control.txt"
_SHOWN = "shown.json"
_SHORTEST_KEY = 32
_FIRST = 2
"""The line on which a text begins in what a tool is shown. Before it stands an empty one, since by their first bytes
tools take a text such as `%PDF` for what they pass over."""
_SUFFIXES = frozenset(
    (
        ".c", ".cc", ".cfg", ".conf", ".cpp", ".cs", ".dart", ".env", ".ex", ".go", ".groovy", ".h", ".hcl", ".hpp",
        ".html", ".ini", ".java", ".js", ".json", ".jsx", ".kt", ".lua", ".p12", ".pfx", ".php", ".pl", ".properties",
        ".ps1", ".py", ".r", ".rb", ".rs", ".scala", ".sh", ".sql", ".swift", ".tf", ".tfvars", ".toml", ".ts",
        ".tsx", ".vb", ".vue", ".xml", ".yaml", ".yml",
    )
)  # fmt: skip
"""Rules ask for these; none of them makes a tool pass over a file."""

_MOST_COMPARED = 64
_WHOLE_LINE = 1_000_000_000

_ABOUT = re.compile(r"^(?:\w+ed|\w+s)\s+(?:an?|the)?\s*(?:(?:possible|potential)\s+)?(?P<what>[^,.;]{3,80})")
_CRITICAL = re.compile(r"private-key|secret-access-key|vault-(?:service|batch)-token|stripe-access-token")
_LESS = re.compile(r"webhook|jwt|(?:^|-)test-")
_NAMES = re.compile(
    r"(?:^|-)(?:id|name|username)(?:\.\d)?$|(?:jfrog|instance|project|rest)-url(?:\.\d)?$|^browserstack-username"
)
"""Rules for user names, ids and addresses, which are part of a credential and no secret themselves."""


@dataclass(frozen=True)
class Leak:
    """What a tool said of one place in what it was shown."""

    name: str
    """The file it was shown."""
    rule: str
    about: str
    """The rule's own words."""
    confidence: Confidence
    region: Region
    """Columns in UTF-8 bytes, from 1; the end column stands after the last."""
    secret_id: str = ""


class _Place(msgspec.Struct):
    """What a shown file is a part of, and where that part begins."""

    path: str
    line: int
    column: int


class _Shown(msgspec.Struct):
    """Our own count of what a tool was shown."""

    places: dict[str, _Place]
    looked_at: list[str]
    bytes: int
    gaps: list[Gap]
    named: bool = False
    """Whether the ids that the tool gives to secrets are ours, under the organisation's key."""


class LeakScanner(FileScanner):
    """A tool that looks for secrets in the texts it is shown; see `scanners.contract`."""

    kinds = (Kind.SECRET,)
    byte_columns = True
    kept_by = "path"
    pace = 0.15

    def files(self, setup: Setup) -> tuple[SourceFile, ...]:
        """See `FileScanner.files`."""
        return setup.target.files

    def batches(self, files: Sequence[SourceFile], setup: Setup) -> int:  # noqa: ARG002 - as the contract has it
        """As few batches as can be: such a tool uses all cores itself."""
        return 1


def run_on_texts(
    scanner: str,
    piece: FileBatch,
    setup: Setup,
    argv: Callable[[str], Sequence[str]],
    *,
    env: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    named: bool = False,
) -> Ended:
    """Run a tool on the texts of a batch and the positive control, which lie in a folder of their own.

    `argv` makes the command line from that folder; the tool writes `report.json`. `named`: the ids that it gives to
    secrets are ours.
    """
    with private_folder() as folder:
        shown = _show(scanner, piece, folder)
        shown.named = named
        ended = run(argv(str(folder)), limits=setup.limits, env=env, files=files, collect=["report.json"])
    return replace(ended, files={**ended.files, _SHOWN: msgspec.json.encode(shown)})


def report_on(ended: Ended, scanner: str, leaks: Sequence[Leak], *, seen_bytes: int, control: str) -> Report:
    """Turn what a tool said into a report. `control` is the rule that must have found the positive control.

    Raises `MalformedOutput` where the tool has not looked at exactly what it was shown, or speaks of something else.
    """
    shown: _Shown = typed(strict_json(ended.files.get(_SHOWN, b""), tool=scanner), _Shown, tool=scanner)
    if seen_bytes != shown.bytes:
        raise MalformedOutput(f"it looked at {seen_bytes} of {shown.bytes} bytes")
    strange = sorted({leak.name for leak in leaks} - {CONTROL, *shown.places})
    if strange:
        raise MalformedOutput(f"it speaks of {strange[0][:60]!r}, which it was not shown")
    found = [_finding(scanner, leak, shown) for leak in _narrowest(leaks) if leak.name != CONTROL]
    return Report(
        findings=tuple(one for one in dict.fromkeys(found) if one is not None),
        gaps=tuple(shown.gaps),
        looked_at=frozenset(shown.looked_at),
        control=any(leak.name == CONTROL and leak.rule == control for leak in leaks),
    )


def _narrowest(leaks: Sequence[Leak]) -> Iterator[Leak]:
    """The leaks without those that one rule reports at more of a place than it reports, too: of a text that it has
    decoded a tool points at the whole word, and at the value in it as it stands."""
    ends: dict[tuple[str, str, int], list[Region]] = defaultdict(list)
    for leak in leaks:
        ends[leak.name, leak.rule, leak.region.start_line].append(leak.region)
    for leak in leaks:
        others = ends[leak.name, leak.rule, leak.region.start_line][:_MOST_COMPARED]
        if not any(other != leak.region and _within(other, leak.region) for other in others):
            yield leak


def _within(inner: Region, outer: Region) -> bool:
    return (inner.start_line, inner.start_column) >= (outer.start_line, outer.start_column) and (
        inner.last_line,
        inner.end_column or _WHOLE_LINE,
    ) <= (outer.last_line, outer.end_column or _WHOLE_LINE)


def shown_name(path: str) -> str:
    """Return the name under which a tool was shown what it now calls by an absolute path."""
    return path.rpartition("/")[2]


def organisation_key() -> str:
    """Return the organisation's key for the ids of secrets; empty for none. Raises `ScannerError` for a short one."""
    key = os.environ.get(KEY_VARIABLE, "")
    if key and len(key) < _SHORTEST_KEY:
        raise ScannerError(
            f"{KEY_VARIABLE} has fewer than {_SHORTEST_KEY} characters",
            hint="make one with `openssl rand -hex 32`, and keep it in your secret store",
        )
    return key


def random_key() -> str:
    """Return a key that nobody knows after this run."""
    return secrets.token_hex(32)


def _show(scanner: str, piece: FileBatch, folder: Path) -> _Shown:
    shown = _Shown(places={}, looked_at=[], bytes=len(control_source()), gaps=[])
    (folder / CONTROL).write_bytes(control_source())
    for number, (path, place) in enumerate(piece.placed.items()):
        data = _read(Path(place))
        if isinstance(data, tuple):
            shown.gaps.append(Gap(scanner=scanner, kind=data[0], subject=path, detail=data[1]))
            continue
        for name, line, column, part in _named_parts(number, path, data):
            (folder / name).write_bytes(b"\n" + part)
            shown.places[name] = _Place(path, line, column)
            shown.bytes += 1 + len(part)
        shown.looked_at.append(path)
    return shown


def _read(place: Path) -> bytes | tuple[GapKind, str]:
    """The content of a file, or why it cannot be looked at."""
    try:
        with place.open("rb") as file:
            data = file.read(LOOKED_AT_MOST + 1)
    except OSError as error:
        return GapKind.UNREADABLE, error.strerror or "it cannot be read"
    return data if len(data) <= LOOKED_AT_MOST else (GapKind.TOO_LARGE, f"more than {LOOKED_AT_MOST} bytes")


def _named_parts(number: int, path: str, data: bytes) -> Iterator[tuple[str, int, int, bytes]]:
    suffix = PurePosixPath(path).suffix.lower()
    ending = suffix if suffix in _SUFFIXES else ".txt"
    text = decoded(data)[0].encode("utf-8", errors="replace")
    for at, part in enumerate(parts(text)):
        yield f"{number:06d}-{at:04d}{ending}", part.line, part.column, part.data


def _finding(scanner: str, leak: Leak, shown: _Shown) -> Finding | None:
    if _NAMES.search(leak.rule):
        return None
    place = shown.places[leak.name]
    region = _in_file(leak.region, place)
    severity = _severity(leak)
    title = _title(leak)
    return Finding(
        kind=Kind.SECRET,
        defect="hardcoded-credential",
        title=title,
        message=f"A secret stands in the file: {title}, as the rule {leak.rule} of {scanner} has it.",
        severity=severity,
        confidence=leak.confidence,
        location=Location(path=place.path, region=region),
        sources=(
            Source(scanner=scanner, rule=leak.rule, severity=severity, confidence=leak.confidence, region=region),
        ),
        identifiers=("CWE-798",),
        secret_id=leak.secret_id if shown.named else "",
        remediation="Whoever can read this can use it, and could before you delete it: revoke it, then take it out.",
    )


def _in_file(region: Region, place: _Place) -> Region:
    """A region of a part as one of the whole text."""

    def column(line: int, value: int) -> int:
        return value + place.column - 1 if value and line == _FIRST else value

    last = region.last_line
    return Region(
        start_line=region.start_line + place.line - _FIRST,
        start_column=column(region.start_line, region.start_column),
        end_line=last + place.line - _FIRST,
        end_column=column(last, region.end_column),
    )


def _severity(leak: Leak) -> Severity:
    if leak.confidence is Confidence.LOW:
        return Severity.LOW
    if _CRITICAL.search(leak.rule):
        return Severity.CRITICAL
    return Severity.MEDIUM if _LESS.search(leak.rule) else Severity.HIGH


def _title(leak: Leak) -> str:
    """What the rule is about: `GitHub Personal Access Token` of `Uncovered a GitHub Personal Access Token, ...`."""
    found = _ABOUT.match(leak.about)
    what = found["what"].strip() if found else leak.rule.replace("-", " ")
    return what[:1].upper() + what[1:]
