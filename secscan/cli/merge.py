"""`secscan merge`: judge what shards have seen, as one scan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from secscan.cli import scan_options as options
from secscan.cli.options import LOOK, Colour, Quiet, Verbose


def merge(
    shards: Annotated[list[Path], typer.Argument(metavar="SHARD...", help="What `secscan scan --shard` wrote, or folders with it.")],
    path: Annotated[Path | None, typer.Option("--path", metavar="PATH", help="Folder or file that the shards have looked at.", show_default="the working directory", rich_help_panel=LOOK)] = None,
    policy: options.Policy = "",
    output: options.Output = None,
    report: options.Report = None,
    format_name: options.FormatName = "terminal",
    staged: options.Staged = False,
    diff: options.Diff = "",
    history: options.History = False,
    paths_from: options.PathsFrom = "",
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
    """Bring together what shards have seen of a target, look at what no shard looks at, judge it, and write the reports.

    Give the options that one scan would get: what comes of it is the same. A shard that is missing, or is of something
    else, makes the verdict incomplete.

    Exits 0 passed, 1 failed, 2 usage or configuration, 3 incomplete.
    """
    from secscan.cache.key import given_key
    from secscan.cli import log
    from secscan.cli.looking import Asked, image_alone, look
    from secscan.cli.say import set_loudness
    from secscan.errors import UsageError
    from secscan.shards.gather import gather

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
    if image_alone(asked) is not None or str(asked.where) == "-":
        raise UsageError(f"{asked.where} cannot be cut into shards", hint="scan it, without shards")
    raise typer.Exit(look(asked, gather(shards, given_key())))
