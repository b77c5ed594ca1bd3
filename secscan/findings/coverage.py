"""Who looked at what: the things in scope in groups, each with the scanners that looked and those that did not.

A repository may have a million files, and there are few ways in which they were looked at: the saved scan holds each
way once, and of each file only which of them it was. Why somebody did not look, the gaps say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum

from secscan.findings.model import Value


class Sort(StrEnum):
    """What may be in scope, in the order in which a scan tells of it."""

    FILES = "files"
    PACKAGES = "packages"
    LAYERS = "layers"
    COMMITS = "commits"


class Coverage(Value, frozen=True, kw_only=True):
    """Things of one sort that the same scanners looked at. A scanner that is not named had nothing to do there."""

    of: Sort
    kind: str = ""
    """Of files the language (see `targets.languages`), of packages the ecosystem; empty where that is not known."""
    form: str = ""
    """Of files: `archive`, `binary`, `generated` or `minified`; see `targets.forms`."""
    count: int
    looked_at: tuple[str, ...] = ()
    """Who proved to have looked, at all of it."""
    partly: tuple[str, ...] = ()
    """Who looked, and told of a part that it could not judge."""
    missed: tuple[str, ...] = ()
    """Who should have looked, and did not."""

    @property
    def nobody(self) -> bool:
        """Whether nobody looked."""
        return not self.looked_at and not self.partly


def contradictions(rows: Iterable[Coverage], files: Iterable[int]) -> Iterator[str]:
    """Yield what is wrong with the rows and the position that each file names. A scan that holds no rows does not tell
    who looked."""
    rows = tuple(rows)
    if not rows:
        return
    counted = Counter(files)
    for at, row in enumerate(rows):
        if row.of is Sort.FILES and counted[at] != row.count:
            yield f"{counted[at]} files were looked at in a way that {row.count} are said to have been"
    if any(at not in range(len(rows)) or rows[at].of is not Sort.FILES for at in counted):
        yield "a file was looked at in a way that is not told"
