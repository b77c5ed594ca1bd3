"""The files that scanners of manifests look at: all YAML and JSON files, together, but for templates of Helm charts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from secscan.errors import TargetError
from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.manifests.recognise import SUFFIXES, chart_of, is_template, looks_like_manifest
from secscan.scanners.contract import Plan, Setup
from secscan.secrets.texts import decoded
from secscan.targets.contract import SourceFile

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


def manifest_plan(scanner: str, setup: Setup) -> Plan[ManifestFiles]:
    """Return the plan of a scanner. Nobody runs what stands in old commits only: of a history there is nothing."""
    if setup.target.history is not None:
        return Plan()
    files = [file for file in setup.target.files if file.path.lower().endswith(SUFFIXES)]
    templates = _templates(files, setup)
    chosen = [file.path for file in files if file.path not in templates]
    gaps = tuple(_chart_gaps(scanner, templates))
    if not chosen:
        return Plan(gaps=gaps)
    piece = ManifestFiles(
        placed={path: str(setup.place(path)) for path in sorted(chosen)},
        whole=setup.target.info.kind not in _PARTS,
    )
    return Plan(pieces=(piece,), selected=frozenset(chosen), gaps=gaps)


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
