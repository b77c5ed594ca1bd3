"""A page for a terminal: its width in columns, its colours, and the few ways to set a line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from secscan.findings.levels import Severity

_NARROWEST = 40

_STYLES = {
    "failed": "1;97;41",
    "incomplete": "1;30;43",
    "passed": "1;97;42",
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.UNKNOWN: "35",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
    "head": "1",
    "dim": "2",
}
"""Only colours that read on a dark and on a light ground; what they say is said in words, too."""


def columns(text: str) -> int:
    """Return how many columns a text takes: two for a wide character (CJK, emoji), none for a mark upon another."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Page:
    """How wide it is, and whether it has colour. All texts have been escaped already."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width = max(width, _NARROWEST)
        self._colour = colour

    def styled(self, text: str, style: str) -> str:
        """Colour a text."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colour else text

    def head(self, text: str) -> str:
        """A heading."""
        return self.styled(text, "head")

    def wrapped(self, text: str, *, indent: int, hang: int = 2) -> list[str]:
        """Break a text into lines; what has no blank to break at stays whole, so that it can be copied."""
        lines: list[str] = []
        line, room = "", self.width - indent
        for word in text.split():
            longer = f"{line} {word}" if line else word
            if line and columns(longer) > room:
                lines.append(line)
                line, room = word, self.width - indent - hang
            else:
                line = longer
        if line:
            lines.append(line)
        return [" " * (indent + (hang if at else 0)) + one for at, one in enumerate(lines)]

    def listed(self, texts: Iterable[str], *, indent: int) -> list[str]:
        """Items, each with a dash."""
        return [line for text in texts for line in self.wrapped(f"- {text}", indent=indent)]

    def cut(self, text: str, indent: int) -> str:
        """Cut a text to what is left of a line, and say so by dots."""
        room = self.width - indent
        if columns(text) <= room:
            return text
        kept, taken = [], 3
        for char in text:
            taken += _columns_of(char)
            if taken > room:
                break
            kept.append(char)
        return "".join(kept) + "..."
