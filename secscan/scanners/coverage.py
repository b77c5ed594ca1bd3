"""Who looked at what, by file, package, layer and commit, out of what each scanner proved; see `findings.coverage`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from secscan.findings.coverage import Coverage, Sort
from secscan.findings.levels import Kind
from secscan.findings.scan import FileState
from secscan.scanners.runner import Outcome
from secscan.targets.contract import SourceFile, Target

_DIGEST = 16


class Covered(NamedTuple):
    """What a scan holds about it."""

    files: tuple[FileState, ...]
    rows: tuple[Coverage, ...]


def coverage_of(target: Target, outcomes: Sequence[Outcome]) -> Covered:
    """Return how each thing in scope was looked at by the scanners that were run."""
    who = _Looks(outcomes)
    ways: defaultdict[tuple[str, str, int], list[int]] = defaultdict(list)
    for number, file in enumerate(target.files):
        ways[file.language, file.form, who.of(file.path)].append(number)
    order = sorted(ways, key=lambda way: (-len(ways[way]), way))
    way_of = [0] * len(target.files)
    for at, way in enumerate(order):
        for number in ways[way]:
            way_of[number] = at
    rows = [
        *(who.row(Sort.FILES, len(ways[way]), way[2], kind=way[0], form=way[1]) for way in order),
        *_packages(outcomes, who),
        *_layers(outcomes, who),
        *_commits(target, who),
    ]
    files = zip(target.files, way_of, strict=True)
    return Covered(tuple(_state(file, way) for file, way in files), tuple(rows))


class _Looks:
    """Who looked at each thing, by its name in the scanners' plans.

    There may be a million things: who looked at one is a number, with three bits for each scanner.
    """

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self._names = [outcome.run.scanner for outcome in outcomes]
        self._marks: dict[str, int] = {}
        marks = self._marks
        for number, outcome in enumerate(outcomes):
            gaps = {gap.subject for gap in outcome.gaps}
            for part, things in enumerate(
                (
                    outcome.looked_at - gaps,
                    outcome.looked_at & gaps,
                    (outcome.selected | gaps) - outcome.looked_at,
                )
            ):
                mark = 1 << (part * len(self._names) + number)
                for thing in things:
                    marks[thing] = marks.get(thing, 0) | mark
        self._named: Callable[[int], tuple[str, ...]] = cache(self._names_of)

    def of(self, thing: str) -> int:
        return self._marks.get(thing, 0)

    def of_all(self, things: Iterable[str]) -> int:
        """Who looked at all of it, and who only at a part."""
        marks = 0
        for thing in things:
            marks |= self.of(thing)
        looked, partly, missed = self._parts(marks)
        torn = partly | (looked & missed)
        size = len(self._names)
        return looked & ~torn | torn << size | (missed & ~torn) << 2 * size

    def row(self, of: Sort, count: int, marks: int, *, kind: str = "", form: str = "") -> Coverage:
        looked, partly, missed = self._parts(marks)
        return Coverage(
            of=of,
            kind=kind,
            form=form,
            count=count,
            looked_at=self._named(looked),
            partly=self._named(partly),
            missed=self._named(missed),
        )

    def _parts(self, marks: int) -> tuple[int, int, int]:
        size = len(self._names)
        all_bits = (1 << size) - 1
        return marks & all_bits, marks >> size & all_bits, marks >> 2 * size & all_bits

    def _names_of(self, marks: int) -> tuple[str, ...]:
        return tuple(sorted(name for number, name in enumerate(self._names) if marks >> number & 1))


def _state(file: SourceFile, way: int) -> FileState:
    return FileState(path=file.path, digest=file.digest[:_DIGEST], way=way)


def _packages(outcomes: Iterable[Outcome], who: _Looks) -> Iterator[Coverage]:
    things = {thing for one in outcomes if Kind.DEPENDENCY in one.run.kinds for thing in one.selected}
    ways = Counter((_ecosystem(thing), who.of(thing)) for thing in things)
    yield from (who.row(Sort.PACKAGES, count, way, kind=kind) for (kind, way), count in sorted(ways.items()))


def _ecosystem(package: str) -> str:
    """Of `Debian:12:openssl@3.0.1` it is `Debian`: which release it is, tells the target."""
    return package.partition(":")[0]


def _layers(outcomes: Iterable[Outcome], who: _Looks) -> Iterator[Coverage]:
    things = {thing for one in outcomes if one.run.scanner == "image" for thing in one.selected}
    ways = Counter(who.of(thing) for thing in things)
    yield from (who.row(Sort.LAYERS, count, way) for way, count in sorted(ways.items()))


def _commits(target: Target, who: _Looks) -> Iterator[Coverage]:
    """A commit was looked at where all that it brought was."""
    if target.history is None:
        return
    folders: dict[str, list[str]] = defaultdict(list)
    for file in target.files:
        folders[file.path.partition("/")[0]].append(file.path)
    ways = Counter(
        who.of_all(path for folder in brought for path in folders.get(folder, ()))
        for brought in target.history.commits().values()
    )
    yield from (who.row(Sort.COMMITS, count, way) for way, count in sorted(ways.items()))
