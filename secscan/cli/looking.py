"""What `secscan scan` and `secscan merge` do: look at the targets that are asked for, judge them, and deliver."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secscan import pipeline, stopping
from secscan.advisories.store import resolve
from secscan.attest.terms import saved
from secscan.ci.run import ci_run
from secscan.cli import log
from secscan.cli.cache import cache_for
from secscan.cli.deliver import REPORTS, deliver, remove_earlier, report_files
from secscan.cli.judging import Wanted, gather
from secscan.cli.reading import credentials_of
from secscan.cli.several import Place, places_of, within
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

if TYPE_CHECKING:
    from secscan.cache.results import Cache
    from secscan.config import Settings
    from secscan.images.reference import ImageReference
    from secscan.scanners.contract import Scanner
    from secscan.shards.gather import Gathered


@dataclass(frozen=True)
class Asked:
    """What the command line says; see the options of the same names."""

    path: Path | None = None
    policy: str = ""
    output: Path | None = None
    report: tuple[str, ...] = ()
    format_name: str = "terminal"
    staged: bool = False
    diff: str = ""
    history: bool = False
    paths_from: str = ""
    python_environment: Path | None = None
    base_image: str = ""
    newer_base: str = ""
    vault: bool = False
    aws: bool = False
    licences: bool = False
    scanner: tuple[str, ...] = ()
    imports: tuple[Path, ...] = ()
    advisories: str = ""
    config: Path | None = None
    jobs: int | None = None
    timeout: float | None = None
    memory: int | None = None
    cache: Path | None = None
    no_cache: bool = False
    verify_cache: bool = False
    environment: str = ""
    floor: str = ""
    fail_on: str = ""
    waivers: tuple[Path, ...] = ()
    vex: tuple[Path, ...] = ()
    policy_ref: str = ""
    baseline: Path | None = None
    baseline_ref: str = ""
    at: str = ""
    previous: Path | None = None
    quiet: bool = False

    @property
    def where(self) -> Path:
        """What is looked at, where the settings name nothing else."""
        return self.path or Path()

    @property
    def of_git(self) -> bool:
        """Whether something is asked of the one target that an image or a list of targets does not have."""
        given = (self.staged, self.diff, self.history, self.paths_from, self.python_environment, self.baseline_ref)
        return any(given)

    def wanted(self) -> Wanted:
        """Return what is said of the judge. Raises `UsageError`."""
        if self.baseline and self.baseline_ref:
            raise UsageError("--baseline and --baseline-ref exclude each other", hint="give one of them")
        return Wanted(
            self.policy,
            self.environment,
            self.floor,
            self.waivers,
            self.baseline,
            self.policy_ref,
            self.vex,
            self.fail_on,
            baseline_ref=self.baseline_ref,
            staged=self.staged,
            diff=self.diff,
        )

    def target(self, path: Path, settings: Settings) -> TargetRequest:
        """Return which files are looked at."""
        return TargetRequest(
            path=path,
            staged=self.staged,
            diff=self.diff,
            history=self.history,
            paths_from=self.paths_from,
            environment=self.python_environment,
            include=settings.include,
            exclude=settings.exclude,
        )

    def scanners(self, settings: Settings, *, image: bool) -> dict[str, Scanner[Any]]:
        """Return by whom. Raises `UsageError`."""
        return choose(
            tuple(self.scanner or settings.enable),
            without=settings.disable,
            # Old code is not run any more; a secret in it is as good as one of today.
            kind=Kind.SECRET if self.history else None,
            vault=self.vault,
            aws=self.aws,
            licences=self.licences,
            image=image,
        )

    def limits(self, settings: Settings) -> Limits:
        """Return the most that one run of a scanner may take."""
        return Limits(seconds=self.timeout or settings.timeout or 900, megabytes=self.memory or settings.memory or 4096)

    def cores(self, settings: Settings) -> int:
        """Return how many processor cores are used."""
        return (settings.jobs if self.jobs is None else self.jobs) or available_cores()

    def cache_of(self, target: Path | None, settings: Settings) -> contextlib.AbstractContextManager[Cache | None]:
        """Return the cache for a target; see `cache_for`."""
        return cache_for(target, self.cache, wanted=not self.no_cache, verify=self.verify_cache, setting=settings.cache)


def look(asked: Asked, shards: Gathered | None = None) -> int:
    """Scan what is asked for, judge it, write the reports, and return the exit code.

    `shards`: what shards have seen of it. Raises `SecscanError`.
    """
    from secscan.cli.scan import parse_time

    load_format(asked.format_name)
    last = last_of(asked.previous)
    image = image_alone(asked)
    if asked.imports and (asked.history or asked.python_environment):
        raise UsageError(
            "--import needs a target that has the files of the results", hint="scan the tree or image itself"
        )
    # Settings and policy for an image are those of where the user stands: nothing in it has a say.
    top = Path() if image else asked.where
    judge = gather(top, asked.config, asked.wanted(), scanners=tuple(all_scanners()))
    settings = judge.settings
    chosen = places(asked, settings, {"a merge": shards})
    at = parse_time(asked.at)
    with contextlib.ExitStack() as opened:
        index = opened.enter_context(resolve(asked.advisories))
        prepared = []
        for place in chosen:
            found, base, newer = images_of(place.path, asked.base_image, asked.newer_base)
            folder = (asked.output or Path(settings.output)) / place.folder
            request = pipeline.ScanRequest(
                target=asked.target(place.path, settings),
                image=found,
                base_image=base,
                newer_base=newer,
                scanners=asked.scanners(settings, image=found is not None),
                online=os.environ.get("SECSCAN_OSV_URL", "") if settings.online else None,
                vault=(settings.vault or VaultSettings()) if asked.vault else None,
                aws=(settings.aws or AwsSettings()) if asked.aws else None,
                credentials=credentials_of(settings),
                terms=judge.terms,
                baseline_ref=asked.baseline_ref,
                imports=asked.imports,
                pending=judge.pending,
                brought=judge.brought,
                changed=judge.changed,
                counting=judge.counting if len(chosen) == 1 else within(judge.counting, top, place.path),
                advisories=index,
                limits=asked.limits(settings),
                jobs=asked.cores(settings),
                # What shards say counts in place of what is known from earlier.
                cache=None if shards else opened.enter_context(asked.cache_of(None if found else place.path, settings)),
                shards=shards,
                judged_at=at,
                ci=ci_run(os.environ),
                notices=judge.notices,
            )
            prepared.append((request, folder, report_files({**REPORTS, **settings.reports}, asked.report, folder)))
        # Of all before the first is looked at: what stops it must leave no old verdict on the others.
        for _, folder, reports in prepared:
            remove_earlier(folder, reports)
        codes: list[int] = []
        for request, folder, reports in prepared:
            if codes:
                stopping.note(f"{len(codes)} of {len(prepared)} targets were judged; nothing is said of the others")
            with watched(settings.telemetry, quiet=asked.quiet) as watch:
                result, terms = pipeline.scan_with_terms(request, progress=watch.take)
                watch.result = result
            shown = saved(terms, judge.pending)
            codes.append(deliver(result, shown, folder, reports, quiet=asked.quiet, format_name=asked.format_name))
            tell_services(result, settings, last, quiet=asked.quiet)
            log.verdict(result, codes[-1])
    return worst(codes)


def image_alone(asked: Asked) -> ImageReference | None:
    """Return the image that the command line names; None for anything else. Raises `UsageError`."""
    image, *_ = images_of(asked.where, asked.base_image, asked.newer_base)
    if image and asked.of_git:
        raise UsageError("an image has no git, no paths and no environment", hint="scan it without these options")
    return image


def places(asked: Asked, settings: Settings, only_one: Mapping[str, object]) -> tuple[Place, ...]:
    """Return the targets. `only_one`: what besides, where it is given, is about one of them. Raises `UsageError`."""
    of_one = {
        "--baseline": asked.baseline,
        "--import": asked.imports,
        "--previous": asked.previous,
        "--format": asked.format_name != "terminal",
        **only_one,
    }
    forbidden = [name for name, given in of_one.items() if given]
    return places_of(asked.where if asked.of_git else asked.path, settings, forbidden)


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
