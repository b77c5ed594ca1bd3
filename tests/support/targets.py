"""A target made of given files, for tests that are not about targets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from secscan.findings.model import Gap, Notice, TargetInfo
from secscan.targets.contract import SourceFile


@dataclass(frozen=True)
class FolderTarget:
    """The files of one folder, all of them in scope; languages by suffix."""

    root: Path
    info: TargetInfo
    files: tuple[SourceFile, ...]
    gaps: tuple[Gap, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def origin(self) -> Path:
        return self.root

    history = None

    def read(self, path: str) -> bytes:
        if path not in {file.path for file in self.files}:
            raise KeyError(path)
        return (self.root / path).read_bytes()


def folder_target(root: Path, files: dict[str, bytes | str]) -> FolderTarget:
    """Write `files` below `root` and return them as a target."""
    listed = []
    for name, content in sorted(files.items()):
        data = content.encode() if isinstance(content, str) else content
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
        language = "python" if name.endswith((".py", ".pyi")) else ""
        listed.append(SourceFile(path=name, size=len(data), digest=hashlib.sha256(data).hexdigest(), language=language))
    info = TargetInfo(kind="tree", name=root.name, digest="0" * 64, files=len(listed), bytes=0)
    return FolderTarget(root=root, info=info, files=tuple(listed))
