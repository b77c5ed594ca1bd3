"""`secscan coverage`: who looked at what in a saved scan, who did not, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def coverage(
    scan: Annotated[Path, typer.Argument(metavar="[SCAN]", help="The saved scan.", show_default=True)] = Path("secscan.json"),
    file: Annotated[str, typer.Option("--file", metavar="PATH", help="Only this file: who looked at it, and who did not.", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", "-a", help="Also what long lists leave out.")] = False,
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="text|json", help="What to write.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write to.", show_default="standard output")] = None,
) -> None:  # fmt: skip
    """Show which scanner looked at which files, packages, layers and commits, which did not, and why.

    Exits 0: it is a report. Which gaps a build may have, the policy says (`tolerated_gaps`), and `secscan gate` judges.
    """
    from secscan.cli.terminal import columns, print_lines, write_document
    from secscan.errors import UsageError
    from secscan.findings.scan import load
    from secscan.reports.covered import render
    from secscan.reports.covered.text import file_lines
    from secscan.reports.escape import terminal

    seen = load(scan)
    if not file:
        write_document(render(seen, format_name, width=columns(), everything=everything), output)
        return
    if format_name != "text" or output:
        raise UsageError("--file writes text for people", hint="leave --format and --output away, or --file")
    print_lines(terminal(line) for line in file_lines(seen, file))
