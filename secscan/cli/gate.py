"""`secscan gate`: judge a saved scan again, with no scanner installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def gate(
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan (secscan.json).")],
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy: default, strict, advisory.")] = "default",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Judge as at this time (RFC 3339).", show_default="now")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write the reports of this judgement to.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict only.")] = False,
) -> None:  # fmt: skip
    """Judge a saved scan by a policy. Exits 0 passed, 1 failed, 3 incomplete."""
    from datetime import UTC, datetime

    from secscan.cli.scan import REPORTS, deliver, parse_time
    from secscan.cli.terminal import print_report
    from secscan.findings.scan import load
    from secscan.gate.exit import exit_code
    from secscan.gate.judge import judged
    from secscan.policy.load import load_policy
    from secscan.scanners.registry import all_scanners

    scan = judged(load(saved), load_policy(policy, scanners=all_scanners()), parse_time(at) or datetime.now(UTC))
    if output is not None:
        raise typer.Exit(deliver(scan, output, REPORTS, quiet=quiet))
    print_report(scan, quiet=quiet)
    if scan.judgement is not None:
        raise typer.Exit(exit_code(scan.judgement))
