"""`secscan advisories`: fill and look at the advisory index."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def import_(
    sources: Annotated[list[Path], typer.Argument(metavar="FILE...", help="OSV archives (all.zip), folders, JSON or YAML files.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Index file to write.", show_default="your own index")] = None,
) -> None:  # fmt: skip
    """Build the advisory index from OSV records on disk. An existing index is replaced as a whole or not at all."""
    from secscan.advisories.store import default_index, import_sources

    target = output or default_index()
    count = import_sources(sources, target)
    sys.stderr.write(f"{count} records\nIndex: {target}\n")


def status() -> None:
    """Say what the advisory index holds, where it lies and how old it is."""
    from secscan.advisories.store import describe

    sys.stdout.write(describe() + "\n")
