"""`secscan vault audit`: look at how a Vault server is set up, judge it, and report, as `secscan scan` does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from secscan.cli.deliver import REPORT_HELP
from secscan.cli.options import JUDGE, OUTPUT, Colour, Quiet, Verbose


def audit(
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy; see `secscan scan`.", envvar="SECSCAN_POLICY", rich_help_panel=JUDGE)] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for secscan.json, .sarif and .html.", show_default="the working directory", envvar="SECSCAN_OUTPUT", rich_help_panel=OUTPUT)] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file: its section `vault` says which server.", rich_help_panel=JUDGE)] = None,
    secret_days: Annotated[float, typer.Option("--secret-days", min=0, help="Age at which a secret should have been replaced.", show_default="365")] = 0,
    lease_days: Annotated[float, typer.Option("--lease-days", min=0, help="Longest life of a token or lease.", show_default="32")] = 0,
    oldest: Annotated[str, typer.Option("--oldest", metavar="VERSION", help="Oldest version of the server to accept.", show_default="what its makers support")] = "",
    environment: Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="Judge by this environment of the policy.", envvar="SECSCAN_ENVIRONMENT", rich_help_panel=JUDGE)] = "",
    floor: Annotated[str, typer.Option("--floor", metavar="POLICY", help="A policy below which the other may not go.", envvar="SECSCAN_FLOOR", rich_help_panel=JUDGE)] = "",
    waivers: Annotated[list[Path] | None, typer.Option("--waivers", metavar="FILE", help="Waivers that count; may be repeated.", rich_help_panel=JUDGE)] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", metavar="FILE", help="What was there before (`secscan baseline write`).", rich_help_panel=JUDGE)] = None,
    policy_ref: Annotated[str, typer.Option("--policy-ref", metavar="REF", help="Take policy, waivers and settings from this commit.", show_default="the base, in a pull request", rich_help_panel=JUDGE)] = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Judge as at this time (RFC 3339).", show_default="now", rich_help_panel=JUDGE)] = "",
    report: Annotated[list[str] | None, typer.Option("--report", metavar="FORMAT[=FILE]", help=REPORT_HELP, rich_help_panel=OUTPUT)] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Colour = "auto",  # noqa: ARG001 - its callback has acted
) -> None:  # fmt: skip
    """Check a Vault server: tokens, policies, logins, mounts, audit log. No secret is read.

    The server is that of VAULT_ADDR and VAULT_TOKEN, or of the settings file. Exits 0 passed, 1 failed, 2 usage or
    configuration, 3 incomplete: something could not be looked at.
    """
    import os
    from dataclasses import replace

    from secscan import pipeline
    from secscan.attest.terms import saved
    from secscan.cli.deliver import REPORTS, deliver, remove_earlier, report_files
    from secscan.cli.judging import Wanted, gather
    from secscan.cli.progress import show_progress
    from secscan.cli.say import set_loudness
    from secscan.cli.scan import parse_time
    from secscan.errors import UsageError
    from secscan.scanners.contract import SERVER
    from secscan.scanners.registry import all_scanners, choose
    from secscan.stores.vault.settings import AuditSettings, VaultSettings
    from secscan.targets.open import TargetRequest

    set_loudness(quiet=quiet, verbose=verbose)
    wanted = Wanted(policy, environment, floor, tuple(waivers or ()), baseline, policy_ref)
    judge = gather(Path(), config, wanted, scanners=tuple(all_scanners()))
    vault = (judge.settings.vault or VaultSettings()).completed(os.environ)
    if not vault.address and vault.auth.method != "agent":
        raise UsageError("no Vault is named", hint="set VAULT_ADDR, or `vault.address` in a file given with --config")
    terms = AuditSettings(
        secret_days=secret_days or vault.audit.secret_days,
        lease_days=lease_days or vault.audit.lease_days,
        owner=vault.audit.owner,
        oldest_version=oldest or vault.audit.oldest_version,
    )
    output = output or Path(judge.settings.output)
    reports = report_files({**REPORTS, **judge.settings.reports}, report or (), output)
    request = pipeline.ScanRequest(
        target=TargetRequest(path=Path(), server=vault.address or vault.auth.socket),
        # Those for files have nothing to do here, and say so: a policy that requires them is content.
        scanners={**choose(()), **choose((), looks_at=SERVER)},
        terms=judge.terms,
        advisories=None,
        vault=replace(vault, audit=terms),
        judged_at=parse_time(at),
        notices=judge.notices,
        pending=judge.pending,
        brought=judge.brought,
        changed=judge.changed,
    )
    remove_earlier(output, reports)
    with show_progress(quiet=quiet) as progress:
        result, judged_by = pipeline.scan_with_terms(request, progress=progress)
    raise typer.Exit(deliver(result, saved(judged_by, judge.pending), output, reports, quiet=quiet))
