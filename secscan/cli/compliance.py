"""`secscan compliance`: saved scans held against frameworks, as a report for an auditor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compliance(
    saved: Annotated[list[Path], typer.Argument(metavar="SCAN...", help="Saved scans (secscan.json), of one target over time or of several.")],
    framework: Annotated[list[str], typer.Option("--framework", metavar="NAME|FILE", help="A shipped framework, or a control map; may be repeated.")],
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="html|pdf|json|csv|oscal", help="What to write.")] = "html",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write to.", show_default="standard output")] = None,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="Leave out scans that began before this day.")] = "",
) -> None:  # fmt: skip
    """Say what saved scans are evidence of, for the controls of a framework. Exits 0, also where findings are open: it
    judges nothing."""
    from secscan.cli.terminal import write_document
    from secscan.compliance.inputs import Input
    from secscan.compliance.load import load_framework
    from secscan.findings.scan import loads, read
    from secscan.reports.compliance.contract import build, load_format

    chosen = load_format("html" if format_name == "pdf" else format_name)
    inputs = []
    for path in saved:
        data = read(path)
        inputs.append(Input.of(str(path), data, loads(data, origin=str(path))))
    data = chosen.render(build(inputs, [load_framework(name) for name in framework], since=since))
    if format_name == "pdf":
        from secscan.cli.pdf import pdf

        data = pdf(data)
    write_document(data, output)
