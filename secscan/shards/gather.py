"""Brings together what shards wrote, and says which of it counts, and what nobody looked at.

Whoever merges makes the cut himself, of the target as he counts it: what a shard does not say of a file of its part is
missing, whatever else it says. What is missing is never taken for a look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from secscan import __version__
from secscan.errors import ShardError, UsageError
from secscan.findings.levels import GapKind
from secscan.findings.model import Gap, TargetInfo
from secscan.findings.paths import encode_path
from secscan.shards.cut import Shard, cut
from secscan.shards.document import PATTERN, Look, Part, ShardResult, load
from secscan.targets.contract import Target

HINT = "see how its job ended, run it again, and merge again"
_EXAMPLES = 3


@dataclass(frozen=True)
class Gathered:
    """The results of the shards of one scan."""

    count: int
    results: Mapping[int, ShardResult]
    """Those that count, by number."""
    problems: Mapping[int, str]
    """Why one that is there does not count."""
    strange: Mapping[str, str]
    """Files that are no results of these shards, by name, and why."""

    def of(self, target: Target) -> Told:
        """Return what the shards say of a target."""
        parts = cut(target.files, self.count)
        looks: dict[int, Look] = {}
        problems = dict(self.problems)
        for number in range(1, self.count + 1):
            result = self.results.get(number)
            if number in problems:
                continue
            if result is None:
                problems[number] = "its result is missing"
                continue
            look = next((one for one in result.looks if one.digest == target.info.digest), None)
            if look is None:
                problems[number] = _else(result, target.info)
            else:
                looks[number] = look
        sizes = {file.path: file.size for file in target.files}
        gaps = [
            *(_gap(Shard(number, self.count), why, parts[number - 1], sizes) for number, why in problems.items()),
            *(
                Gap(scanner="secscan", kind=GapKind.NOT_SEEN, subject=name, detail=why, remedy=HINT)
                for name, why in self.strange.items()
            ),
        ]
        return Told(parts, looks, problems, tuple(gaps))


@dataclass(frozen=True)
class Told:
    """What the shards say of one target."""

    parts: tuple[frozenset[str], ...]
    """The paths of each shard, in order."""
    looks: Mapping[int, Look]
    """What each has seen that counts, by its number."""
    problems: Mapping[int, str]
    """Why what another says does not count."""
    gaps: tuple[Gap, ...]
    """What was not looked at, since a shard does not count."""

    def by_scanner(self, name: str) -> Iterator[tuple[Shard, frozenset[str], Part | str]]:
        """Yield each shard with the paths that it must say something of, and what one scanner said there, or why it
        says nothing."""
        for number, paths in enumerate(self.parts, 1):
            said: Part | str = self.problems.get(number, f"it ran without {name}")
            if look := self.looks.get(number):
                said = next((part for part in look.parts if part.scanner == name), said)
            yield Shard(number, len(self.parts)), paths, said


def gather(places: Sequence[Path], key: bytes = b"") -> Gathered:
    """Read the results of shards: files, or folders in which they lie. `key`: what they must be sealed with.

    Raises `UsageError` where there are none, and `ShardError` where none can be read. What is wrong with some of them
    is told by what it returns.
    """
    files = [file for place in places for file in (sorted(place.rglob(PATTERN)) if place.is_dir() else [place])]
    if not files:
        where = ", ".join(map(str, places))
        raise UsageError(
            f"no result of a shard lies in {where}", hint=f"give the files {PATTERN} that `secscan scan --shard` wrote"
        )
    read: list[tuple[str, ShardResult]] = []
    strange: dict[str, str] = {}
    for file in files:
        name = encode_path(bytes(file))
        try:
            read.append((name, load(file, key)))
        except ShardError as error:
            strange[name] = error.message
    if not read:
        name, why = next(iter(strange.items()))
        raise ShardError(f"{name}: {why}", hint="give the files that `secscan scan --shard` wrote, as they are")
    counts = Counter(result.count for _, result in read)
    count = max(counts, key=lambda one: (counts[one], one))
    by_number: dict[int, list[tuple[str, ShardResult]]] = {}
    for name, result in read:
        if result.count == count:
            by_number.setdefault(result.number, []).append((name, result))
        else:
            strange[name] = f"it is {result.shard}, and the others are cut in {count}"
    problems = {number: why for number, group in sorted(by_number.items()) if (why := _problem(group))}
    results = {number: group[0][1] for number, group in by_number.items() if number not in problems}
    return Gathered(count, results, problems, strange)


def _else(result: ShardResult, target: TargetInfo) -> str:
    """What a shard looked at, where that is not the target."""
    if target.revision and any(one.revision == target.revision for one in result.looks):
        return "it looked at other files of the same commit (are the results in what is scanned? put them elsewhere)"
    seen = " and ".join(f"{one.kind} {one.revision[:12] or one.digest[:12]}" for one in result.looks)
    return (
        f"it looked at something else ({seen or 'nothing'}, and this is {target.revision[:12] or target.digest[:12]})"
    )


def _problem(group: Sequence[tuple[str, ShardResult]]) -> str:
    """Why results of one shard do not count; empty where they do."""
    if len({result.says() for _, result in group}) > 1:
        return f"it is there {len(group)} times, and says different things: {', '.join(name for name, _ in group)}"
    other = group[0][1].secscan
    return f"it was made by secscan {other}, and this is {__version__}" if other != __version__ else ""


def _gap(shard: Shard, why: str, paths: frozenset[str], sizes: Mapping[str, int]) -> Gap:
    size = sum(sizes[path] for path in paths) / 1_000_000
    first = ", ".join(sorted(paths)[:_EXAMPLES])
    more = f", and {len(paths) - _EXAMPLES} more" if len(paths) > _EXAMPLES else ""
    return Gap(
        scanner="secscan",
        kind=GapKind.NOT_SEEN,
        subject=str(shard),
        detail=f"{why}; nobody looked file by file at {len(paths)} of {len(sizes)} files, {size:.1f} MB: {first}{more}",
        remedy=HINT,
    )
