"""`secscan scan`: look, judge, report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.deliver import REPORT_HELP, REPORTS, deliver, remove_earlier, report_files
from secscan.cli.options import JUDGE, LIMITS, LOOK, OUTPUT, WITH, Colour, Quiet, Verbose

if TYPE_CHECKING:
    from datetime import datetime

    from secscan.images.reference import ImageReference

FORMAT_HELP = "Print this report on standard output, and only the verdict for people, on standard error."


def scan(
    path: Annotated[Path | None, typer.Argument(help="Folder or file to look at, or an image: image.tar, oci:DIR, oci-archive:FILE, docker-archive:FILE, rootfs:DIR, docker:NAME, podman:NAME; - for standard input.", show_default="the targets of the settings, else the working directory")] = None,
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy: default, strict, advisory, secrets-only, hook, owasp-top-10, pci-dss, eu-cra.", envvar="SECSCAN_POLICY", rich_help_panel=JUDGE)] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for secscan.json, .sarif and .html.", show_default="the working directory", envvar="SECSCAN_OUTPUT", rich_help_panel=OUTPUT)] = None,
    report: Annotated[list[str] | None, typer.Option("--report", metavar="FORMAT[=FILE]", help=REPORT_HELP, rich_help_panel=OUTPUT)] = None,
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=FORMAT_HELP, rich_help_panel=OUTPUT)] = "terminal",
    staged: Annotated[bool, typer.Option("--staged", help="Look at what is staged in git, as it is staged.", rich_help_panel=LOOK)] = False,
    diff: Annotated[str, typer.Option("--diff", metavar="BASE...HEAD", help="Look at what a range of commits changed.", rich_help_panel=LOOK)] = "",
    history: Annotated[bool, typer.Option("--history", help="Look for secrets in everything that was ever committed.", rich_help_panel=LOOK)] = False,
    paths_from: Annotated[str, typer.Option("--paths-from", metavar="FILE", help="Look at the paths listed in FILE (- for standard input), a line each or NUL-separated.", rich_help_panel=LOOK)] = "",
    python_environment: Annotated[Path | None, typer.Option("--python-environment", metavar="DIR", help="Look at what is installed in this Python environment, by its metadata, instead of PATH.", rich_help_panel=LOOK)] = None,
    base_image: Annotated[str, typer.Option("--base-image", metavar="IMAGE", help="The image that the scanned one was built upon, written as that is: tells what comes from it.", rich_help_panel=LOOK)] = "",
    newer_base: Annotated[str, typer.Option("--newer-base", metavar="IMAGE", help="With --base-image: tell what a rebuild on this base would fix.", rich_help_panel=LOOK)] = "",
    vault: Annotated[bool, typer.Option("--vault", help="Ask Vault whether secrets are in use, and references lead anywhere.", rich_help_panel=WITH)] = False,
    aws: Annotated[bool, typer.Option("--aws", help="Ask AWS Secrets Manager and Parameter Store whether secrets are in use.", rich_help_panel=WITH)] = False,
    licences: Annotated[bool, typer.Option("--licences", help="Report the licence of every package, for policies that judge it.", rich_help_panel=WITH)] = False,
    scanner: Annotated[list[str] | None, typer.Option("--scanner", "-s", help="Use only this scanner; may be repeated.", rich_help_panel=WITH)] = None,
    imports: Annotated[list[Path] | None, typer.Option("--import", metavar="FILE", help="Results of another scanner (SARIF, CycloneDX, GitLab, DefectDojo, secscan.json) as one more source; may be repeated.", rich_help_panel=WITH)] = None,
    advisories: Annotated[str, typer.Option("--advisories", metavar="demo|FILE", help="Advisory index to use instead of your own.", rich_help_panel=WITH)] = "",
    config: Annotated[Path | None, typer.Option("--config", help="Settings file instead of the target's secscan.yaml.", rich_help_panel=JUDGE)] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=0, help="Processor cores to use; 0 for all.", show_default="all", envvar="SECSCAN_JOBS", rich_help_panel=LIMITS)] = None,
    timeout: Annotated[float | None, typer.Option("--timeout", min=1, metavar="SECONDS", help="Most time for one run of a scanner.", show_default="900", envvar="SECSCAN_TIMEOUT", rich_help_panel=LIMITS)] = None,
    memory: Annotated[int | None, typer.Option("--memory", min=64, metavar="MB", help="Most memory for one run of a scanner.", show_default="4096", envvar="SECSCAN_MEMORY", rich_help_panel=LIMITS)] = None,
    cache: Annotated[Path | None, typer.Option("--cache", metavar="DIR", help="Keep what is said of each file here, and do not look again at what is known.", show_default="your own", rich_help_panel=LIMITS)] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Look at every file, and keep nothing.", rich_help_panel=LIMITS)] = False,
    verify_cache: Annotated[bool, typer.Option("--verify-cache", help="Look again at some of the files that are known; a difference makes the scan incomplete.", rich_help_panel=LIMITS)] = False,
    environment: Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="Judge by this environment of the policy.", envvar="SECSCAN_ENVIRONMENT", rich_help_panel=JUDGE)] = "",
    floor: Annotated[str, typer.Option("--floor", metavar="POLICY", help="A policy below which the other may not go.", envvar="SECSCAN_FLOOR", rich_help_panel=JUDGE)] = "",
    fail_on: Annotated[str, typer.Option("--fail-on", metavar="SEVERITY", help="Block what is as severe as this or worse, too: critical, high, medium, low or info.", rich_help_panel=JUDGE)] = "",
    waivers: Annotated[list[Path] | None, typer.Option("--waivers", metavar="FILE", help="Waivers that count; may be repeated.", rich_help_panel=JUDGE)] = None,
    vex: Annotated[list[Path] | None, typer.Option("--vex", metavar="FILE", help="VEX document (OpenVEX, CycloneDX) whose statements count as waivers; may be repeated.", rich_help_panel=JUDGE)] = None,
    policy_ref: Annotated[str, typer.Option("--policy-ref", metavar="REF", help="Take policy, waivers and settings from this commit.", show_default="the base, in a pull request", rich_help_panel=JUDGE)] = "",
    baseline: Annotated[Path | None, typer.Option("--baseline", metavar="FILE", help="What was there before (`secscan baseline write`), or the base's secscan.json.", rich_help_panel=JUDGE)] = None,
    baseline_ref: Annotated[str, typer.Option("--baseline-ref", metavar="REF", help="Scan this commit, too, as the baseline.", rich_help_panel=JUDGE)] = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Judge as at this time (RFC 3339).", show_default="now", rich_help_panel=JUDGE)] = "",
    previous: Annotated[Path | None, typer.Option("--previous", metavar="FILE", help="Saved scan to compare with, for services that are told of a change.", show_default="what was told last", rich_help_panel=OUTPUT)] = None,
    log_format: Annotated[str, typer.Option("--log-format", metavar="text|json", help="How standard error speaks; json: a JSON object per line, the verdict last.", rich_help_panel=OUTPUT)] = "text",
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Colour = "auto",  # noqa: ARG001 - its callback has acted
) -> None:  # fmt: skip
    """Look at a source tree or an image, judge what is found by a policy, and write the reports.

    Exits 0 passed, 1 failed, 2 usage or configuration, 3 incomplete.
    """
    import contextlib

    from secscan import pipeline, stopping
    from secscan.advisories.store import resolve
    from secscan.attest.terms import saved
    from secscan.ci.run import ci_run
    from secscan.cli import log
    from secscan.cli.cache import cache_for
    from secscan.cli.judging import Wanted, gather
    from secscan.cli.reading import credentials_of
    from secscan.cli.say import set_loudness
    from secscan.cli.several import places_of, within
    from secscan.cli.telling import last_of, tell_services
    from secscan.cli.watching import watched
    from secscan.errors import UsageError
    from secscan.findings.levels import Kind
    from secscan.gate.exit import worst
    from secscan.process import Limits
    from secscan.reports.contract import load_format
    from secscan.scanners.registry import all_scanners, choose
    from secscan.scanners.runner import available_cores
    from secscan.stores.aws.settings import AwsSettings
    from secscan.stores.vault.settings import VaultSettings
    from secscan.targets.open import TargetRequest

    log.choose(log_format)
    set_loudness(quiet=quiet, verbose=verbose)
    load_format(format_name)
    last = last_of(previous)
    if baseline and baseline_ref:
        raise UsageError("--baseline and --baseline-ref exclude each other", hint="give one of them")
    where = path or Path()
    image, base, newer = images_of(where, base_image, newer_base)
    if image and (staged or diff or history or paths_from or python_environment or baseline_ref):
        raise UsageError("an image has no git, no paths and no environment", hint="scan it without these options")
    if imports and (history or python_environment):
        raise UsageError(
            "--import needs a target that has the files of the results", hint="scan the tree or image itself"
        )
    wanted = Wanted(
        policy,
        environment,
        floor,
        tuple(waivers or ()),
        baseline,
        policy_ref,
        tuple(vex or ()),
        fail_on,
        baseline_ref=baseline_ref,
        staged=staged,
        diff=diff,
    )
    # Settings and policy for an image are those of where the user stands: nothing in it has a say.
    top = Path() if image else where
    judge = gather(top, config, wanted, scanners=tuple(all_scanners()))
    settings = judge.settings
    of_one = {
        "--baseline": baseline,
        "--import": imports,
        "--previous": previous,
        "--format": format_name != "terminal",
    }
    of_git = staged or diff or history or paths_from or python_environment or baseline_ref
    places = places_of(where if of_git else path, settings, [name for name, given in of_one.items() if given])
    prepared = []
    with contextlib.ExitStack() as opened:
        index = opened.enter_context(resolve(advisories))
        for place in places:
            if path is None:
                image, base, newer = images_of(place.path, base_image, newer_base)
            folder = (output or Path(settings.output)) / place.folder
            reports = report_files({**REPORTS, **settings.reports}, report or (), folder)
            asked = cache_for(
                None if image else place.path, cache, wanted=not no_cache, verify=verify_cache, setting=settings.cache
            )
            request = pipeline.ScanRequest(
                target=TargetRequest(
                    path=place.path,
                    staged=staged,
                    diff=diff,
                    history=history,
                    paths_from=paths_from,
                    environment=python_environment,
                    include=settings.include,
                    exclude=settings.exclude,
                ),
                image=image,
                base_image=base,
                newer_base=newer,
                # Old code is not run any more; a secret in it is as good as one of today.
                scanners=choose(
                    tuple(scanner or settings.enable),
                    without=settings.disable,
                    kind=Kind.SECRET if history else None,
                    vault=vault,
                    aws=aws,
                    licences=licences,
                    image=image is not None,
                ),
                online=os.environ.get("SECSCAN_OSV_URL", "") if settings.online else None,
                vault=(settings.vault or VaultSettings()) if vault else None,
                aws=(settings.aws or AwsSettings()) if aws else None,
                credentials=credentials_of(settings),
                terms=judge.terms,
                baseline_ref=baseline_ref,
                imports=tuple(imports or ()),
                pending=judge.pending,
                brought=judge.brought,
                changed=judge.changed,
                counting=judge.counting if len(places) == 1 else within(judge.counting, top, place.path),
                advisories=index,
                limits=Limits(seconds=timeout or settings.timeout or 900, megabytes=memory or settings.memory or 4096),
                jobs=(settings.jobs if jobs is None else jobs) or available_cores(),
                cache=opened.enter_context(asked),
                judged_at=parse_time(at),
                ci=ci_run(os.environ),
                notices=judge.notices,
            )
            prepared.append((request, folder, reports))
        # Of all before the first is looked at: what stops it must leave no old verdict on the others.
        for _, folder, reports in prepared:
            remove_earlier(folder, reports)
        codes: list[int] = []
        for request, folder, reports in prepared:
            if codes:
                stopping.note(f"{len(codes)} of {len(prepared)} targets were judged; nothing is said of the others")
            with watched(settings.telemetry, quiet=quiet) as watch:
                result, terms = pipeline.scan_with_terms(request, progress=watch.take)
                watch.result = result
            shown = saved(terms, judge.pending)
            codes.append(deliver(result, shown, folder, reports, quiet=quiet, format_name=format_name))
            tell_services(result, settings, last, quiet=quiet)
            log.verdict(result, codes[-1])
    raise typer.Exit(worst(codes))


def images_of(path: Path, base: str, newer: str) -> tuple[ImageReference | None, ...]:
    """Return the image that a path names, its base, and another base; None where there is none. Raises `UsageError`."""
    from secscan.errors import UsageError
    from secscan.images.reference import parse_reference

    image = parse_reference(str(path))
    bases = []
    for option, text in (("--base-image", base), ("--newer-base", newer)):
        found = parse_reference(text) if text else None
        if text and found is None:
            raise UsageError(f"{option} {text} is no image", hint="write it like the image that is scanned")
        if text and image is None:
            raise UsageError(f"{path} is no image, and so has no base", hint=f"leave {option} out")
        bases.append(found)
    if newer and not base:
        raise UsageError("--newer-base needs --base-image", hint="without it nobody knows what the base brought")
    return (image, *bases)


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
