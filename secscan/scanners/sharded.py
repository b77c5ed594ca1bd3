"""A scanner's work where shards have looked at its files: what they said is believed, what they could not write down is
looked at here, and what none of them said anything of is not looked at at all.

It is the work of one scan, of which the larger part was done elsewhere, so that what comes of it is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from secscan.cache.entry import Said, may_be_kept, unpacked
from secscan.cache.results import Scope
from secscan.errors import TargetError
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import Plan, Report, ScannerError, Setup
from secscan.scanners.kept import Kept, as_shown, scope_of
from secscan.scanners.toolkit import FileBatch
from secscan.shards.cut import Shard
from secscan.shards.document import Part
from secscan.shards.gather import HINT, Told
from secscan.shards.record import Recorder

_SAME = ("version", "rules", "options", "secscan", "source", "python")
"""What must be the same in all shards and here. The build of a program is not among it, since the same packages lie
in other folders on other machines."""


@dataclass
class FromShards(Kept):
    """What shards said of one scanner's files."""

    again: frozenset[str] = frozenset()
    """What is looked at here."""

    @property
    def from_earlier_scans(self) -> int:
        """See `Kept`: the shards are of this scan."""
        return 0

    def plan(self, setup: Setup) -> Plan[FileBatch]:
        """The work that is left; but all is selected."""
        rest = self.scanner.plan_of([file for file in self.files if file.path in self.again], setup)
        return Plan(pieces=rest.pieces, selected=frozenset(file.path for file in self.files), gaps=rest.gaps)

    def take(self, report: Report, piece: FileBatch) -> None:
        """See `Kept`: nothing is doubted, and what is looked at here is what nobody keeps."""


def is_cut(scanner: object) -> bool:
    """Whether shards do the work of a scanner: its word on a file depends on that file alone. Others look at the whole
    where the shards are merged."""
    return isinstance(scanner, FileScanner) and bool(scanner.kept_by)


def recall_from_shards(scanner: FileScanner, told: Told, setup: Setup) -> FromShards | None:
    """Return what shards said of a scanner's files; None where they do not do its work. Its programs must have been
    found."""
    scope = scope_of(scanner, setup)
    if scope is None:
        return None
    files = {file.path: file for file in scanner.files(setup)}
    read = as_shown(scanner, files.values(), setup)
    known: dict[str, Said] = {}
    again: set[str] = set()
    trouble: list[ScannerError] = []
    seconds = 0.0
    for shard, paths, part in told.by_scanner(scanner.name):
        wanted = paths & files.keys()
        if isinstance(part, str):
            trouble += [ScannerError(f"{shard}: {part}", hint=HINT)] if wanted else []
            continue
        if part.scope is None:
            trouble += _of_part(shard, part)
            # Without trouble it has looked, and could not say by what, since the tool did not tell its version.
            again |= frozenset[str]() if part.trouble else wanted
            continue
        seconds += part.seconds
        different = _difference(part.scope, scope)
        if different:
            trouble.append(
                ScannerError(f"{shard} {different}", hint="install the same in all jobs, and run them again")
            )
            continue
        trouble += _of_part(shard, part)
        believed = _believed(scanner.name, part, wanted.difference(part.again), read)
        known |= believed
        again |= wanted.intersection((*part.again, *part.told)) - believed.keys()
    return FromShards(
        scanner=scanner,
        cache=Recorder(),
        scope=scope,
        files=tuple(files.values()),
        known=known,
        doubted={},
        trouble=tuple(trouble),
        seconds=seconds,
        again=frozenset(again),
    )


def _of_part(shard: Shard, part: Part) -> Iterator[ScannerError]:
    for one in part.trouble:
        yield ScannerError(f"{shard}: {one.message}", hint=one.hint)


def _difference(theirs: Scope, ours: Scope) -> str:
    for name in _SAME:
        one, other = getattr(theirs, name), getattr(ours, name)
        if one != other:
            return f"had another {name}: {str(one)[:40]}, here it is {str(other)[:40]}"
    return ""


def _believed(scanner: str, part: Part, wanted: frozenset[str], read: Callable[[str], bytes]) -> dict[str, Said]:
    """What a shard says of files of its part. An entry that is not of its form says nothing."""
    nothing = Said(scanner=scanner, proven=True, looked_at=True)
    found = {path: nothing for path in part.clean if path in wanted}
    for path in sorted(wanted & part.told.keys()):
        try:
            said = unpacked(part.told[path], path, read)
        except TargetError:  # it was changed since: what is looked at here tells
            continue
        if said is not None and said.scanner == scanner and may_be_kept(said, path):
            found[path] = said
    return found
