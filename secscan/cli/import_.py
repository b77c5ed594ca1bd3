"""`secscan import`: results of other scanners as a saved scan, judged and reported, with no scanner run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from secscan.cli.deliver import REPORT_HELP
from secscan.cli.options import JUDGE, OUTPUT, Colour, Quiet, Verbose


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Results: SARIF, CycloneDX, GitLab, DefectDojo, secscan.json; told apart by what stands in them.")],
    path: Annotated[Path, typer.Option("--path", metavar="DIR", help="The tree that the results are about.", show_default="the working directory")] = Path(),
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy.", envvar="SECSCAN_POLICY", rich_help_panel=JUDGE)] = "",
    environment: Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="Judge by this environment of the policy.", envvar="SECSCAN_ENVIRONMENT", rich_help_panel=JUDGE)] = "",
    floor: Annotated[str, typer.Option("--floor", metavar="POLICY", help="A policy below which the other may not go.", envvar="SECSCAN_FLOOR", rich_help_panel=JUDGE)] = "",
    waivers: Annotated[list[Path] | None, typer.Option("--waivers", metavar="FILE", help="Waivers that count; may be repeated.", rich_help_panel=JUDGE)] = None,
    vex: Annotated[list[Path] | None, typer.Option("--vex", metavar="FILE", help="VEX document whose statements count as waivers; may be repeated.", rich_help_panel=JUDGE)] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", metavar="FILE", help="What was there before.", rich_help_panel=JUDGE)] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file instead of the target's secscan.yaml.", rich_help_panel=JUDGE)] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for secscan.json, .sarif and .html.", show_default="the working directory", envvar="SECSCAN_OUTPUT", rich_help_panel=OUTPUT)] = None,
    report: Annotated[list[str] | None, typer.Option("--report", metavar="FORMAT[=FILE]", help=REPORT_HELP, rich_help_panel=OUTPUT)] = None,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Judge as at this time (RFC 3339).", show_default="now", rich_help_panel=JUDGE)] = "",
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Colour = "auto",  # noqa: ARG001 - its callback has acted
) -> None:  # fmt: skip
    """Judge and report what other scanners wrote into files. No scanner is run, so nothing proves that anybody looked:
    the verdict is failed or incomplete. To let a build pass, scan with --import.

    Exits 1 failed, 2 usage or configuration, 3 incomplete; 0 where the policy only logs.
    """
    from secscan import pipeline
    from secscan.attest.terms import saved
    from secscan.ci.run import ci_run
    from secscan.cli.deliver import REPORTS, deliver, remove_earlier, report_files
    from secscan.cli.judging import Wanted, gather
    from secscan.cli.progress import show_progress
    from secscan.cli.say import set_loudness
    from secscan.cli.scan import parse_time
    from secscan.scanners.registry import all_scanners
    from secscan.targets.open import TargetRequest

    set_loudness(quiet=quiet, verbose=verbose)
    wanted = Wanted(policy, environment, floor, tuple(waivers or ()), baseline, "", tuple(vex or ()))
    judge = gather(path, config, wanted, scanners=tuple(all_scanners()))
    settings = judge.settings
    request = pipeline.ScanRequest(
        target=TargetRequest(path=path, include=settings.include, exclude=settings.exclude),
        scanners={},
        terms=judge.terms,
        advisories=None,
        imports=tuple(files),
        pending=judge.pending,
        brought=judge.brought,
        changed=judge.changed,
        counting=judge.counting,
        judged_at=parse_time(at),
        ci=ci_run(os.environ),
        notices=judge.notices,
    )
    output = output or Path(settings.output)
    reports = report_files({**REPORTS, **settings.reports}, report or (), output)
    remove_earlier(output, reports)
    with show_progress(quiet=quiet) as progress:
        result, terms = pipeline.scan_with_terms(request, progress=progress)
    raise typer.Exit(deliver(result, saved(terms, judge.pending), output, reports, quiet=quiet))
