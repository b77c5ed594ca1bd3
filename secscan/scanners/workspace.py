"""Where scanners are shown a file: in place, or as a private copy where tools would lose it without a word.

Measured: semgrep counts a file as scanned that it cannot decode (UTF-16) or whose name is not UTF-8, and finds
nothing in it; semgrep passes over Python files without `.py`; a name that begins with `-` is an option. A copy has a
harmless name, and Python source in another encoding is UTF-8 in it, with the same lines and the same columns in
characters. Of a notebook scanners of code are shown the cells, as one file of Python.
"""

from __future__ import annotations

import re
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from secscan.errors import TargetError
from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.findings.paths import encode_path, os_path
from secscan.leftovers import private_folder
from secscan.scanners.contract import Code
from secscan.scanners.python_encoding import python_in_utf8
from secscan.targets.contract import Target
from secscan.targets.notebook import PYTHON as NOTEBOOK

_MOST_BYTES = 20_000_000
"""Larger files are shown as they are; no tool parses Python source of this size."""

_PYTHON_SUFFIXES = (".py", ".pyi")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,16}$")


class Workspace:
    """Gives each file in scope a place on disk at which a tool can be shown it. A context manager."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._files = {file.path: file for file in target.files}
        self._placed: dict[str, Path] = {}
        self._code: dict[str, Code] = {}
        self._copies = 0
        self._lock = threading.Lock()
        self._closing = ExitStack()
        self._folder: Path | None = None
        self._root_is_plain = _is_plain(str(target.root))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def place(self, path: str) -> Path:
        """Return the absolute path at which a file in scope, given by path text, can be scanned.

        Raises `KeyError` for a file that is not in scope. A file that has changed since the target was opened is
        shown in place; `verify` tells of it.
        """
        with self._lock:
            if path not in self._placed:
                self._placed[path] = self._find_place(path)
            return self._placed[path]

    def code(self, path: str) -> Code:
        """Return a file in scope as scanners of code are shown it; see `place`, and `scanners.cells` for notebooks.

        Raises `NotebookError` for a notebook that cannot be taken apart.
        """
        if self._files[path].language != NOTEBOOK:
            return Code(self.place(path))
        with self._lock:
            if path not in self._code:
                self._code[path] = self._show_cells(path)
            return self._code[path]

    def verify(self) -> tuple[Gap, ...]:
        """Return a gap for each file that was placed and whose content is no longer the one that was counted."""
        gaps = []
        for path in sorted({*self._placed, *self._code}):
            try:
                self._target.read(path)
            except TargetError:
                gaps.append(
                    Gap(
                        scanner="secscan",
                        kind=GapKind.UNREADABLE,
                        subject=path,
                        detail="the file was changed while it was scanned, so nobody knows which content was judged",
                        remedy="scan again when nothing writes to the tree",
                    )
                )
        return tuple(gaps)

    def _find_place(self, path: str) -> Path:
        python = self._files[path].language == "python"
        original = self._target.root / os_path(path)
        plain = self._root_is_plain and _is_plain(path) and (not python or path.endswith(_PYTHON_SUFFIXES))
        if plain and not python:
            return original
        try:
            data = self._target.read(path)
        except TargetError:
            return original
        converted = python_in_utf8(data) if python and len(data) <= _MOST_BYTES else None
        if plain and converted is None:
            return original
        suffix = _SUFFIX.search(path)
        name = ".py" if python and not path.endswith(_PYTHON_SUFFIXES) else suffix.group() if suffix else ""
        return self._copy(f"file{name}", data if converted is None else converted)

    def _show_cells(self, path: str) -> Code:
        from secscan.scanners.cells import Notebook  # lexers, which few scans need here

        try:
            notebook = Notebook(self._target.read(path))
        except TargetError:
            return Code(self._target.root / os_path(path))
        return Code(self._copy("file.py", notebook.shown), notebook.broken)

    def _copy(self, name: str, data: bytes) -> Path:
        if self._folder is None:
            self._folder = self._closing.enter_context(private_folder()).resolve()
        self._copies += 1
        folder = self._folder / f"{self._copies:06d}"
        folder.mkdir()
        place = folder / name
        place.write_bytes(data)
        return place


def _is_plain(name: str) -> bool:
    """Whether a name holds nothing that a tool, or its JSON, could trip over."""
    try:
        raw = name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "%" not in name and not name.startswith("-") and "/-" not in name and encode_path(raw) == name
