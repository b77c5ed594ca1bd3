"""Scanners whose word on a file depends on that file alone, so that it can be kept; see docs/cache.md."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from secscan.cache.results import KeptBy
from secscan.scanners.contract import Plan, Scanner, Setup
from secscan.scanners.shown_code import shown_code, without_cells
from secscan.scanners.toolkit import FileBatch, file_batches
from secscan.targets.contract import SourceFile

_WORTH = 4
"""A batch takes at least as many times longer than starting the tool."""


class FileScanner(Scanner[FileBatch]):
    """A scanner of files, each by itself; its pieces are batches of files."""

    piece_type = FileBatch

    kept_by: ClassVar[KeptBy]
    """See `cache.results.KeptBy`. Empty for one that looks at several files together."""

    @abstractmethod
    def files(self, setup: Setup) -> Sequence[SourceFile]:
        """Return the files of the target that concern it."""

    start: ClassVar[float] = 0.3
    """Seconds that a run takes before its first file."""
    pace: ClassVar[float]
    """Seconds for a MB on one core, about."""

    def batches(self, files: Sequence[SourceFile], setup: Setup) -> int:
        """Return into how many batches the work is cut, for a tool that uses one core: more than there are cores, so
        that none waits long for another at the end; but fewer where starting the tool would be much of the work."""
        work = self.pace * sum(file.size for file in files) / 1_000_000
        return max(1, min(2 * setup.jobs, int(work / (_WORTH * self.start))))

    def seconds(self, piece: FileBatch) -> float:
        """See `Scanner.seconds`."""
        return self.start + self.pace * piece.bytes / 1_000_000

    def options(self) -> str:
        """Return what else its word depends on, that neither its version nor its rules say."""
        return ""

    def plan(self, setup: Setup) -> Plan[FileBatch]:
        """See `Scanner.plan`."""
        return self.plan_of(self.files(setup), setup)

    def plan_of(self, files: Sequence[SourceFile], setup: Setup) -> Plan[FileBatch]:
        """Cut the work on some of its files into batches."""
        selected = frozenset(file.path for file in files)
        if not self.reads_code:
            return Plan(pieces=file_batches(files, setup, batches=self.batches(files, setup)), selected=selected)
        code, gaps = shown_code(self.name, files, setup)
        files = [file for file in files if file.path in code]
        batches = file_batches(
            files, replace(setup, place=lambda path: code[path].place), batches=self.batches(files, setup)
        )
        return Plan(
            pieces=tuple(without_cells(self.name, batch, code) for batch in batches), selected=selected, gaps=gaps
        )
