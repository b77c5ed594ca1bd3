"""The code of a notebook as one file of Python, and the way back from a place in that to one in the notebook.

Cells follow each other in their order; what IPython alone understands is neutral (`scanners.magics`). A cell that is no
Python is left out, so that the others can be read, and is a gap.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from secscan.findings.model import Region
from secscan.scanners.magics import NotPythonError, as_python, blank
from secscan.scanners.python_encoding import without_cookie
from secscan.scanners.unparsable import Why, why_unparsable
from secscan.targets.notebook import CodeCell, code_cells


class Broken(NamedTuple):
    """A cell that is left out."""

    cell: int
    line: int
    """In the file of the notebook."""
    why: Why


class Cell(NamedTuple):
    """A place as a person looks for it."""

    number: int
    """Of the cell, among all cells, from 1."""
    line: int
    """In the cell, from 1."""


class Notebook:
    """A notebook that was taken apart."""

    def __init__(self, data: bytes) -> None:
        """Take `data`, the content of its file, apart. Raises `NotebookError`."""
        self._data = data
        self._lines = [0, *(found.end() for found in re.finditer(b"\n", data))]
        self._cells: list[CodeCell] = list(code_cells(data))
        self._starts: list[int] = []
        """The line on which each cell begins, from 1."""
        self._offsets: list[int] = []
        """The character of the code at which each cell begins."""
        self.broken: tuple[Broken, ...] = ()
        """The cells that are left out of the code."""
        parts, line, offset = [], 1, 0
        for cell in self._cells:
            text = self._python(cell)
            text += "" if text.endswith("\n") else "\n"
            self._starts.append(line)
            self._offsets.append(offset)
            line, offset = line + text.count("\n"), offset + len(text)
            parts.append(text)
        # Of the first lines of a cell none declares how the file is encoded.
        self.code = without_cookie("".join(parts))
        """The code of all cells."""

    @property
    def shown(self) -> bytes:
        """The code as tools are shown it."""
        return self.code.encode("utf-8")

    def region(self, region: Region) -> Region:
        """Return where a stretch of the code stands in the file of the notebook."""
        start_line, start_column = self._place(region.start_line, region.start_column)
        end_line, end_column = self._place(region.last_line, region.end_column)
        return Region(start_line=start_line, start_column=start_column, end_line=end_line, end_column=end_column)

    def written(self, line: int, shown: str) -> str:
        """Return a line of the code as a person wrote it, given how it is shown."""
        at = self._at(line)
        start, index = self._offsets[at], line - self._starts[at]
        written = self._cells[at].text.split("\n")
        neutral = self.code[start : start + len(self._cells[at].text)].split("\n")
        return written[index] if index < len(written) and neutral[index] == shown else shown

    def in_code(self, region: Region) -> Region | None:
        """Return where a stretch of the file stands in the code; None where it does not, as it is written there."""
        if not region.start_column or not region.end_column:
            return None
        start, end = self._byte(region.start_line, region.start_column), self._byte(region.last_line, region.end_column)
        at = bisect_right(self._cells, start, key=lambda cell: cell.offsets[0]) - 1
        if at < 0 or not start < end <= self._cells[at].offsets[-1]:
            return None
        cell = self._cells[at]
        first, last = bisect_left(cell.offsets, start), bisect_left(cell.offsets, end)
        base = self._offsets[at]
        if cell.text[first:last] != self.code[base + first : base + last]:
            return None
        start_line, start_column = self._in_code(at, first)
        end_line, end_column = self._in_code(at, last)
        return Region(start_line=start_line, start_column=start_column, end_line=end_line, end_column=end_column)

    def cell(self, line: int) -> Cell:
        """Return in which cell, and on which line of it, a line of the code stands."""
        at = self._at(line)
        return Cell(self._cells[at].number, line - self._starts[at] + 1)

    def _at(self, line: int) -> int:
        return max(0, bisect_right(self._starts, line) - 1)

    def _byte(self, line: int, column: int) -> int:
        """The byte of the file at which a place stands."""
        start = self._lines[min(line, len(self._lines)) - 1]
        end = self._lines[line] if line < len(self._lines) else len(self._data)
        return start + len(self._data[start:end].decode("utf-8", errors="replace")[: column - 1].encode("utf-8"))

    def _in_code(self, at: int, index: int) -> tuple[int, int]:
        text = self._cells[at].text
        return self._starts[at] + text.count("\n", 0, index), index - text.rfind("\n", 0, index)

    def _place(self, line: int, column: int) -> tuple[int, int]:
        """Line and column of a place in the file; a column of 0 ("the whole line") stays 0."""
        at = self._at(line)
        found = self._in_file(self._cells[at], line - self._starts[at] + 1, max(column, 1))
        return found if column else (found[0], 0)

    def _in_file(self, cell: CodeCell, line: int, column: int) -> tuple[int, int]:
        start = 0
        for _ in range(line - 1):
            start = cell.text.find("\n", start) + 1 or len(cell.text)
        end = cell.text.find("\n", start)
        offset = cell.offsets[min(start + column - 1, end if end >= 0 else len(cell.text))]
        number = bisect_right(self._lines, offset)
        before = self._data[self._lines[number - 1] : offset].decode("utf-8", errors="replace")
        return number, len(before) + 1

    def _python(self, cell: CodeCell) -> str:
        try:
            return as_python(cell.text)
        except NotPythonError as error:
            why = why_unparsable(error.made.encode("utf-8"))
            self.broken += (Broken(cell.number, self._in_file(cell, max(why.line, 1), 1)[0], why),)
            return blank(cell.text)
