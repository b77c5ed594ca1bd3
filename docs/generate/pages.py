"""Which pages are generated, and whether those on disk are what the program says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from docs.generate import commands, defects, exit_codes, frameworks, policies, rules, scanners

REFERENCE = Path(__file__).resolve().parent.parent / "reference"

MARK = "<!-- Written by `make docs-reference` from the program. Change the program, not this page. -->"
"""Second line of every generated page, after the one with its title; by it a page that nobody generates is found."""


@cache
def generated() -> dict[str, str]:
    """Return every generated page by its name below `docs/reference/`."""
    bodies = {
        "defects.md": defects.page(),
        "exit-codes.md": exit_codes.page(),
        "frameworks.md": frameworks.page(),
        "rules.md": rules.page(),
        "scanners.md": scanners.page(),
        "shipped-policies.md": policies.page(),
        **{f"commands/{name}.md": text for name, text in commands.pages().items()},
    }
    return {name: _marked(body) for name, body in bodies.items()}


def stale() -> list[str]:
    """Return the names of pages that are missing, not what the program says, or left over."""
    pages = generated()
    there = {
        path.relative_to(REFERENCE).as_posix(): text
        for path in sorted(REFERENCE.rglob("*.md"))
        if MARK in (text := path.read_text(encoding="utf-8"))
    }
    return sorted(name for name in pages.keys() | there.keys() if pages.get(name) != there.get(name))


def _marked(body: str) -> str:
    title, _, rest = body.partition("\n")
    return f"{title}\n\n{MARK}\n{rest.rstrip()}\n"
