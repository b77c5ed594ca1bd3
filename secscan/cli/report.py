"""`secscan report`: show a saved scan again, in any format."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def report(
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan (secscan.json).")],
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help="terminal, json, sarif, github or html.")] = "terminal",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write to.", show_default="standard output")] = None,
) -> None:  # fmt: skip
    """Show a saved scan again. The verdict shown is the one saved in it; `secscan gate` judges anew."""
    from secscan.cli.terminal import print_report
    from secscan.files import write_atomic
    from secscan.findings.scan import load
    from secscan.reports.contract import load_format

    chosen = load_format(format_name)
    scan = load(saved)
    if output is not None:
        write_atomic(output, chosen.render(scan))
    elif format_name == "terminal":
        print_report(scan)
    else:
        sys.stdout.buffer.write(chosen.render(scan))
        sys.stdout.buffer.flush()
