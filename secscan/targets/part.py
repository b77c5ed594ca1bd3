"""A part of a target: the same target, of which fewer files are looked at."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from secscan.findings.model import Gap, Notice, TargetInfo
from secscan.targets.contract import SourceFile, Target, Telling


class PartOfTarget:
    """See `targets.contract.Target`. What it is, and what can be read of it, is that of the whole."""

    def __init__(self, whole: Target, paths: Collection[str]) -> None:
        self._whole = whole
        self.files: tuple[SourceFile, ...] = tuple(file for file in whole.files if file.path in paths)

    @property
    def info(self) -> TargetInfo:
        """Of the whole."""
        return self._whole.info

    @property
    def root(self) -> Path:
        """Of the whole."""
        return self._whole.root

    @property
    def origin(self) -> Path:
        """Of the whole."""
        return self._whole.origin

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Of the whole."""
        return self._whole.gaps

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Of the whole."""
        return self._whole.notices

    @property
    def history(self) -> Telling | None:
        """Of the whole."""
        return self._whole.history

    def read(self, path: str) -> bytes:
        """Of the whole."""
        return self._whole.read(path)
