"""`secscan gate`: judge a saved scan again, with no scanner installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from secscan.cli.deliver import REPORT_HELP
from secscan.cli.options import JUDGE, OUTPUT, Colour, Quiet, Verbose


def gate(
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan (secscan.json).")],
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy: default, strict, advisory, secrets-only, hook, owasp-top-10, pci-dss, eu-cra.", envvar="SECSCAN_POLICY", rich_help_panel=JUDGE)] = "default",
    environment: Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="Judge by this environment of the policy.", envvar="SECSCAN_ENVIRONMENT", rich_help_panel=JUDGE)] = "",
    floor: Annotated[str, typer.Option("--floor", metavar="POLICY", help="A policy below which the other may not go.", envvar="SECSCAN_FLOOR", rich_help_panel=JUDGE)] = "",
    fail_on: Annotated[str, typer.Option("--fail-on", metavar="SEVERITY", help="Block what is as severe as this or worse, too: critical, high, medium, low or info.", rich_help_panel=JUDGE)] = "",
    waivers: Annotated[list[Path] | None, typer.Option("--waivers", metavar="FILE", help="Waivers that count; may be repeated.", rich_help_panel=JUDGE)] = None,
    vex: Annotated[list[Path] | None, typer.Option("--vex", metavar="FILE", help="VEX document (OpenVEX, CycloneDX) whose statements count as waivers; may be repeated.", rich_help_panel=JUDGE)] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", metavar="FILE", help="What was there before (`secscan baseline write`), or the base's secscan.json.", rich_help_panel=JUDGE)] = None,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Judge as at this time (RFC 3339).", show_default="now", rich_help_panel=JUDGE)] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write the reports of this judgement to.", rich_help_panel=OUTPUT)] = None,
    report: Annotated[list[str] | None, typer.Option("--report", metavar="FORMAT[=FILE]", help=REPORT_HELP, rich_help_panel=OUTPUT)] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Colour = "auto",  # noqa: ARG001 - its callback has acted
) -> None:  # fmt: skip
    """Judge a saved scan by a policy. Exits 0 passed, 1 failed, 3 incomplete."""
    from datetime import UTC, datetime

    from secscan.attest.terms import saved as terms_of
    from secscan.cli.deliver import REPORTS, deliver, report_files
    from secscan.cli.judging import read_vex_file, read_waivers_file
    from secscan.cli.reading import usual_reader
    from secscan.cli.say import set_loudness
    from secscan.cli.scan import parse_time
    from secscan.findings.scan import load
    from secscan.gate.weakening import Terms
    from secscan.policy.baseline import load as load_baseline
    from secscan.policy.fail_on import failing_on
    from secscan.policy.load import load_policy
    from secscan.scanners.registry import all_scanners

    set_loudness(quiet=quiet, verbose=verbose)
    reports = report_files(REPORTS if output else {}, report or (), output or Path())
    judge = load_policy(policy, scanners=all_scanners(), environment=environment, floor=floor, reader=usual_reader())
    judge = failing_on(judge, fail_on) if fail_on else judge
    accepted = [
        *(waiver for path in waivers or () for waiver in read_waivers_file(path)),
        *(waiver for path in vex or () for waiver in read_vex_file(path, judge)),
    ]
    terms = Terms(judge, tuple(accepted), load_baseline(baseline) if baseline else None)
    scan = terms.judged(load(saved), parse_time(at) or datetime.now(UTC))
    raise typer.Exit(deliver(scan, terms_of(terms), output or Path(), reports, quiet=quiet))
