"""Reads files of imported results: which format by what stands in them, and how each tool in them ended.

Only the files that the caller names are read; none that they name.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from secscan.errors import ImportedResultsError, SavedScanError
from secscan.findings.levels import RunStatus
from secscan.findings.model import Notice, ScannerRun
from secscan.findings.paths import encode_path
from secscan.findings.scan import ScannerTiming
from secscan.imports.contract import MAX_BYTES, Said, bounded
from secscan.imports.cyclonedx import is_cyclonedx, read_cyclonedx
from secscan.imports.defectdojo import is_defectdojo, read_defectdojo
from secscan.imports.gitlab import is_gitlab, read_gitlab
from secscan.imports.places import Places
from secscan.imports.sarif import is_sarif, read_sarif
from secscan.imports.saved import read_saved
from secscan.scanners.contract import MalformedOutput
from secscan.scanners.runner import Outcome
from secscan.scanners.toolkit import strict_json
from secscan.targets.content import NotRegularError, read_regular
from secscan.targets.contract import Target

_READERS: tuple[
    tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any], Places, str], Iterator[Said]]], ...
] = (
    (is_sarif, read_sarif),
    (is_cyclonedx, read_cyclonedx),
    (is_gitlab, read_gitlab),
    (is_defectdojo, read_defectdojo),
)
_KNOWN = (
    "give SARIF 2.1.0, CycloneDX with vulnerabilities, a security report of GitLab, generic findings of DefectDojo, "
    "or a secscan.json"
)
_MOST_REMARKS = 20


def read_imports(files: Sequence[Path], target: Target) -> tuple[Outcome, ...]:
    """Return how each tool in the files ended and what it saw, sorted by name. Raises `ImportedResultsError`."""
    places = Places(target)
    said: defaultdict[str, list[Said]] = defaultdict(list)
    for file in files:
        for one in read_document(_content(file), places, encode_path(os.fsencode(file.name))):
            said[one.scanner].append(one)
    return tuple(_outcome(name, parts) for name, parts in sorted(said.items()))


def read_document(data: bytes, places: Places, origin: str) -> tuple[Said, ...]:
    """Return what the tools in one document say; `origin` names it. Raises `ImportedResultsError`."""
    try:
        document = bounded(strict_json(data, tool=origin))
        if str(document.get("format", "")).startswith("secscan.scan/"):
            return tuple(read_saved(data, places, origin))
        for fits, read in _READERS:
            if fits(document):
                return tuple(read(document, places, origin))
    except (MalformedOutput, SavedScanError) as error:
        raise ImportedResultsError(f"cannot import {origin}: {error.message}", hint=error.hint or _KNOWN) from error
    raise ImportedResultsError(f"cannot import {origin}: it is of no format that is known", hint=_KNOWN)


def _content(file: Path) -> bytes:
    try:
        data = read_regular(file, most=MAX_BYTES + 1)
    except NotRegularError as error:
        raise ImportedResultsError(
            f"cannot import {file}: it is no regular file", hint="give the file itself"
        ) from error
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise ImportedResultsError(f"cannot import {file}: {why}", hint="give the file itself, not a link") from error
    if len(data) > MAX_BYTES:
        raise ImportedResultsError(f"cannot import {file}: it is larger than {MAX_BYTES} bytes", hint="split it")
    return data


def _outcome(name: str, parts: Sequence[Said]) -> Outcome:
    failed = list(dict.fromkeys(one.failed for one in parts if one.failed))
    findings = tuple(finding for one in parts for finding in one.findings)
    run = ScannerRun(
        scanner=name,
        status=RunStatus.FAILED if failed else RunStatus.COMPLETED,
        kinds=tuple(sorted({finding.kind for finding in findings})),
        version=", ".join(sorted({one.version for one in parts if one.version}))[:100],
        reason="; ".join(failed),
        hint="run the tool again, and import what it says then" if failed else "",
    )
    return Outcome(
        run=run,
        timing=ScannerTiming(scanner=name, seconds=0.0),
        findings=findings,
        gaps=tuple(gap for one in parts for gap in one.all_gaps()),
        notices=tuple(_notices(name, parts)),
    )


def _notices(name: str, parts: Iterable[Said]) -> Iterator[Notice]:
    parts = list(parts)
    left_out = sum(one.out_of_scope for one in parts)
    if left_out:
        text = f"{left_out} imported results are about files that this scan leaves out, and were left out with them"
        yield Notice(topic="import", subject=name, text=text)
    remarks = list(dict.fromkeys(text for one in parts for text in one.remarks))
    for text in remarks[:_MOST_REMARKS]:
        yield Notice(topic="import", subject=name, text=text)
    if len(remarks) > _MOST_REMARKS:
        yield Notice(topic="import", subject=name, text=f"it remarks {len(remarks) - _MOST_REMARKS} more things")
