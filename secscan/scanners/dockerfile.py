"""The embedded checks of Dockerfiles and Containerfiles: security only, offline, after nothing but `pip install`.

They run in a child process of ours, within limits as every scanner.
"""

from __future__ import annotations

import json
import sys

import msgspec

from secscan.findings.defects import defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source
from secscan.process import Ended, run
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import Report, Setup
from secscan.scanners.own import Answer, OwnScanner, answered
from secscan.scanners.toolkit import FileBatch
from secscan.targets.contract import SourceFile
from secscan.targets.languages import is_dockerfile

CONTROL = "secscan_control.Dockerfile"
_CONTROL_SOURCE = b"FROM scratch\nRUN curl -fsSL https://control.invalid/install | sh\n"
_CONTROL_RULES = frozenset(("root-user", "pipe-to-shell"))
_REMEDIES = {
    GapKind.UNPARSABLE: "correct it; what is made from a template can be scanned as it comes out of it",
    GapKind.PARTIAL: "correct the line; what is made from a template can be scanned as it comes out of it",
    GapKind.ENCODING: "save it as UTF-8",
}


class Dockerfile(OwnScanner[FileBatch], FileScanner):
    """See `scanners.contract`."""

    name = "dockerfile"
    title = "Dockerfiles: root, unpinned bases, downloads that are run, secrets, rights"
    kinds = (Kind.MISCONFIGURATION, Kind.SECRET)
    source = "dockerfiles"
    kept_by = "path"
    pace = 3.0

    def files(self, setup: Setup) -> tuple[SourceFile, ...]:
        """All files that are Dockerfiles by their name."""
        return tuple(file for file in setup.target.files if is_dockerfile(file.path))

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run the checks on one batch, with the positive control as one more file."""
        listed = {CONTROL: CONTROL, **piece.back()}
        return run(
            [sys.executable, "-I", "-m", "secscan.dockerfiles.worker", "files.json"],
            limits=setup.limits,
            files={"files.json": json.dumps(listed).encode(), CONTROL: _CONTROL_SOURCE},
        )

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        """See `Scanner.parse`."""
        answer = answered(ended, _Answer, tool=self.name)
        back = piece.back()
        controls = {one.rule for one in answer.findings if one.place == CONTROL}
        return Report(
            findings=tuple(_finding(one, back[one.place]) for one in answer.findings if one.place in back),
            gaps=tuple(_gap(one, back[one.place]) for one in answer.gaps if one.place in back),
            looked_at=frozenset(back[place] for place in answer.looked_at if place in back),
            control=controls >= _CONTROL_RULES,
        )


class _Found(msgspec.Struct):
    place: str
    rule: str
    kind: Kind
    defect: str
    title: str
    message: str
    remedy: str
    severity: Severity
    confidence: Confidence
    start_line: int
    start_column: int
    end_line: int
    end_column: int


class _Lost(msgspec.Struct):
    place: str
    kind: GapKind
    detail: str
    line: int


class _Answer(Answer):
    findings: list[_Found]
    gaps: list[_Lost]
    looked_at: list[str]


def _gap(lost: _Lost, path: str) -> Gap:
    return Gap(
        scanner=Dockerfile.name,
        kind=lost.kind,
        subject=path,
        detail=lost.detail,
        remedy=_REMEDIES.get(lost.kind, ""),
        line=lost.line,
    )


def _finding(found: _Found, path: str) -> Finding:
    region = Region(
        start_line=found.start_line,
        start_column=found.start_column,
        end_line=found.end_line,
        end_column=found.end_column,
    )
    return Finding(
        kind=found.kind,
        defect=found.defect,
        title=found.title,
        message=found.message,
        severity=found.severity,
        confidence=found.confidence,
        location=Location(path=path, region=region),
        identifiers=tuple(f"CWE-{cwe}" for cwe in defect(found.defect).cwes[:1]),
        remediation=found.remedy,
        sources=(
            Source(
                scanner=Dockerfile.name,
                rule=f"secscan.dockerfile.{found.rule}",
                severity=found.severity,
                confidence=found.confidence,
                message=found.message,
                region=region,
            ),
        ),
    )


SCANNER = Dockerfile()
"""What the registry finds."""
