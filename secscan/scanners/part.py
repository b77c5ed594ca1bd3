"""What one shard does: the scanners whose work can be cut look at its part of the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from secscan import __version__
from secscan.cache.results import Cache
from secscan.findings.levels import RunStatus
from secscan.process import Limits
from secscan.progress import Stage, Watcher
from secscan.scanners.contract import Scanner, Setup, no_credentials
from secscan.scanners.kept import as_shown
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.sharded import is_cut
from secscan.scanners.workspace import Workspace
from secscan.secrets.collect import collect
from secscan.secrets.scrub import Scrubber
from secscan.shards.cut import Shard, cut
from secscan.shards.document import Look, ShardResult, Trouble
from secscan.shards.record import Recorder
from secscan.targets.contract import Target
from secscan.targets.open import TargetRequest, commit_of, open_target
from secscan.targets.part import PartOfTarget


@dataclass(frozen=True)
class PartRequest:
    """What a shard looks at, and with what. The fields are those of `pipeline.ScanRequest`."""

    target: TargetRequest
    shard: Shard
    scanners: Mapping[str, Scanner[Any]]
    baseline_ref: str = ""
    credentials: Callable[[str], Mapping[str, str]] = no_credentials
    limits: Limits = field(default_factory=Limits)
    jobs: int = 1
    cache: Cache | None = None


@dataclass(frozen=True)
class PartSeen:
    """What a shard has done."""

    result: ShardResult
    files: int
    """How many files of the target were its part."""
    of: int
    """How many the target has."""
    troubled: Mapping[str, str]
    """Scanners that could not look at everything, and why."""


def look_at_part(request: PartRequest, *, progress: Watcher) -> PartSeen:
    """Look at a shard's part of the target, and of its baseline. Raises `TargetError` where one cannot be opened."""
    scanners = {name: one for name, one in request.scanners.items() if is_cut(one)}
    wanted = [("", request.target)]
    if request.baseline_ref:
        wanted.append((f"the baseline {request.baseline_ref}", commit_of(request.target, request.baseline_ref)))
    looks: list[Look] = []
    counts: list[tuple[int, int]] = []
    troubled: dict[str, str] = {}
    for name, target in wanted:
        progress(Stage("listing files", part=name))
        with open_target(target) as opened:
            part = PartOfTarget(opened, cut(opened.files, request.shard.count)[request.shard.number - 1])
            counts.append((len(part.files), len(opened.files)))
            look = _look(request, scanners, part, name, progress)
        troubled |= {one.scanner: trouble.message for one in look.parts for trouble in one.trouble}
        if look.digest not in {one.digest for one in looks}:
            looks.append(look)
    shard = request.shard
    result = ShardResult(secscan=__version__, number=shard.number, count=shard.count, looks=tuple(looks))
    return PartSeen(result, *counts[0], troubled)


def _look(
    request: PartRequest, scanners: Mapping[str, Scanner[Any]], part: Target, name: str, progress: Watcher
) -> Look:
    recorder = Recorder(request.cache)
    with Workspace(part) as space:
        setup = Setup(
            target=part,
            limits=request.limits,
            credentials=request.credentials,
            jobs=request.jobs,
            place=space.place,
            cells=space.code,
        )
        progress(Stage("scanning", part=name))
        outcomes = run_scanners(scanners, setup, cache=recorder, progress=progress)
        changed = frozenset(gap.subject for gap in space.verify())
        recorder.keep(part.read, changed=changed)
        secrets = [
            known
            for outcome in outcomes
            for known in collect(outcome.findings, as_shown(scanners[outcome.run.scanner], part.files, setup))
        ]
        scrubber = Scrubber(secrets)
        parts = tuple(
            recorder.part(
                outcome.run.scanner,
                changed=changed,
                trouble=_trouble(outcome, scrubber),
                seconds=outcome.timing.seconds,
            )
            for outcome in outcomes
        )
    return Look(digest=part.info.digest, kind=part.info.kind, revision=part.info.revision, parts=parts)


def _trouble(outcome: Outcome, scrubber: Scrubber) -> tuple[Trouble, ...]:
    """Why a scanner failed; its hint may quote what the tool wrote."""
    if outcome.run.status is not RunStatus.FAILED:
        return ()
    return (Trouble(message=scrubber.scrub(outcome.run.reason), hint=scrubber.scrub(outcome.run.hint)),)
