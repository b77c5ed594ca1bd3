"""Turns what was found under names into files in scope, gaps, and links that lose nothing."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.findings.paths import encode_path
from secscan.targets.content import examine, special_file
from secscan.targets.contract import SourceFile
from secscan.targets.scope import Scope
from secscan.targets.walk import Found, Sort


@dataclass
class Listing:
    """The files below one folder, as they are being counted."""

    root: Path
    scope: Scope
    git_hash: str = "sha1"
    files: dict[str, SourceFile] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    git_ids: dict[bytes, str] = field(default_factory=dict)
    """The id git gives the content of each file that was read."""

    def add(self, found: Iterable[Found]) -> None:
        """Count what was found, links last: what they point to must be known."""
        links = []
        for one in found:
            if one.sort is Sort.UNREADABLE:
                self.gaps.append(_unreadable_folder(one))
            elif not self.scope.takes(one.path):
                continue
            elif one.sort is Sort.SPECIAL:
                self.gaps.append(special_file(encode_path(one.path)))
            elif one.sort is Sort.LINK:
                links.append(one.path)
            else:
                self._add_file(one.path)
        for path in links:
            self._add_link(path)

    def _add_file(self, path: bytes) -> None:
        examined = examine(self.root, path, git_hash=self.git_hash)
        if isinstance(examined, Gap):
            self.gaps.append(examined)
        elif self.scope.takes_output(examined.file.path, examined.first_bytes):
            self.files[examined.file.path] = examined.file
            self.git_ids[path] = examined.git_id

    def _add_link(self, path: bytes) -> None:
        """A link is never followed; it loses nothing where it points to what is judged under its own name."""
        name = encode_path(path)
        place = self.root / os.fsdecode(path)
        try:
            mode = place.stat().st_mode
        except OSError as error:
            why = {errno.ENOENT: "points to nothing", errno.ELOOP: "runs in a circle"}.get(error.errno or 0)
            self.gaps.append(link_gap(name, why or "points to what cannot be read"))
            return
        real = Path(os.path.realpath(place))
        if not real.is_relative_to(self.root):
            self.gaps.append(link_gap(name, "leaves the tree"))
            return
        target = encode_path(os.fsencode(real.relative_to(self.root)))
        if stat.S_ISDIR(mode):
            self.scope.leave_out(name, f"link to the folder {target}, which is judged under its own name")
        elif target in self.files:
            self.scope.leave_out(name, f"link to {target}, which is scanned itself")
        else:
            self.scope.leave_out(name, f"link to {target}, which is not in scope itself")


def link_gap(name: str, why: str) -> Gap:
    """The gap for a symbolic link whose content nobody judges."""
    return Gap(
        scanner="secscan",
        kind=GapKind.LINK,
        subject=name,
        detail=f"the symbolic link {why}; links are never followed",
        remedy="replace it by the file it means, or remove it",
    )


def _unreadable_folder(found: Found) -> Gap:
    return Gap(
        scanner="secscan",
        kind=GapKind.UNREADABLE,
        subject=encode_path(found.path) + "/",
        detail=f"the folder cannot be listed: {found.detail}",
        remedy="make it readable to the user who scans, or leave it out of scope",
    )
