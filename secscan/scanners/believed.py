"""Whether a scanner of code that says it has read a file is to be believed: does the file parse at all?

Measured: semgrep recovers from errors. Of a file that is no Python it says nothing, or that it parsed it in part, and
counts it as scanned; what it found in the rest is worth keeping, but nobody has read the file. A scanner that parses by
the language's own grammar proves a file for all others. Where none of them looked at it, secscan parses it itself, and
remembers by the content that it did.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from secscan import __version__
from secscan.cache.entry import Said
from secscan.cache.results import Cache, Scope
from secscan.errors import TargetError
from secscan.findings.levels import GapKind, Kind
from secscan.findings.model import Gap
from secscan.scanners.contract import Scanner
from secscan.scanners.runner import Outcome
from secscan.scanners.toolkit import source_digest
from secscan.scanners.unparsable import MOST_BYTES, is_no_python
from secscan.scanners.workspace import python_in_utf8
from secscan.targets.contract import SourceFile, Target

_PYTHON = "python"
_SELF = "secscan"
_TAKEN_BACK = frozenset({GapKind.PARTIAL, GapKind.UNPARSABLE})


def believed(
    outcomes: Sequence[Outcome], scanners: Mapping[str, Scanner[Any]], target: Target, cache: Cache | None
) -> tuple[Outcome, ...]:
    """Return the outcomes, without what scanners say they looked at and nobody can read; each such file is a gap of
    theirs."""
    proven, doubted = set[str](), set[str]()
    for one in outcomes:
        scanner = scanners[one.run.scanner]
        if scanner.kinds[:1] == (Kind.SAST,):
            (proven if _PYTHON in scanner.parses else doubted).update(one.looked_at)
    doubtful = doubted - proven
    asked = [file for file in target.files if file.path in doubtful and file.language == _PYTHON] if doubtful else []
    broken = frozenset(_broken(asked, target, cache)) if asked else frozenset()
    if not broken:
        return tuple(outcomes)
    return tuple(
        _without(one, broken & one.looked_at) if scanners[one.run.scanner].kinds[:1] == (Kind.SAST,) else one
        for one in outcomes
    )


def _without(outcome: Outcome, lost: frozenset[str]) -> Outcome:
    name = outcome.run.scanner
    gaps = [gap for gap in outcome.gaps if gap.subject not in lost or gap.kind not in _TAKEN_BACK]
    gaps += [
        Gap(scanner=name, kind=GapKind.UNPARSABLE, subject=path, detail=f"{name} did not say that it cannot read it")
        for path in sorted(lost)
    ]
    run = msgspec.structs.replace(outcome.run, looked_at=outcome.run.looked_at - len(lost))
    return replace(outcome, run=run, gaps=tuple(gaps), looked_at=outcome.looked_at - lost)


def _broken(files: Sequence[SourceFile], target: Target, cache: Cache | None) -> Iterator[str]:
    """The files that are no Python."""
    scope = Scope(
        scanner=_SELF,
        version=__version__,
        rules="",
        options="whether Python parses",
        programs=(),
        secscan=__version__,
        source=source_digest(),
        python=f"{sys.implementation.cache_tag} {platform.python_version()} {sys.platform}",
        kept_by="content",
    )
    known = cache.known(scope, files, target.read) if cache else {}
    yield from (path for path, said in known.items() if said.gaps)
    learned = {}
    for file in files:
        if file.path in known or file.size > MOST_BYTES:
            continue
        try:
            data = target.read(file.path)
        except TargetError:
            continue  # whoever verifies the files tells
        lost = is_no_python(python_in_utf8(data) or data)
        gaps = (Gap(scanner=_SELF, kind=GapKind.UNPARSABLE, subject=file.path),) if lost else ()
        learned[file] = Said(scanner=_SELF, proven=True, looked_at=not lost, gaps=gaps)
        if lost:
            yield file.path
    if cache:
        cache.remember(scope, learned)
