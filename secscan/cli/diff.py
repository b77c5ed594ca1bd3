"""`secscan diff`: what changed between two saved scans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The earlier saved scan (secscan.json).")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The later one.")],
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="text|markdown|json", help="What to write.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write to.", show_default="standard output")] = None,
) -> None:  # fmt: skip
    """Show what is new, changed and fixed between two saved scans, and what the later one could not have seen.

    Exits 0: it is a report. `secscan gate --baseline BEFORE AFTER` judges what is new.
    """
    from secscan.cli.terminal import write_document
    from secscan.findings.scan import load
    from secscan.gate.compare import compare
    from secscan.reports.difference import render

    write_document(render(compare(load(before), load(after)), format_name), output)
