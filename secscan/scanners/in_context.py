"""What all scanners found, with its context: columns in characters, statement, snippet, symbol and markers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from secscan.findings.model import Finding
from secscan.memo import Memo
from secscan.scanners.columns import to_characters
from secscan.scanners.contract import Scanner, Setup
from secscan.scanners.in_cells import in_cells
from secscan.scanners.runner import Outcome
from secscan.secrets.texts import decoded


def in_context(
    scanners: Mapping[str, Scanner[Any]], outcomes: Sequence[Outcome], setup: Setup, memo: Memo
) -> tuple[Finding, ...]:
    """Return the findings of scanners that were run on `setup`. `memo` remembers where statements stand."""
    in_code: list[Finding] = []
    others: list[Finding] = []
    for outcome in outcomes:
        scanner = scanners[outcome.run.scanner]
        found = outcome.findings
        if scanner.byte_columns:
            found = to_characters(found, _shown_by(setup, code=scanner.reads_code))
        (in_code if scanner.reads_code else others).extend(found)
    return in_cells(in_code, others, setup.target, memo)


def _shown_by(setup: Setup, *, code: bool) -> Callable[[str], bytes]:
    """A file's text in UTF-8, as tools that count columns in bytes are shown it."""

    def place(path: str) -> Path:
        return setup.code(path).place if code else setup.place(path)

    return lambda path: decoded(place(path).read_bytes())[0].encode("utf-8", errors="replace")
