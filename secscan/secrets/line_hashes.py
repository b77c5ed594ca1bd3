"""Gives findings in files the hash of their line, which code scanning knows them by; see `findings.line_hash`.

Made where secrets are masked and from the masked text: a hash of a line with a short password could be guessed. Every
line of the file is masked before one is hashed, since equal lines are counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from secscan.errors import SecscanError
from secscan.findings.line_hash import line_hashes
from secscan.findings.model import Finding, at_each_place
from secscan.memo import Memo


class LineScrubber(Protocol):
    """What `secrets.scrub.Scrubber` does for this."""

    def scrub_lines(self, text: str, *, path: str) -> str | None:
        """See there."""
        ...

    def known_in(self, path: str) -> bytes:
        """See there."""
        ...


_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST = 1_000_000
"""Characters of a file that are masked for this, which takes a second or two. A line below them has no hash."""
_BEHIND = 8_000
"""Characters read behind the last line: what is hashed with it, and what shows that this is part of a secret."""


_WORK = "line hashes"


def with_line_hashes(
    findings: Iterable[Finding], read: Callable[[str], bytes], scrubber: LineScrubber, memo: Memo
) -> tuple[Finding, ...]:
    """Return the findings with the hashes of their lines. `read` gives a file's content by its path text, `memo` what
    they were before, for the same secrets."""
    findings = tuple(findings)
    lines: defaultdict[str, set[int]] = defaultdict(set)
    for one in at_each_place(findings):
        if one.location.region is not None:
            lines[one.location.path].add(one.location.region.start_line)
    parts = {path: msgspec.msgpack.encode((sorted(lines[path]), scrubber.known_in(path))) for path in lines}
    known = memo.recall(_WORK, parts)
    hashes = {path: msgspec.msgpack.decode(value, type=dict[int, str]) for path, value in known.items()}
    hashes |= {
        path: dict(_hashes(path, numbers, read, scrubber)) for path, numbers in lines.items() if path not in known
    }
    new = {path: msgspec.msgpack.encode(found) for path, found in hashes.items() if path not in known}
    memo.remember(_WORK, parts, new)
    return tuple(_with(one, hashes) for one in findings)


def _with(finding: Finding, hashes: dict[str, dict[int, str]]) -> Finding:
    location = finding.location
    found = hashes[location.path].get(location.region.start_line, "") if location.region else ""
    places = tuple(_with(one, hashes) for one in finding.places)
    if not found and not places:
        return finding
    return msgspec.structs.replace(finding, location=msgspec.structs.replace(location, line_hash=found), places=places)


def _hashes(
    path: str, lines: set[int], read: Callable[[str], bytes], scrubber: LineScrubber
) -> Iterator[tuple[int, str]]:
    try:
        data = read(path)
    except (OSError, KeyError, SecscanError):
        return
    if b"\0" in data:  # UTF-16, or no text: what it hides is masked nowhere in a text of UTF-8
        return
    text = data.decode("utf-8", errors="replace")
    part = _upto(text, max(lines))
    masked = scrubber.scrub_lines(_LINE_END.sub("\n", part), path=path)
    if masked is not None:
        yield from line_hashes(masked, lines, whole=len(part) == len(text)).items()


def _upto(text: str, line: int) -> str:
    """A file's beginning, as far as it is needed for this line, or as much as may be read."""
    if len(text) <= _BEHIND:
        return text
    end = 0
    for number, found in enumerate(_LINE_END.finditer(text), start=1):
        end = found.end()
        if number >= line or end > _MOST:
            break
    return text[: min(end + _BEHIND, _MOST)]
