"""Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. A `|` in a cell is escaped; what else a cell holds is Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


def code(text: str) -> str:
    """Return text in a code span; nothing for nothing."""
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Return texts in code spans, with commas."""
    return ", ".join(code(text) for text in texts)


def prose(text: str) -> str:
    """Return text of the program as Markdown: code spans stay, options become code spans, addresses links,
    and nothing else in it is markup."""
    parts = " ".join(text.split()).split("`")
    return "`".join(part if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    escaped = re.sub(r"([*<>\[\]])", r"\\\1", text)
    escaped = re.sub(r"(?<![\w`-])--[a-z][a-z-]*", r"`\g<0>`", escaped)
    return re.sub(r"https?://[^\s,;)]+[^\s,;).:]", r"<\g<0>>", escaped)
