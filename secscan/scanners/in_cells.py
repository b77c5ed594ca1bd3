"""Findings in the code of notebooks: their context is that of the code, their place one of the file of the notebook.

So a fingerprint depends on the statement and not on what a cell printed, a snippet is what a person wrote, platforms
show the line of the file, and the message names the cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from secscan.errors import TargetError
from secscan.findings.model import Finding, Region
from secscan.memo import Memo
from secscan.scanners.cells import Notebook
from secscan.scanners.enrich import enrich
from secscan.targets.contract import SourceFile, Target
from secscan.targets.notebook import PYTHON as NOTEBOOK
from secscan.targets.notebook import NotebookError


def in_cells(in_code: Iterable[Finding], others: Iterable[Finding], target: Target, memo: Memo) -> tuple[Finding, ...]:
    """Return findings with their context, see `enrich`, and in notebooks by places in the file.

    `in_code` are those of scanners that were shown the code of notebooks. Others were shown the file; what they found
    in code has the context of the code, too, so that what all say of a statement can be brought together.
    """
    in_code, others = list(in_code), list(others)
    books = dict(_notebooks({finding.location.path for finding in (*in_code, *others)}, target))
    if not books:
        return enrich((*in_code, *others), target, memo)
    in_file = []
    for finding in others:
        book = books.get(finding.location.path)
        region = book.in_code(finding.location.region) if book and finding.location.region else None
        if book is None or region is None:
            in_file.append(finding)
        else:
            in_code.append(_moved(finding, lambda one, book=book: book.in_code(one)))  # type: ignore[misc]
    told = (
        _in_file(finding, books[finding.location.path]) if finding.location.path in books else finding
        for finding in enrich(in_code, _Code(target, books), memo)
    )
    return (*told, *enrich(in_file, target, memo))


@dataclass(frozen=True)
class _Code:
    """The target, in which notebooks are files of Python: see `targets.contract.Target`, of which `enrich` asks no
    more."""

    _target: Target
    _books: dict[str, Notebook]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    @property
    def files(self) -> tuple[SourceFile, ...]:
        return tuple(
            replace(file, language="python") if file.path in self._books else file for file in self._target.files
        )

    def read(self, path: str) -> bytes:
        return self._books[path].shown if path in self._books else self._target.read(path)


def _notebooks(paths: set[str], target: Target) -> Iterator[tuple[str, Notebook]]:
    for file in target.files:
        if file.language == NOTEBOOK and file.path in paths:
            try:
                yield file.path, Notebook(target.read(file.path))
            except (NotebookError, TargetError):
                continue  # it was changed in the meantime: whoever verifies the files tells


def _in_file(finding: Finding, book: Notebook) -> Finding:
    if finding.location.region is None:
        return finding
    path, cell = finding.location.path, book.cell(finding.location.region.start_line)
    moved = _moved(finding, book.region)
    lines = enumerate(finding.location.snippet.split("\n"), finding.location.snippet_line)
    snippet = "\n".join(book.written(number, line) for number, line in lines)
    return msgspec.structs.replace(
        moved,
        location=msgspec.structs.replace(moved.location, snippet=snippet),
        message=f"{finding.message.rstrip()} (cell {cell.number}, line {cell.line})",
        trace=tuple(
            msgspec.structs.replace(step, region=book.region(step.region)) if step.path == path else step
            for step in finding.trace
        ),
        markers=tuple(
            msgspec.structs.replace(marker, line=book.region(Region(start_line=marker.line)).start_line)
            for marker in finding.markers
        ),
    )


def _moved(finding: Finding, move: Callable[[Region], Region | None]) -> Finding:
    """The finding with other places of what was pointed at, and of the statement around it."""

    def moved(region: Region | None) -> Region | None:
        return move(region) if region else None

    location = finding.location
    return msgspec.structs.replace(
        finding,
        location=msgspec.structs.replace(location, region=moved(location.region), statement=moved(location.statement)),
        sources=tuple(msgspec.structs.replace(one, region=moved(one.region)) for one in finding.sources),
    )
