"""`secscan scan`: look, judge, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli import scan_options as options
from secscan.cli.options import LIMITS, LOOK, Colour, Quiet, Verbose

if TYPE_CHECKING:
    from datetime import datetime


def scan(
    path: Annotated[Path | None, typer.Argument(help="Folder or file to look at, or an image: image.tar, oci:DIR, oci-archive:FILE, docker-archive:FILE, rootfs:DIR, docker:NAME, podman:NAME; - for standard input.", show_default="the targets of the settings, else the working directory")] = None,
    policy: options.Policy = "",
    output: options.Output = None,
    report: options.Report = None,
    format_name: options.FormatName = "terminal",
    staged: options.Staged = False,
    diff: options.Diff = "",
    history: options.History = False,
    paths_from: options.PathsFrom = "",
    python_environment: Annotated[Path | None, typer.Option("--python-environment", metavar="DIR", help="Look at what is installed in this Python environment, by its metadata, instead of PATH.", rich_help_panel=LOOK)] = None,
    base_image: Annotated[str, typer.Option("--base-image", metavar="IMAGE", help="The image that the scanned one was built upon, written as that is: tells what comes from it.", rich_help_panel=LOOK)] = "",
    newer_base: Annotated[str, typer.Option("--newer-base", metavar="IMAGE", help="With --base-image: tell what a rebuild on this base would fix.", rich_help_panel=LOOK)] = "",
    shard: Annotated[str, typer.Option("--shard", metavar="I/N", help="Look at the Ith of N parts only, and write what is seen there for `secscan merge`, which judges: no verdict, no reports.", rich_help_panel=LOOK)] = "",
    vault: options.Vault = False,
    aws: options.Aws = False,
    licences: options.Licences = False,
    scanner: options.Scanner = None,
    imports: options.Imports = None,
    advisories: options.Advisories = "",
    config: options.Config = None,
    jobs: options.Jobs = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    cache: Annotated[Path | None, typer.Option("--cache", metavar="DIR", help="Keep what is said of each file here, and do not look again at what is known.", show_default="your own", rich_help_panel=LIMITS)] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Look at every file, and keep nothing.", rich_help_panel=LIMITS)] = False,
    verify_cache: Annotated[bool, typer.Option("--verify-cache", help="Look again at some of the files that are known; a difference makes the scan incomplete.", rich_help_panel=LIMITS)] = False,
    environment: options.Environment = "",
    floor: options.Floor = "",
    fail_on: options.FailOn = "",
    waivers: options.Waivers = None,
    vex: options.Vex = None,
    policy_ref: options.PolicyRef = "",
    baseline: options.Baseline = None,
    baseline_ref: options.BaselineRef = "",
    at: options.At = "",
    previous: options.Previous = None,
    log_format: options.LogFormat = "text",
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Colour = "auto",  # noqa: ARG001 - its callback has acted
) -> None:  # fmt: skip
    """Look at a source tree or an image, judge what is found by a policy, and write the reports.

    Exits 0 passed, 1 failed, 2 usage or configuration, 3 incomplete.
    """
    from secscan.cli import log
    from secscan.cli.looking import Asked, look
    from secscan.cli.say import set_loudness

    log.choose(log_format)
    set_loudness(quiet=quiet, verbose=verbose)
    asked = Asked(
        path=path,
        policy=policy,
        output=output,
        report=tuple(report or ()),
        format_name=format_name,
        staged=staged,
        diff=diff,
        history=history,
        paths_from=paths_from,
        python_environment=python_environment,
        base_image=base_image,
        newer_base=newer_base,
        vault=vault,
        aws=aws,
        licences=licences,
        scanner=tuple(scanner or ()),
        imports=tuple(imports or ()),
        advisories=advisories,
        config=config,
        jobs=jobs,
        timeout=timeout,
        memory=memory,
        cache=cache,
        no_cache=no_cache,
        verify_cache=verify_cache,
        environment=environment,
        floor=floor,
        fail_on=fail_on,
        waivers=tuple(waivers or ()),
        vex=tuple(vex or ()),
        policy_ref=policy_ref,
        baseline=baseline,
        baseline_ref=baseline_ref,
        at=at,
        previous=previous,
        quiet=quiet,
    )
    if shard:
        from secscan.cli.sharding import look_at_shard

        raise typer.Exit(look_at_shard(asked, shard))
    raise typer.Exit(look(asked))


def parse_time(text: str) -> datetime | None:
    """Read an RFC 3339 time; None for an empty text. Raises `UsageError`."""
    from datetime import UTC, datetime

    from secscan.errors import UsageError

    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--at {text!r} is not a time", hint="write it like 2026-01-31T12:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
