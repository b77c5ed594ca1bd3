"""A target that has been opened: what was counted, frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from secscan.errors import TargetError
from secscan.findings.model import Gap, Notice, TargetInfo
from secscan.findings.paths import os_path
from secscan.targets.content import NotRegularError, read_regular
from secscan.targets.contract import SourceFile, Telling
from secscan.targets.listing import Listing
from secscan.targets.notices import scanner_settings


@dataclass(frozen=True)
class OpenedTarget:
    """See `targets.contract.Target`."""

    info: TargetInfo
    root: Path
    origin: Path
    files: tuple[SourceFile, ...]
    gaps: tuple[Gap, ...]
    notices: tuple[Notice, ...]
    _digests: dict[str, str] = field(repr=False, compare=False)
    history: Telling | None = field(default=None, repr=False, compare=False)
    """Puts findings back under the names of their files, where a target holds many versions of each."""

    def read(self, path: str) -> bytes:
        """See `targets.contract.Target.read`."""
        expected = self._digests[path]
        try:
            data = read_regular(self.root / os_path(path))
        except (OSError, NotRegularError):
            data = None
        if data is None or hashlib.sha256(data).hexdigest() != expected:
            raise TargetError(
                f"{path} was changed while it was being scanned", hint="scan again when nothing writes to the tree"
            )
        return data


def freeze(
    listing: Listing,
    *,
    kind: str,
    name: str,
    origin: Path,
    revision: str = "",
    base: str = "",
    dirty: bool | None = None,
    notices: Iterable[Notice] = (),
) -> OpenedTarget:
    """Return what was counted as a target. `origin` is the folder the user named."""
    files = tuple(file for _, file in sorted(listing.files.items()))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path}\0{file.digest}\n".encode())
    info = TargetInfo(
        kind=kind,
        name=name,
        digest=digest.hexdigest(),
        files=len(files),
        bytes=sum(file.size for file in files),
        revision=revision,
        base=base,
        dirty=dirty,
        out_of_scope=listing.scope.out_of_scope(),
    )
    gaps = {(gap.subject, gap.kind, gap.detail): gap for gap in (*listing.gaps, *listing.scope.gaps)}
    return OpenedTarget(
        info=info,
        root=listing.root,
        origin=origin,
        files=files,
        gaps=tuple(gap for _, gap in sorted(gaps.items())),
        notices=(*notices, *scanner_settings(listing.root, files)),
        _digests={file.path: file.digest for file in files},
    )
