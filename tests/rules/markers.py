"""Reads the markers of the rule fixtures.

`# ruleid: ID[, ID]` stands above a line that these rules must report, `# ok: ID[, ID]` above one that they must
not. The line meant is the next one that is not a marker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent / "python"

_MARKER = re.compile(r"^\s*# (ruleid|ok): ([\w.-]+(?:, [\w.-]+)*)$")
_LOOKS_LIKE_ONE = re.compile(r"#\s*(rule_?id|ok)\b", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Marked:
    """One line and a rule that must, or must not, report it."""

    path: Path
    line: int
    rule: str
    must: bool


def fixtures() -> list[Path]:
    """Return every fixture file."""
    return sorted(FIXTURES.glob("*.py"))


def markers() -> list[Marked]:
    """Return every marker of every fixture; a marker that is misspelt is a `ValueError`."""
    return [marked for path in fixtures() for marked in _read(path)]


def _read(path: Path) -> Iterator[Marked]:
    waiting: list[tuple[str, bool]] = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = _MARKER.match(text)
        if match:
            waiting.extend((rule, match[1] == "ruleid") for rule in match[2].split(", "))
        elif _LOOKS_LIKE_ONE.search(text):
            raise ValueError(f"{path}:{number}: a marker that cannot be read: {text.strip()}")
        else:
            for rule, must in waiting:
                yield Marked(path, number, rule, must)
            waiting.clear()
    if waiting:
        raise ValueError(f"{path}: the last marker has no line")
