"""`secscan report`: show a saved scan again, in any format."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from secscan.cli.options import Colour
from secscan.reports.contract import FORMATS


def _tell_formats(wanted: bool) -> None:
    """Print every format with its usual file and what it is for, and stop."""
    if not wanted:
        return
    import textwrap

    from secscan.reports.contract import load_format

    for one in map(load_format, FORMATS):
        first, *rest = textwrap.wrap(one.title, 27)
        sys.stdout.write(f"{one.name:<19} {one.file:<32} {first}\n")
        sys.stdout.writelines(f"{'':<53}{line}\n" for line in rest)
    raise typer.Exit


def report(
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan (secscan.json).")],
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")] = "terminal",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write to.", show_default="standard output")] = None,
    everything: Annotated[bool, typer.Option("--all", help="On the terminal: also what long lists leave out.")] = False,
    color: Colour = "auto",  # noqa: ARG001 - its callback has acted
    formats: Annotated[bool, typer.Option("--formats", help="Tell what each format is for, and stop.", is_eager=True, callback=_tell_formats)] = False,  # noqa: ARG001 - the callback has acted
) -> None:  # fmt: skip
    """Show a saved scan again. The verdict shown is the one saved in it; `secscan gate` judges anew."""
    from secscan.cli.terminal import print_report, write_document
    from secscan.findings.scan import load
    from secscan.reports.contract import load_format
    from secscan.reports.present import Presentation

    chosen = load_format(format_name)
    scan = load(saved)
    if output is None and format_name == "terminal":
        print_report(scan, everything=everything)
    else:
        write_document(chosen.parts(Presentation(scan)), output)
