"""The embedded detector of secrets: every file, in any language, offline, after nothing but `pip install`.

It runs in a child process of ours, within limits as every scanner, which says where a secret is and never what it is.
"""

from __future__ import annotations

import json
import sys

import msgspec

from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source
from secscan.process import Ended, run
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import Report, Setup
from secscan.scanners.leaks import CONTROL, organisation_key
from secscan.scanners.own import Answer, OwnScanner, answered
from secscan.scanners.toolkit import FileBatch
from secscan.secrets.control import control_source
from secscan.secrets.keys import KEY_VARIABLE, VALUES_KEY_VARIABLE
from secscan.targets.contract import SourceFile

_CONTROL_RULE = "github-token"


class Secrets(OwnScanner[FileBatch], FileScanner):
    """See `scanners.contract`."""

    name = "secrets"
    title = "secrets in every file, by structure, checksum and context"
    kinds = (Kind.SECRET,)
    source = "secrets"
    kept_by = "path"
    pace = 0.25

    def files(self, setup: Setup) -> tuple[SourceFile, ...]:
        """See `FileScanner.files`."""
        return setup.target.files

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run the detector on one batch, with the positive control as one more file."""
        listed = {CONTROL: CONTROL, **piece.back()}
        key = organisation_key()
        return run(
            [sys.executable, "-I", "-m", "secscan.secrets.worker", "files.json"],
            limits=setup.limits,
            env={VALUES_KEY_VARIABLE: setup.values_key, **({KEY_VARIABLE: key} if key else {})},
            files={"files.json": json.dumps(listed).encode(), CONTROL: control_source()},
        )

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        """See `Scanner.parse`."""
        answer = answered(ended, _Answer, tool=self.name)
        back = piece.back()
        return Report(
            findings=tuple(_finding(one, back[one.place]) for one in answer.findings if one.place in back),
            gaps=tuple(
                Gap(scanner=self.name, kind=GapKind(one.kind), subject=back[one.place], detail=one.detail)
                for one in answer.gaps
                if one.place in back
            ),
            looked_at=frozenset(back[place] for place in answer.looked_at if place in back),
            control=any(one.place == CONTROL and one.rule == _CONTROL_RULE for one in answer.findings),
        )


class _Found(msgspec.Struct):
    place: str
    rule: str
    title: str
    preview: str
    secret_id: str
    same: str
    severity: Severity
    confidence: Confidence
    form: str
    revoke: str
    why: str
    start_line: int
    start_column: int
    end_line: int
    end_column: int


class _Lost(msgspec.Struct):
    place: str
    kind: str
    detail: str


class _Answer(Answer):
    findings: list[_Found]
    gaps: list[_Lost]
    looked_at: list[str]


def _finding(found: _Found, path: str) -> Finding:
    form = f", written as {found.form}" if found.form else ""
    why = f" {found.why[:1].upper()}{found.why[1:]}." if found.why else ""
    remedy = "Whoever can read this can use it, and could before you delete it: revoke it, then take it out."
    if found.revoke:
        remedy = f"Revoke it: {found.revoke}. Then take it out, and read it from a secret store."
    region = Region(
        start_line=found.start_line,
        start_column=found.start_column,
        end_line=found.end_line,
        end_column=found.end_column,
    )
    return Finding(
        kind=Kind.SECRET,
        defect="hardcoded-credential",
        title=found.title,
        message=f"A secret stands in the file: {found.preview}{form}.{why}",
        severity=found.severity,
        confidence=found.confidence,
        location=Location(path=path, region=region),
        sources=(
            Source(scanner=Secrets.name, rule=f"secscan.secret.{found.rule}", severity=found.severity, region=region),
        ),
        identifiers=("CWE-798",),
        secret_id=found.secret_id,
        same=found.same,
        remediation=remedy,
    )


SCANNER = Secrets()
