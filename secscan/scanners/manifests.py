"""manifests: what Kubernetes manifests and Compose files ask for that is unsafe; offline, nothing else is needed.

All files are judged together, in a child process of ours, within limits as every scanner: whether a network policy
holds a workload stands in another file. Templates of Helm are not rendered, since that would run them: they are gaps.
"""

from __future__ import annotations

import json
import sys

import msgspec

from secscan.findings.defects import defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source
from secscan.process import Ended, run
from secscan.scanners.contract import Plan, Report, Setup
from secscan.scanners.leaks import organisation_key
from secscan.scanners.manifest_files import ManifestFiles, manifest_plan
from secscan.scanners.own import Answer, OwnScanner, answered
from secscan.secrets.keys import KEY_VARIABLE, VALUES_KEY_VARIABLE

_CONTROL = "secscan-control.yaml"
_CONTROL_RULE = "secscan.kubernetes.privileged"
_CONTROL_SOURCE = (
    b"apiVersion: v1\nkind: Pod\nmetadata: {name: control, namespace: secscan-control}\n"
    b"spec: {containers: [{name: control, image: control, securityContext: {privileged: true}}]}\n"
)


class Manifests(OwnScanner[ManifestFiles]):
    """See the module's description."""

    name = "manifests"
    title = "Kubernetes manifests and Compose files: rights, limits, network policies"
    kinds = (Kind.MISCONFIGURATION, Kind.SECRET)
    source = "manifests"
    piece_type = ManifestFiles

    def plan(self, setup: Setup) -> Plan[ManifestFiles]:
        """All YAML and JSON files but templates of charts. Nobody runs what stands in old commits only."""
        return manifest_plan(self.name, setup)

    def run(self, piece: ManifestFiles, setup: Setup) -> Ended:
        """Judge all files, with the positive control as one more."""
        asked = {"files": {_CONTROL: _CONTROL, **piece.back()}, "whole": piece.whole}
        key = organisation_key()
        return run(
            [sys.executable, "-I", "-m", "secscan.manifests.worker", "files.json"],
            limits=setup.limits,
            env={VALUES_KEY_VARIABLE: setup.values_key, **({KEY_VARIABLE: key} if key else {})},
            files={"files.json": json.dumps(asked).encode(), _CONTROL: _CONTROL_SOURCE},
        )

    def parse(self, ended: Ended, piece: ManifestFiles) -> Report:
        """See `Scanner.parse`."""
        answer = answered(ended, _Answer, tool=self.name)
        back = piece.back()
        return Report(
            findings=tuple(_finding(one, back[one.place]) for one in answer.findings if one.place in back),
            gaps=tuple(_gap(self.name, one, back[one.place]) for one in answer.gaps if one.place in back),
            looked_at=frozenset(back[place] for place in answer.looked_at if place in back),
            control=any(
                one.place == _CONTROL and rule.rule == _CONTROL_RULE for one in answer.findings for rule in one.rules
            ),
        )


class _Rule(msgspec.Struct):
    rule: str
    severity: Severity
    confidence: Confidence
    message: str


class _Found(msgspec.Struct):
    place: str
    kind: Kind
    defect: str
    title: str
    message: str
    severity: Severity
    confidence: Confidence
    symbol: str
    remedy: str
    region: Region
    rules: list[_Rule]
    secret_id: str
    same: str


class _Lost(msgspec.Struct):
    place: str
    kind: GapKind
    detail: str
    line: int
    remedy: str


class _Answer(Answer):
    findings: list[_Found]
    gaps: list[_Lost]
    looked_at: list[str]


def _finding(found: _Found, path: str) -> Finding:
    return Finding(
        kind=found.kind,
        defect=found.defect,
        title=found.title,
        message=found.message,
        severity=found.severity,
        confidence=found.confidence,
        location=Location(path=path, region=found.region, symbol=found.symbol),
        sources=tuple(
            Source(
                scanner=Manifests.name,
                rule=one.rule,
                severity=one.severity,
                confidence=one.confidence,
                message=one.message,
                region=found.region,
            )
            for one in found.rules
        ),
        identifiers=tuple(sorted(f"CWE-{cwe}" for cwe in defect(found.defect).cwes[:1])),
        secret_id=found.secret_id,
        same=found.same,
        remediation=found.remedy,
    )


def _gap(scanner: str, lost: _Lost, path: str) -> Gap:
    return Gap(
        scanner=scanner, kind=lost.kind, subject=path, detail=lost.detail, remedy=lost.remedy, line=max(lost.line, 0)
    )


SCANNER = Manifests()
"""What the registry finds."""
