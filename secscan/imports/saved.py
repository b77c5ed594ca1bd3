"""A saved scan of secscan, made elsewhere. Nobody here saw its scanners work, so they count as imported tools.

What was decided on it counts for nothing: it is judged anew. Markers, the state of secrets and notes by which reports
are weighed are left behind, since they could soften; what a finding is about stays.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

import msgspec

from secscan.findings.levels import RunStatus
from secscan.findings.model import Finding, Location, Region, ScannerRun, Source, TraceStep, at_each_place
from secscan.findings.scan import loads
from secscan.imports.contract import MAX_RESULTS, Said, cut, region_of, scanner_name
from secscan.imports.packages import fixing
from secscan.imports.places import Places
from secscan.scanners.contract import MalformedOutput


def read_saved(data: bytes, places: Places, origin: str) -> Iterator[Said]:
    """Yield what each scanner of the saved scan says. Raises `MalformedOutput` or `SavedScanError`."""
    scan = loads(data, origin=origin)
    findings = tuple(at_each_place(scan.findings))
    if len(findings) > MAX_RESULTS:
        raise MalformedOutput(f"it has more than {MAX_RESULTS} results")
    with_gaps = {gap.scanner for gap in scan.gaps}
    said = {run.scanner: _ended(run, places, with_gaps) for run in scan.scanners}
    for finding in findings:
        first = finding.sources[0].scanner if finding.sources else "secscan"
        one = said.setdefault(first, Said(_bare(first), places))
        told = finding.location.path
        path = told if told == "." else places.path_of(told)
        if path is None:
            one.outside[finding.location.path] += 1
        elif places.is_left_out(path):
            one.out_of_scope += 1
        else:
            one.findings.append(_taken(finding, path, places))
    for gap in scan.gaps:
        one = said.setdefault(gap.scanner, Said(_bare(gap.scanner), places))
        one.gap(gap.kind, gap.subject, gap.detail, line=gap.line)
    yield from said.values()


def _bare(scanner: str) -> str:
    """A scanner of a scan that imported it itself stays what it is."""
    return scanner.removeprefix(scanner_name("x")[:-1])


def _ended(run: ScannerRun, places: Places, with_gaps: Container[str]) -> Said:
    said = Said(_bare(run.scanner), places, version=cut(run.version, 60))
    only_gaps = run.status is RunStatus.SKIPPED and not run.selected and run.scanner in with_gaps
    if run.status is not RunStatus.COMPLETED and not run.not_applicable and not only_gaps:
        said.failed = cut(run.reason, 300) or "it did not do its work"
    elif run.status is RunStatus.COMPLETED and not run.control and not run.imported:
        said.failed = "it did not find its positive control there"
    return said


def _taken(finding: Finding, path: str, places: Places) -> Finding:
    package, location = finding.package, finding.location
    region = _sound(location.region)
    steps = ((places.path_of(step.path), _sound(step.region), step.text) for step in finding.trace)
    return msgspec.structs.replace(
        finding,
        # Statement, snippet and context are made from the file itself, where it is there.
        location=Location(path=path, region=region, symbol=location.symbol, context=location.context),
        trace=tuple(TraceStep(path=where, region=there, text=text) for where, there, text in steps if where and there),
        package=msgspec.structs.replace(package, fixed_versions=fixing(package.fixed_versions)) if package else None,
        sources=tuple(_source(one) for one in finding.sources),
        notes=(
            *finding.notes,
            *(f"marked in the source, which hides nothing here: {one.text}" for one in finding.markers),
        ),
        markers=(),
        secret_state=None,
        secret_id="",
        same="",
        layer=None,
        introduced=None,
        places=(),
        fingerprint="",
    )


def _source(one: Source) -> Source:
    name = scanner_name(_bare(one.scanner))
    return msgspec.structs.replace(one, scanner=name, note="", region=_sound(one.region))


def _sound(region: Region | None) -> Region | None:
    """A region whose numbers make sense."""
    if region is None:
        return None
    return region_of(region.start_line, region.start_column, region.end_line, region.end_column)
