"""Collects what is found in one file of a file system, which may be any bytes, within limits."""

from __future__ import annotations

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.inventory.contract import Declared, Inventory, Scope, gap

MOST = 50_000
"""Packages and gaps of one file. A whole distribution has so many; nobody installs them all."""
_LONGEST = 300
"""Characters of a name or a version."""


class Found:
    """Packages and gaps of one file. Raises `ValueError` where they are too many."""

    def __init__(self, path: str, ecosystem: str, most: int = MOST) -> None:
        self.path = path
        self._most = most
        self._ecosystem = ecosystem
        self._packages: list[Declared] = []
        self._gaps: list[Gap] = []

    def add(
        self,
        name: str,
        version: str,
        line: int = 0,
        *,
        licence: str = "",
        source: tuple[str, str] = ("", ""),
        architecture: str = "",
        scope: Scope = Scope.UNKNOWN,
    ) -> None:
        """Add a package. What has no name or no version is a gap; so is what nobody would call a package."""
        if not name or not version:
            self.broken(f"{(name or version)[:60]!r} is not a name and a version", line)
        elif max(map(len, (name, version, architecture, *source))) > _LONGEST:
            self.broken(f"{name[:60]!r} has a name, a version or an architecture that is too long", line)
        else:
            source = ("", "") if source == (name, version) else source
            self._packages.append(
                Declared(
                    name,
                    version,
                    self._ecosystem,
                    self.path,
                    line,
                    licence=licence,
                    source=source,
                    architecture=architecture,
                    scope=scope,
                )
            )
            self._check()

    def broken(self, why: str, line: int = 0) -> None:
        """Add a gap: a part of the file cannot be understood."""
        self.gap(GapKind.BROKEN_MANIFEST, self.path, f"a part of it cannot be read: {why}", "install it anew", line)

    def gap(self, kind: GapKind, subject: str, why: str, remedy: str, line: int = 0) -> None:
        """Add a gap of any kind."""
        self._gaps.append(gap(kind, subject, why, remedy=remedy, line=line))
        self._check()

    def inventory(self) -> Inventory:
        """Return everything that was found; what was found twice counts twice."""
        return Inventory(packages=tuple(self._packages), gaps=tuple(self._gaps))

    def _check(self) -> None:
        if len(self._packages) + len(self._gaps) > self._most:
            raise ValueError(f"it names more than {self._most} packages")
