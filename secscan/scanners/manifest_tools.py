"""What the adapters of tools that judge manifests share: what the tools are shown, and where what they say belongs.

Left to themselves, such tools take settings, comments and even checks to run from the tree they look at, and drop what
they cannot read without a word. So a tool is shown the text of each manifest under a number, in a private folder, with
the words that would silence it broken; and at the end of each a pod of ours, which it must find fault with: that proves
that it read the file to its end. Which object or container it points at, our own reader knows, so that what two tools
say of one container is one finding.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from secscan.findings.defects import OTHER, defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Marker, Notice, Region, Source
from secscan.leftovers import private_folder
from secscan.process import Ended, run
from secscan.scanners.contract import MalformedOutput, Plan, Report, Scanner, Setup
from secscan.scanners.manifest_files import ManifestFiles, manifest_plan
from secscan.scanners.manifest_shown import (
    CONTROL_FILE,
    ManifestFile,
    PlacedContainer,
    PlacedObject,
    Shown,
    ShownFile,
    Silencer,
    placed_by_us,
    show,
)
from secscan.scanners.toolkit import strict_json, typed

_SHOWN = "shown.json"


@dataclass(frozen=True)
class Verdict:
    """What we think of a tool's check."""

    defect: str
    severity: Severity
    of_object: bool = False
    """Whether it is about the object as a whole, not about a container."""


Table = Mapping[tuple[str, Severity], str]
"""Checks of a tool, with blanks between them, by the class of defect and the severity that we give them."""


def verdicts(of_containers: Table, of_objects: Table) -> dict[str, Verdict]:
    """Return what each check is about."""
    return {
        rule: Verdict(defect, severity, of_object=of_object)
        for table, of_object in ((of_containers, False), (of_objects, True))
        for (defect, severity), rules in table.items()
        for rule in rules.split()
    }


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a tool said of one place in what it was shown."""

    name: str
    rule: str
    title: str
    message: str
    line: int
    """Of the object or the container."""
    object: str = ""
    """Kind, namespace and name of the object, with dots between, where the tool tells them."""
    container: tuple[str, int] | None = None
    """Its field, and its number from 0, where the tool tells that."""
    severity: Severity = Severity.UNKNOWN
    """The tool's own."""
    url: str = ""


class ManifestTool(Scanner[ManifestFiles]):
    """A tool that judges the manifests it is shown; see `scanners.contract`."""

    kinds = (Kind.MISCONFIGURATION,)
    piece_type = ManifestFiles
    joins = "named"

    def plan(self, setup: Setup) -> Plan[ManifestFiles]:
        """See `manifest_plan`."""
        return manifest_plan(self.name, setup)


def run_on_manifests(
    scanner: str,
    piece: ManifestFiles,
    setup: Setup,
    argv: Callable[[str], Sequence[str]],
    *,
    env: Mapping[str, str],
    files: Mapping[str, bytes],
    notice: str = "",
) -> Ended:
    """Run a tool on the manifests of a piece. `argv` makes the command line from the folder in which they lie."""
    placed = placed_by_us(piece, setup)
    with private_folder() as folder:
        shown = show(scanner, piece, placed, folder)
        shown.notice = notice
        ended = run(argv(str(folder)), limits=setup.limits, env=env, files=files)
    return replace(ended, files={_SHOWN: msgspec.json.encode(shown)})


def report_on(
    ended: Ended,
    scanner: str,
    said: Sequence[Said],
    *,
    seen: Collection[tuple[str, str]],
    verdicts: Callable[[str], Verdict],
    control: str,
    lists: bool,
    hidden: Sequence[Said] = (),
) -> Report:
    """Turn what a tool said into a report.

    `seen` are the files and the objects in them of which the tool says anything, also that all is well; an object is
    empty where it tells of files only. `control` is the rule that must have found our pod in every file; `lists`:
    whether the tool looks into objects of `kind: List`; `hidden` is what it was kept from looking at all the same.
    """
    shown: Shown = typed(strict_json(ended.files.get(_SHOWN, b""), tool=scanner), Shown, tool=scanner)
    strange = sorted({one.name for one in said} - {CONTROL_FILE, *shown.files})
    if strange:
        raise MalformedOutput(f"it speaks of {strange[0][:60]!r}, which it was not shown")
    proven = {one.name for one in said if one.rule == control and _is_ours(one, shown)}
    proven |= {name for name, _ in seen if name in shown.files and shown.files[name].file.is_json}
    gaps = list(shown.gaps)
    told: dict[str, set[str]] = defaultdict(set)
    for name, named in seen:
        told[name].add(named)
    for name, file in shown.files.items():
        detail = ""
        if name not in proven or not _spoke_of_all(file, told[name]):
            detail = "it was shown this manifest and dropped it, or a part of it, without a word"
        elif file.file.in_list and not lists:
            detail = "it passes over objects in a list"
        if detail:
            gaps.append(Gap(scanner=scanner, kind=GapKind.PARTIAL, subject=file.path, detail=detail))
    gaps += [
        Gap(scanner=scanner, kind=GapKind.PARTIAL, subject=shown.files[one.name].path, detail=f"kept from {one.rule}")
        for one in hidden
        if one.name in shown.files
    ]
    found = [
        _finding(scanner, one, verdicts(one.rule), shown.files[one.name]) for one in said if not _is_ours(one, shown)
    ]
    return Report(
        findings=tuple(dict.fromkeys(found)),
        gaps=tuple(gaps),
        looked_at=frozenset([*shown.others, *(shown.files[name].path for name in proven if name in shown.files)]),
        control=CONTROL_FILE in proven,
        notices=(Notice(topic="scanner", subject=scanner, text=shown.notice),) if shown.notice else (),
    )


def _spoke_of_all(file: ShownFile, told: Collection[str]) -> bool:
    """Whether a tool that tells which objects it saw told of every workload. Others cannot be asked for that."""
    return not any(told) or all(one.name in told for one in file.file.objects if one.containers)


def _is_ours(said: Said, shown: Shown) -> bool:
    if said.name == CONTROL_FILE:
        return True
    file = shown.files[said.name]
    return said.line > file.last_line and not file.file.is_json


def _finding(scanner: str, said: Said, verdict: Verdict, file: ShownFile) -> Finding:
    region, symbol, lines = _place(said, verdict, file.file)
    severity = said.severity if verdict.defect == OTHER and said.severity is not Severity.UNKNOWN else verdict.severity
    known = defect(verdict.defect)
    return Finding(
        kind=Kind.MISCONFIGURATION,
        defect=verdict.defect,
        title=said.title[:200],
        message=said.message[:1000],
        severity=severity,
        confidence=Confidence.MEDIUM,
        location=Location(path=file.path, region=region, symbol=symbol),
        sources=(
            Source(
                scanner=scanner,
                rule=said.rule,
                severity=said.severity,
                message=said.message[:1000],
                region=region,
                url=said.url if said.url.startswith("https://") else "",
            ),
        ),
        identifiers=tuple(f"CWE-{cwe}" for cwe in known.cwes[:1]),
        remediation=known.remedy,
        markers=tuple(_markers(scanner, said.rule, lines, file.silencers)),
    )


def _place(said: Said, verdict: Verdict, file: ManifestFile) -> tuple[Region, str, tuple[int, int]]:
    """Region and symbol of what a tool points at, and the lines of the object that it belongs to."""
    one, lines = _object(said, file)
    subject: PlacedObject | PlacedContainer = one
    if not verdict.of_object:
        subject = _container(said, one) or one
    return subject.region, subject.symbol, lines


def _object(said: Said, file: ManifestFile) -> tuple[PlacedObject, tuple[int, int]]:
    """The object that a tool speaks of, with its lines: by its name, if there is one of that name, else by the line."""
    found: list[tuple[PlacedObject, tuple[int, int]]] = []
    first = 1
    for one in file.objects:
        found.append((one, (first, one.last_line)))
        first = one.last_line + 1
    named = [each for each in found if each[0].name == said.object]
    if len(named) == 1:
        return named[0]
    return next((each for each in named or found if said.line <= each[1][1]), (named or found)[-1])


def _container(said: Said, one: PlacedObject) -> PlacedContainer | None:
    if said.container is not None:
        field, number = said.container
        of_field = [each for each in one.containers if each.field == field]
        return of_field[number] if number < len(of_field) else None
    at = [each for each in one.containers if each.line == said.line]
    return at[0] if at else one.containers[0] if len(one.containers) == 1 else None


def _markers(scanner: str, rule: str, lines: tuple[int, int], silencers: Sequence[Silencer]) -> Iterator[Marker]:
    """The comments and annotations of an object that name a rule. They hid nothing."""
    tool = scanner.partition("-")[0]
    for one in silencers:
        named = {_bare(name) for name in one.ids}
        if one.tool == tool and lines[0] <= one.line <= lines[1] and (not named or _bare(rule) in named):
            yield Marker(tool=one.tool, text=one.text, line=one.line, reason=one.reason)


def _bare(rule: str) -> str:
    """A rule's id without what its writers sometimes leave out: `AVD-KSV-0017` is KSV017."""
    found = re.fullmatch(r"(?:AVD-)?([A-Za-z]+)-?0*(\d+)", rule)
    return f"{found[1]}{found[2]}".upper() if found else rule.upper()
