"""manifests: what Kubernetes manifests and Compose files ask for that is unsafe; offline, nothing else is needed.

All files are judged together, in a child process of ours, within limits as every scanner: whether a network policy
holds a workload stands in another file. Templates of Helm are not rendered, since that would run them: they are gaps.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from secscan import __version__
from secscan.errors import TargetError
from secscan.findings.defects import defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source
from secscan.manifests.recognise import SUFFIXES, chart_of, is_template, looks_like_manifest
from secscan.process import Ended, run
from secscan.scanners.contract import MalformedOutput, Plan, Report, Scanner, Setup, refuse_trouble
from secscan.scanners.leaks import organisation_key
from secscan.scanners.toolkit import source_digest, strict_json, typed
from secscan.secrets.texts import decoded
from secscan.secrets.worker import KEY_VARIABLE, VALUES_KEY_VARIABLE
from secscan.targets.contract import SourceFile

_CONTROL = "secscan-control.yaml"
_CONTROL_RULE = "secscan.kubernetes.privileged"
_CONTROL_SOURCE = (
    b"apiVersion: v1\nkind: Pod\nmetadata: {name: control, namespace: secscan-control}\n"
    b"spec: {containers: [{name: control, image: control, securityContext: {privileged: true}}]}\n"
)
_PARTS = frozenset({"staged", "diff", "paths", "stdin"})
"""Targets that are only some of the files of a project."""


class ManifestFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The one piece of work: all files, since they are judged together."""

    placed: dict[str, str]
    """Path text -> absolute path at which the file is."""
    whole: bool
    """Whether they are all the files of a project."""

    def back(self) -> dict[str, str]:
        """The way back: absolute path -> path text."""
        return {place: path for path, place in self.placed.items()}


class Manifests(Scanner[ManifestFiles]):
    """See the module's description."""

    name = "manifests"
    title = "Kubernetes manifests and Compose files: rights, limits, network policies"
    kinds = (Kind.MISCONFIGURATION, Kind.SECRET)
    piece_type = ManifestFiles

    def plan(self, setup: Setup) -> Plan[ManifestFiles]:
        """All YAML and JSON files but templates of charts. Nobody runs what stands in old commits only."""
        if setup.target.history is not None:
            return Plan()
        files = [file for file in setup.target.files if file.path.lower().endswith(SUFFIXES)]
        templates = _templates(files, setup)
        chosen = [file.path for file in files if file.path not in templates]
        gaps = tuple(_chart_gaps(self.name, templates))
        if not chosen:
            return Plan(gaps=gaps)
        piece = ManifestFiles(
            placed={path: str(setup.place(path)) for path in sorted(chosen)},
            whole=setup.target.info.kind not in _PARTS,
        )
        return Plan(pieces=(piece,), selected=frozenset(chosen), gaps=gaps)

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
        refuse_trouble(ended, exit_codes=(0,))
        answer: _Answer = typed(strict_json(ended.stdout, tool=self.name), _Answer, tool=self.name)
        if not answer.complete:
            raise MalformedOutput("it did not come to its end")
        back = piece.back()
        return Report(
            findings=tuple(_finding(one, back[one.place]) for one in answer.findings if one.place in back),
            gaps=tuple(_gap(self.name, one, back[one.place]) for one in answer.gaps if one.place in back),
            looked_at=frozenset(back[place] for place in answer.looked_at if place in back),
            control=any(
                one.place == _CONTROL and rule.rule == _CONTROL_RULE for one in answer.findings for rule in one.rules
            ),
        )

    def version(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.version`."""
        return __version__

    def rules_digest(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.rules_digest`: the checks' own source."""
        return source_digest("manifests")


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


class _Answer(msgspec.Struct):
    findings: list[_Found]
    gaps: list[_Lost]
    looked_at: list[str]
    complete: bool


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


def _templates(files: list[SourceFile], setup: Setup) -> Mapping[str, str]:
    """The files that are templates of a Helm chart, each with the chart's folder."""
    charts = {file.path.rpartition("/")[0] or "." for file in files if file.path.rpartition("/")[2] == "Chart.yaml"}
    found = {}
    for file in files:
        chart = chart_of(file.path)
        if chart is None:
            continue
        try:
            text = decoded(setup.target.read(file.path))[0]
        except TargetError:
            continue  # the child tells that it cannot be read
        if is_template(text) and (chart in charts or looks_like_manifest(file.path, text)):
            found[file.path] = chart
    return found


def _chart_gaps(scanner: str, templates: Mapping[str, str]) -> Iterator[Gap]:
    """One gap for each chart: a chart is rendered as a whole."""
    charts: dict[str, list[str]] = defaultdict(list)
    for path, chart in templates.items():
        charts[chart].append(path)
    for chart, paths in sorted(charts.items()):
        several = "one template" if len(paths) == 1 else f"{len(paths)} templates"
        yield Gap(
            scanner=scanner,
            kind=GapKind.UNSUPPORTED_MANIFEST,
            subject=chart,
            detail=f"{several} of a Helm chart: what they become is known only when they are rendered",
            remedy="render the chart, `helm template CHART > rendered.yaml`, and scan what comes out",
        )


SCANNER = Manifests()
"""What the registry finds."""
