"""What scanners of code are shown, and the gaps of what they are not: notebooks, and cells, that are no Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.scanners.contract import Code, Setup
from secscan.scanners.toolkit import FileBatch
from secscan.targets.contract import SourceFile
from secscan.targets.notebook import NotebookError

if TYPE_CHECKING:
    from secscan.scanners.cells import Broken

_REMEDIES = {
    GapKind.ENCODING: "save it as UTF-8",
    GapKind.TOO_LARGE: "clear the outputs of the notebook",
}


def shown_code(scanner: str, files: Iterable[SourceFile], setup: Setup) -> tuple[dict[str, Code], tuple[Gap, ...]]:
    """Return how files are shown, by path, and the gaps of notebooks that cannot be."""
    shown, gaps = {}, []
    for file in files:
        try:
            shown[file.path] = setup.code(file.path)
        except NotebookError as error:
            detail = f"the notebook cannot be taken apart: {error}"
            remedy = _REMEDIES.get(error.kind, "save it again with Jupyter")
            gaps.append(Gap(scanner=scanner, kind=error.kind, subject=file.path, detail=detail, remedy=remedy))
    return shown, tuple(gaps)


def without_cells(scanner: str, batch: FileBatch, code: Mapping[str, Code]) -> FileBatch:
    """Return the batch with the gaps of the cells that are left out of what is shown."""
    lost = [_lost(scanner, path, one) for path in batch.placed for one in code[path].broken]
    return msgspec.structs.replace(batch, lost=tuple(lost)) if lost else batch


def _lost(scanner: str, path: str, broken: Broken) -> Gap:
    return Gap(
        scanner=scanner,
        kind=broken.why.kind,
        subject=path,
        line=broken.line,
        detail=f"cell {broken.cell} is left out: {broken.why.text}",
        remedy=broken.why.remedy,
    )
