"""Runs scanners on a target: needs, pieces in parallel, evidence, and how each ended as a value."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secscan import leftovers, process
from secscan.cache.results import Memory
from secscan.errors import Interrupted, VaultError
from secscan.findings.levels import GapKind, Kind, RunStatus
from secscan.findings.model import Finding, Gap, Notice, ScannerRun
from secscan.findings.scan import AdvisoryState, ScannerTiming
from secscan.progress import Progress
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import Plan, Report, Scanner, ScannerError, Setup
from secscan.scanners.kept import Kept, recall
from secscan.scanners.programs import find_programs
from secscan.scanners.schedule import Job, free_megabytes, run_jobs
from secscan.stopping import awake

if TYPE_CHECKING:
    from secscan.shards.gather import Told

NOTHING_TO_DO = "nothing in the target concerns it"
ONLY_GAPS = "of what concerns it in the target it could look at nothing"


@dataclass(frozen=True)
class Outcome:
    """How one scanner ended, and what it saw."""

    run: ScannerRun
    timing: ScannerTiming
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    notices: tuple[Notice, ...] = ()
    """What it has to say besides."""
    packages: frozenset[str] = frozenset()
    """The packages that were counted for it, where it looks at packages."""
    advisories: tuple[AdvisoryState, ...] = ()
    """How old its own advisories are, where it brings them."""
    selected: frozenset[str] = frozenset()
    """What was counted for it; see `Plan.selected`."""
    looked_at: frozenset[str] = frozenset()
    """The part of that which it proved to have looked at."""


@dataclass
class _Work:
    """One scanner's work while it goes on."""

    scanner: Scanner[Any]
    setup: Setup
    plan: Plan[Any]
    kept: Kept | None = None
    reports: list[Report] = field(default_factory=list)
    errors: list[ScannerError] = field(default_factory=list)
    began: dict[int, float] = field(default_factory=dict)
    """When each piece that runs began."""
    done: int = 0
    """Pieces that have ended."""
    seconds: float = 0.0
    peak: float = 0.0

    @property
    def progress(self) -> Progress:
        return Progress(
            self.scanner.name,
            "running",
            done=self.done,
            pieces=len(self.plan.pieces),
            since=min(tuple(self.began.values()), default=0.0),
            limit=self.setup.limits.seconds,
        )


def _nobody_watches(_event: Progress) -> None:
    """Take a progress event and do nothing."""


def run_scanners(
    scanners: Mapping[str, Scanner[Any]],
    setup: Setup,
    *,
    cache: Memory | None = None,
    told: Told | None = None,
    progress: Callable[[Progress], None] = _nobody_watches,
) -> tuple[Outcome, ...]:
    """Run every scanner on `setup.target` and return how each ended, in the order of their names.

    What the cache knows of a file is not asked again; it remembers what is said now, and the caller has it kept.
    `told`: what shards have seen of the files, which then counts in its place.

    One scanner's failure never stops another, and findings of the pieces that worked are kept. Raises
    `Interrupted` on Ctrl-C, after everything that was started has been ended.
    """
    outcomes: dict[str, Outcome] = {}
    works: dict[str, _Work] = {}
    for name, scanner in scanners.items():
        prepared = _prepare(scanner, setup, cache, told)
        if isinstance(prepared, Outcome):
            outcomes[name] = prepared
            progress(Progress(name, prepared.run.status, detail=prepared.run.reason))
        else:
            works[name] = prepared
            progress(Progress(name, "planned", pieces=len(prepared.plan.pieces)))
    for name in _run_pieces(works, setup.jobs, progress):
        outcomes[name] = _outcome(works[name])
        run, seconds = outcomes[name].run, outcomes[name].timing.seconds
        progress(Progress(name, run.status, seconds=seconds, detail=run.reason))
    return tuple(outcomes[name] for name in scanners)


def available_cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare(scanner: Scanner[Any], common: Setup, cache: Memory | None, told: Told | None) -> _Work | Outcome:
    """Check the needs and plan; an `Outcome` where there is nothing to run."""
    started = time.monotonic()
    kept = _recalled(scanner, common, cache, told) if isinstance(scanner, FileScanner) else None
    try:
        plan = kept.plan(common) if kept else scanner.plan(common)
    except ScannerError as error:
        return _failed(scanner, error)
    if not plan.pieces and not (kept and (kept.known or kept.trouble)):
        run = ScannerRun(
            scanner=scanner.name,
            status=RunStatus.SKIPPED,
            kinds=scanner.kinds,
            reason=ONLY_GAPS if plan.gaps else NOTHING_TO_DO,
            idle=not plan.gaps,
        )
        return Outcome(run=run, gaps=plan.gaps, timing=ScannerTiming(scanner=scanner.name, seconds=0.0))
    try:
        programs = _programs(scanner, common)
    except ScannerError as error:
        return _failed(scanner, error, plan)
    for needed, given, store, option in (
        (scanner.needs.vault, common.vault, "Vault", "--vault"),
        (scanner.needs.aws, common.aws, "AWS", "--aws"),
    ):
        if needed and given is None:
            unwanted = ScannerError(f"nobody said that {store} may be asked", hint=f"scan with {option}")
            return _failed(scanner, unwanted, plan)
    setup = replace(common, programs=programs)
    trouble = list(kept.trouble) if kept else []
    seconds = time.monotonic() - started + (kept.seconds if kept else 0.0)
    return _Work(scanner=scanner, setup=setup, plan=plan, kept=kept, errors=trouble, seconds=seconds)


def _recalled(scanner: FileScanner, common: Setup, cache: Memory | None, told: Told | None) -> Kept | None:
    """What is known of a scanner's files; None where its programs are missing, which is told when they are needed."""
    if cache is None and told is None:
        return None
    try:
        programs = _programs(scanner, common)
    except ScannerError:
        return None
    setup = replace(common, programs=programs)
    if told is not None:
        from secscan.scanners.sharded import recall_from_shards  # few scans are merged

        return recall_from_shards(scanner, told, setup)
    return recall(scanner, cache, setup) if cache else None


def _programs(scanner: Scanner[Any], setup: Setup) -> dict[str, Path]:
    return find_programs(scanner, (setup.target.origin, setup.target.root, Path.cwd()))


def _failed(scanner: Scanner[Any], error: ScannerError, plan: Plan[Any] | None = None) -> Outcome:
    run = ScannerRun(
        scanner=scanner.name,
        status=RunStatus.FAILED,
        kinds=scanner.kinds,
        reason=error.message,
        hint=error.hint,
        selected=len(plan.selected) if plan else 0,
    )
    timing = ScannerTiming(scanner=scanner.name, seconds=0.0)
    if plan is None:
        return Outcome(run=run, timing=timing)
    return Outcome(run=run, gaps=plan.gaps, timing=timing, selected=plan.selected)


def _run_pieces(works: Mapping[str, _Work], jobs: int, progress: Callable[[Progress], None]) -> Iterator[str]:
    """Run all pieces, and yield the name of each scanner once it has ended; at once, where everything is known."""
    todo = [
        Job((name, number, piece), work.scanner.seconds(piece), work.scanner.megabytes)
        for name, work in works.items()
        for number, piece in enumerate(work.plan.pieces)
    ]
    yield from [name for name, work in works.items() if not work.plan.pieces]

    def run(one: tuple[str, int, Any]) -> tuple[Report, float, float]:
        name, number, piece = one
        return _run_piece(works[name], number, piece, progress)

    # One worker more than cores: a scanner that waits for its child's start leaves a core idle.
    workers = jobs + 1
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="secscan")
    try:
        for (name, _, piece), future in run_jobs(todo, run, pool, workers=workers, megabytes=free_megabytes()):
            work = works[name]
            _take(future, work, piece)
            progress(work.progress)
            if work.done == len(work.plan.pieces):
                yield name
    except KeyboardInterrupt:
        leftovers.stop_all()
        raise Interrupted("stopped; every scanner that was running has been ended") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_piece(
    work: _Work, number: int, piece: Any, progress: Callable[[Progress], None]
) -> tuple[Report, float, float]:
    scanner, setup = work.scanner, work.setup
    work.began[number] = awake()
    progress(work.progress)
    try:
        with process.lending(setup.credentials(scanner.name)):
            ended = scanner.run(piece, setup)
    except process.StartError as error:
        raise ScannerError(str(error), hint=scanner.install_hint) from error
    except VaultError as error:
        raise ScannerError(f"a credential of its own could not be read: {error.message}", hint=error.hint) from error
    finally:
        del work.began[number]
    return scanner.parse(ended, piece), ended.seconds, ended.peak_megabytes


def _take(future: Future[tuple[Report, float, float]], work: _Work, piece: Any) -> None:
    work.done += 1
    try:
        report, seconds, peak = future.result()
    except ScannerError as error:
        work.errors.append(error)
        return
    work.seconds += seconds
    work.peak = max(work.peak, peak)
    if report.control:
        work.reports.append(report)
        try:
            if work.kept:
                work.kept.take(report, piece)
        except ScannerError as error:
            work.errors.append(error)
    else:
        # A scanner that misses what it must find has not looked, whatever it says; what it did find is kept.
        work.reports.append(replace(report, looked_at=frozenset()))
        work.errors.append(
            ScannerError(
                "it did not find its positive control, so it did not scan",
                hint=f"see `secscan doctor`; {work.scanner.install_hint}",
            )
        )


def _outcome(work: _Work) -> Outcome:
    """Hold what was looked at against what was planned, and say how the scanner ended."""
    scanner, plan = work.scanner, work.plan
    if work.kept:
        work.reports.append(work.kept.report())
    looked_at = frozenset[str]().union(*(report.looked_at for report in work.reports)) & plan.selected
    gaps = [*plan.gaps, *(gap for report in work.reports for gap in report.gaps)]
    explained = {gap.subject for gap in gaps}
    if not work.errors:
        gaps += [
            Gap(
                scanner=scanner.name,
                kind=GapKind.NOT_SEEN,
                subject=subject,
                detail=f"{scanner.name} was given this and said nothing of it",
            )
            for subject in sorted(plan.selected - looked_at - explained)
        ]
    reasons = list(dict.fromkeys(error.message for error in work.errors))
    hints = list(dict.fromkeys(error.hint or scanner.install_hint for error in work.errors))
    run = ScannerRun(
        scanner=scanner.name,
        status=RunStatus.FAILED if work.errors else RunStatus.COMPLETED,
        kinds=scanner.kinds,
        version=work.kept.scope.version if work.kept else scanner.version(work.setup),
        reason="; ".join(reasons),
        hint="; ".join(hints[:2]),
        selected=len(plan.selected),
        looked_at=len(looked_at),
        control=not work.errors,
        rules_digest=scanner.rules_digest(work.setup),
    )
    timing = ScannerTiming(
        scanner=scanner.name,
        seconds=round(work.seconds, 3),
        peak_megabytes=round(work.peak, 1),
        program=" ".join(str(path) for path in work.setup.programs.values()),
        kept=work.kept.from_earlier_scans if work.kept else 0,
    )
    findings = tuple(finding for report in work.reports for finding in report.findings)
    packages = work.plan.selected if Kind.DEPENDENCY in work.scanner.kinds else frozenset()
    notices = tuple(notice for report in work.reports for notice in report.notices)
    own = dict.fromkeys(state for report in work.reports for state in report.advisories)
    return Outcome(
        run=run,
        timing=timing,
        findings=findings,
        gaps=tuple(gaps),
        notices=notices,
        packages=packages,
        advisories=tuple(own),
        selected=plan.selected,
        looked_at=looked_at,
    )
