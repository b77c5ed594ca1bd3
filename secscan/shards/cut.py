"""Cuts a target into parts that different machines look at.

Every machine makes the same cut, since it depends on nothing but the files' paths, sizes and languages. The hashes of
their paths put the files in order, and the order is cut where the work so far passes the next share. So the parts are
as much work as each other but for one file, and a file that is changed, added or removed moves only files beside the
cuts: what each machine has in its cache stays of use.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from secscan.errors import UsageError
from secscan.targets.contract import SourceFile

MOST = 256
"""Shards of one scan: as many jobs as a matrix of GitHub may have."""
_FILE_COSTS = 2_000
"""What a file costs before its first byte, in bytes."""
_COSTS = {"python": 60}
"""How many times as long a byte takes in a language that is parsed: measured paces of bandit and semgrep to that of our
detector of secrets, which reads every file."""
_WRITTEN = re.compile(r"(\d{1,4})/(\d{1,4})", re.ASCII)


@dataclass(frozen=True, order=True)
class Shard:
    """One of so many parts."""

    number: int
    """From 1."""
    count: int

    def __str__(self) -> str:
        return f"shard {self.number} of {self.count}"


def parse_shard(text: str) -> Shard:
    """Read `2/4`. Raises `UsageError`."""
    found = _WRITTEN.fullmatch(text)
    shard = Shard(int(found[1]), int(found[2])) if found else None
    if shard is None or not 1 <= shard.number <= shard.count <= MOST:
        raise UsageError(
            f"--shard {text!r} is no shard", hint=f"write the second of four as 2/4; there are at most {MOST}"
        )
    return shard


def cut(files: Iterable[SourceFile], count: int) -> tuple[frozenset[str], ...]:
    """Return the paths of each of `count` parts: every file is in exactly one, whatever the order of `files`."""
    in_order = sorted(files, key=lambda one: (hashlib.sha256(one.path.encode()).digest(), one.path))
    total = sum(map(_work, in_order))
    parts: list[list[str]] = [[] for _ in range(count)]
    before = 0
    for file in in_order:
        work = _work(file)
        # By its middle, so that a file that is larger than a share goes where most of it lies.
        parts[(2 * before + work) * count // (2 * total)].append(file.path)
        before += work
    return tuple(map(frozenset, parts))


def _work(file: SourceFile) -> int:
    return (file.size + _FILE_COSTS) * _COSTS.get(file.language, 1)
