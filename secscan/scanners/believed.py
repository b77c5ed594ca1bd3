"""Whether a scanner of code that says it has read a file is to be believed: does the file parse at all?

Measured: semgrep recovers from errors. Of a file that is no Python it says nothing, or that it parsed it in part, and
counts it as scanned; what it found in the rest is worth keeping, but nobody has read the file. A scanner that parses by
the language's own grammar proves a file for all others. Where none of them looked at it, secscan parses it itself, and
remembers by the content that it did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from secscan.errors import TargetError
from secscan.findings.levels import GapKind, Kind
from secscan.findings.model import Gap
from secscan.memo import Memo
from secscan.scanners.contract import Scanner
from secscan.scanners.python_encoding import python_in_utf8
from secscan.scanners.runner import Outcome
from secscan.scanners.unparsable import MOST_BYTES, is_no_python
from secscan.targets.contract import SourceFile, Target

_PYTHON = "python"
_WORK = "whether Python parses"
_BROKEN, _WHOLE = b"broken", b"whole"
_TAKEN_BACK = frozenset({GapKind.PARTIAL, GapKind.UNPARSABLE})


def believed(
    outcomes: Sequence[Outcome], scanners: Mapping[str, Scanner[Any]], target: Target, memo: Memo
) -> tuple[Outcome, ...]:
    """Return the outcomes, without what scanners say they looked at and nobody can read; each such file is a gap of
    theirs. `memo` remembers of a file's content whether it parses."""
    proven, doubted = set[str](), set[str]()
    for one in outcomes:
        scanner = scanners[one.run.scanner]
        if scanner.kinds[:1] == (Kind.SAST,):
            (proven if _PYTHON in scanner.parses else doubted).update(one.looked_at)
    doubtful = doubted - proven
    asked = [file for file in target.files if file.path in doubtful and file.language == _PYTHON] if doubtful else []
    broken = frozenset(_broken(asked, target, memo)) if asked else frozenset()
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


def _broken(files: Sequence[SourceFile], target: Target, memo: Memo) -> Iterator[str]:
    """The files that are no Python."""
    parts = {file.path: b"" for file in files if file.size <= MOST_BYTES}
    known = memo.recall(_WORK, parts)
    learned = {}
    for path in parts:
        if path not in known:
            try:
                data = target.read(path)
            except TargetError:
                continue  # whoever verifies the files tells
            learned[path] = _BROKEN if is_no_python(python_in_utf8(data) or data) else _WHOLE
        if (known.get(path) or learned[path]) == _BROKEN:
            yield path
    memo.remember(_WORK, parts, learned)
