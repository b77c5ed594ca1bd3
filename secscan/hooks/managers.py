"""Tools that manage the hooks of a repository themselves, and what to tell them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Manager:
    """A tool, by the file in which it is set up."""

    name: str
    file: str
    advice: str
    """What to add there."""


_PRE_COMMIT = (
    "add to `repos:` there: {repo: local, hooks: [{id: secscan, name: secscan, language: system, require_serial: true, "
    "entry: secscan hook run staged, args: [--]}]}"
)
_HUSKY = "add this line to .husky/pre-commit: secscan hook run staged"
_LEFTHOOK = "add to `pre-commit: commands:` there: {secscan: {run: secscan hook run staged}}"
_PREK = (
    'add there: [[repos]] repo = "local", hooks = [{id = "secscan", name = "secscan", language = "system", '
    'require_serial = true, entry = "secscan hook run staged", args = ["--"]}]'
)

_KNOWN = (
    *(Manager("pre-commit", file, _PRE_COMMIT) for file in (".pre-commit-config.yaml", ".pre-commit-config.yml")),
    Manager("prek", "prek.toml", _PREK),
    Manager("husky", ".husky", _HUSKY),
    *(
        Manager("lefthook", f"{dot}lefthook{suffix}", _LEFTHOOK)
        for dot in ("", ".")
        for suffix in (".yml", ".yaml", ".toml", ".json")
    ),
)


def managers_of(root: Path) -> tuple[Manager, ...]:
    """Return the tools that are set up at the top of a work tree."""
    return tuple(one for one in _KNOWN if os.path.lexists(root / one.file))
