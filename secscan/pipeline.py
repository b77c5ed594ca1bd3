"""The stages in order: targets -> scanners -> findings -> correlate -> policy -> gate.

Reports are made from the value this returns; nothing here writes a file.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from secscan import __version__
from secscan.cache.results import Cache
from secscan.correlate.imported import with_imported
from secscan.correlate.merge import merge
from secscan.correlate.rebuild import rebuild
from secscan.correlate.values import one_per_secret
from secscan.findings.fingerprint import with_fingerprints
from secscan.findings.levels import Action
from secscan.findings.model import Finding, Gap, ImageInfo, Notice, at_each_place
from secscan.findings.scan import FORMAT, RunInfo, Scan, timestamp
from secscan.gate.weakening import Terms, weakening
from secscan.images.reference import ImageReference
from secscan.leftovers import private_folder
from secscan.memo import Memo
from secscan.policy.baseline import Baseline, baseline_of
from secscan.policy.known import Values, joined_baselines, without_other_values
from secscan.policy.model import Waiver
from secscan.process import Limits
from secscan.progress import Stage, Watcher
from secscan.scanners.ages import ages_of
from secscan.scanners.believed import believed
from secscan.scanners.contract import Scanner, Setup, no_credentials
from secscan.scanners.coverage import coverage_of
from secscan.scanners.kept import facts
from secscan.scanners.leaks import organisation_key, random_key
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.unparsable import explain_unparsable
from secscan.scanners.workspace import Workspace
from secscan.secrets.scrub import scrub_findings, scrub_scan
from secscan.stores.aws.settings import AwsSettings
from secscan.stores.vault.settings import VaultSettings
from secscan.targets.contract import Target
from secscan.targets.notices import scanner_settings_that_count
from secscan.targets.open import TargetRequest, base_of, commit_of, open_target, renames_since
from secscan.targets.ranges import Span

if TYPE_CHECKING:
    from secscan.images.reading import Image
    from secscan.shards.gather import Gathered


@dataclass(frozen=True)
class ScanRequest:
    """What to scan, with what, judged by what."""

    target: TargetRequest
    """Which files; of no account where an image is scanned."""
    scanners: dict[str, Scanner[Any]]
    terms: Terms
    """Policy, waivers and baseline."""
    advisories: Path | None
    """The advisory index; None where there is none."""
    image: ImageReference | None = None
    """The image that is scanned instead of files."""
    base_image: ImageReference | None = None
    """The image that it was built upon."""
    newer_base: ImageReference | None = None
    """Another base, of which a scan tells what a rebuild on it would change."""
    online: str | None = None
    """See `scanners.contract.Setup`."""
    vault: VaultSettings | None = None
    """How Vault is reached and asked; None where it is not."""
    aws: AwsSettings | None = None
    """The same for AWS."""
    credentials: Callable[[str], Mapping[str, str]] = no_credentials
    """See `scanners.contract.Setup`."""
    limits: Limits = field(default_factory=Limits)
    imports: tuple[Path, ...] = ()
    """Files with results of other scanners, which the caller names."""
    jobs: int = 1
    cache: Cache | None = None
    """What is known of files from earlier scans, and where what is seen now is kept; None for neither."""
    shards: Gathered | None = None
    """What shards have seen of the files, each of its part: the rest is looked at here. None where there are none."""
    judged_at: datetime | None = None
    """Time of judgement; now, if not given."""
    ci: str = ""
    """Address of the CI run, where it is one."""
    notices: tuple[Notice, ...] = ()
    """What the reader should know besides, such as settings of the tree that do not count."""
    baseline_ref: str = ""
    """A commit that is scanned too, to be the baseline."""
    known_in: Span | None = None
    """Of a target that is a change: what its files were before is the baseline, and is scanned only where the policy
    would block something without."""
    values_key: str = field(default_factory=random_key, repr=False)
    """See `scanners.contract.Setup`; the same for all that is compared."""
    pending: tuple[Waiver, ...] = ()
    """Waivers that the change that is judged brings along, and which do not count yet."""
    brought: Terms | None = None
    """What the change would rather be judged by; None where that is the same."""
    changed: tuple[str, ...] = ()
    """The files by which it does."""
    counting: frozenset[str] = frozenset()
    """Files of scanners' settings in the target that count, since the policy lists them."""


def scan(request: ScanRequest, *, progress: Watcher) -> Scan:
    """Scan, correlate, judge, and return the saved scan."""
    return scan_with_terms(request, progress=progress)[0]


def scan_with_terms(request: ScanRequest, *, progress: Watcher) -> tuple[Scan, Terms]:
    """Return the saved scan, and what it was judged by: with the baseline, where that was scanned for it."""
    seen, values = _look(request, progress)
    if request.newer_base:
        seen = _rebuilt(seen, request, request.newer_base, progress)
    terms, brought = request.terms, request.brought
    baseline = None
    if request.baseline_ref:
        baseline = _baseline(request, values, progress)
    elif request.known_in is not None:
        baseline = _known(request, request.known_in, seen, values, progress)
    if baseline is not None:
        terms, brought = replace(terms, baseline=baseline), replace(brought, baseline=baseline) if brought else None
    progress(Stage("judging"))
    at = request.judged_at or datetime.now(UTC)
    if brought is not None:
        weaker = weakening(seen, terms, brought, at, files=request.changed)
        seen = msgspec.structs.replace(seen, findings=(*seen.findings, weaker)) if weaker else seen
    return terms.judged(seen, at, request.pending), terms


def _baseline(request: ScanRequest, values: Values, progress: Watcher) -> Baseline:
    """What the base has, seen by the scanners of today: so nothing that only they see is blamed on the change.

    Its files are those that it has, whatever part of the target is scanned.
    """
    wanted = commit_of(request.target, request.baseline_ref)
    part = f"the baseline {request.baseline_ref}"
    base, before = _look(replace(request, target=wanted, notices=(), imports=()), progress, part)
    found = without_other_values(baseline_of(base), values, before)
    return msgspec.structs.replace(found, renames=renames_since(request.target.path, base.target.revision))


def _known(request: ScanRequest, span: Span, seen: Scan, values: Values, progress: Watcher) -> Baseline | None:
    """What stood before in the files that have what would be blocked; None where nothing would, or nothing came before.

    Nobody waits for a second scan of what passes anyway.
    """
    judgement = request.terms.judged(seen, request.judged_at or datetime.now(UTC), request.pending).judgement
    blocked = {one.fingerprint for one in judgement.decisions if one.action is Action.BLOCK} if judgement else set()
    paths = {one.location.path for one in at_each_place(seen.findings) if one.fingerprint in blocked}
    parts = []
    for commit in span.bases if paths else ():
        base = base_of(request.target, span, commit, paths)
        earlier = replace(request, target=base.request, notices=(), imports=())
        before, values_before = _look(earlier, progress, "what stood there before")
        part = without_other_values(baseline_of(before), values, values_before)
        parts.append(msgspec.structs.replace(part, renames=base.renames))
    return joined_baselines(parts) if parts else None


def _rebuilt(seen: Scan, request: ScanRequest, newer: ImageReference, progress: Watcher) -> Scan:
    """The scan of an image, with what a rebuild on another base would change."""
    name = f"{newer.kind}:{newer.place}"
    other, _ = _look(
        replace(request, image=newer, base_image=None, notices=(), imports=()), progress, f"the base {name}"
    )
    image = msgspec.structs.replace(seen.target.image or ImageInfo(), rebuild=rebuild(seen, other, name))
    return msgspec.structs.replace(seen, target=msgspec.structs.replace(seen.target, image=image))


def _look(request: ScanRequest, progress: Watcher, part: str = "") -> tuple[Scan, Values]:
    """Scan and correlate. `part`: see `Stage`. Also returns which value each secret has, by its fingerprint; see
    `Finding.same`."""
    started, clock = datetime.now(UTC), time.monotonic()
    with _opened(request, request.values_key, progress, part) as (target, image), Workspace(target) as space:
        setup = Setup(
            target=target,
            image=image,
            limits=request.limits,
            advisories=request.advisories,
            online=request.online,
            vault=request.vault,
            aws=request.aws,
            credentials=request.credentials,
            jobs=request.jobs,
            place=space.place,
            cells=space.code,
            values_key=request.values_key,
        )
        # Read before anything is run: a file that cannot be imported must not cost a scan.
        imported = _imported(request.imports, target)
        told = request.shards.of(target) if request.shards else None
        progress(Stage("scanning", part=part))
        own = run_scanners(request.scanners, setup, cache=request.cache, told=told, progress=progress)
        progress(Stage("bringing results together", part=part))
        memo = facts(request.cache, target)
        own = believed(own, request.scanners, target, memo)
        outcomes = (*own, *imported)
        changed = space.verify()
        if request.cache:
            request.cache.keep(target.read, changed=frozenset(gap.subject for gap in changed))
        # What an image hides is told whichever scanners are asked.
        unread = image.reading.gaps if image else ()
        not_told = told.gaps if told else ()
        gaps = [*target.gaps, *unread, *not_told, *(gap for outcome in outcomes for gap in outcome.gaps), *changed]
        covered = coverage_of(target, own)
        findings = _correlated(_in_context(request.scanners, own, setup, memo), imported, target)
        seen = Scan(
            format=FORMAT,
            secscan=__version__,
            target=target.info,
            scanners=tuple(outcome.run for outcome in outcomes),
            findings=one_per_secret(findings),
            gaps=_sorted_gaps(explain_unparsable(gaps, target)),
            notices=(
                *request.notices,
                *scanner_settings_that_count(target.notices, request.counting),
                *(notice for outcome in outcomes for notice in outcome.notices),
            ),
            files=covered.files,
            coverage=covered.rows,
            advisories=ages_of(request.advisories, outcomes),
            packages=tuple(sorted({package for outcome in outcomes for package in outcome.packages})),
        )
        clean = scrub_scan(seen, target.read, memo)
    run = RunInfo(
        started=timestamp(started),
        judged_at="",
        seconds=round(time.monotonic() - clock, 3),
        root=str(target.origin),
        ci=request.ci,
        python=sys.version.split(maxsplit=1)[0],
        platform=_platform(),
        timings=tuple(outcome.timing for outcome in outcomes),
    )
    return msgspec.structs.replace(clean, run=run), {one.fingerprint: one.same for one in findings if one.same}


def _platform() -> str:
    """System, release and machine, and the C library where it tells. `platform` starts a program to know the first."""
    system = os.uname()
    with contextlib.suppress(ValueError, OSError):
        libc = (os.confstr("CS_GNU_LIBC_VERSION") or "").replace(" ", "")
        return f"{system.sysname}-{system.release}-{system.machine}-with-{libc}"
    return f"{system.sysname}-{system.release}-{system.machine}"


@contextlib.contextmanager
def _opened(
    request: ScanRequest, values_key: str, progress: Watcher, part: str
) -> Iterator[tuple[Target, Image | None]]:
    """The target, and what was read of it where it is an image."""
    if request.image is None:
        progress(Stage("listing files", part=part))
        copying = Stage("copying out of git", unit="files", part=part)
        with open_target(
            request.target, told=lambda done, total: progress(replace(copying, done=done, total=total))
        ) as target:
            yield target, None
        return
    from secscan.images.open import opened_image
    from secscan.images.target import target_of

    reading = Stage("reading the image", unit="bytes", part=part)
    progress(reading)
    keys = {"key": organisation_key(), "values_key": values_key}
    with (
        opened_image(
            request.image,
            request.limits,
            base=request.base_image,
            told=lambda count: progress(replace(reading, done=count)),
            **keys,
        ) as image,
        private_folder() as folder,
    ):
        yield target_of(image, folder), image


def _in_context(
    scanners: dict[str, Scanner[Any]], outcomes: tuple[Outcome, ...], setup: Setup, memo: Memo
) -> tuple[Finding, ...]:
    """Findings of all scanners with columns in characters, statement, snippet and markers."""
    if not any(outcome.findings for outcome in outcomes):
        return ()
    from secscan.scanners.in_context import in_context  # lexers, which a clean scan does not need

    return in_context(scanners, outcomes, setup, memo)


def _imported(files: tuple[Path, ...], target: Target) -> tuple[Outcome, ...]:
    if not files:
        return ()
    from secscan.imports.reading import read_imports  # readers of five formats, which few scans need

    return read_imports(files, target)


def _correlated(own: tuple[Finding, ...], imported: tuple[Outcome, ...], target: Target) -> tuple[Finding, ...]:
    """One finding per defect."""
    others: tuple[Finding, ...] = ()
    if imported:
        from secscan.scanners.enrich import enrich

        others = enrich([finding for outcome in imported for finding in outcome.findings], target)
    return _told(with_imported(merge(own), others), target)


def _told(findings: tuple[Finding, ...], target: Target) -> tuple[Finding, ...]:
    """Findings under the names by which they are reported. What they quote can only be scrubbed under the names that
    the versions of a file have while they are scanned."""
    if target.history is None:
        return findings
    return with_fingerprints(target.history.tell(scrub_findings(findings, target.read)))


def _sorted_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    unique = {(gap.scanner, gap.kind, gap.subject, gap.line, gap.detail): gap for gap in gaps}
    return tuple(gap for _, gap in sorted(unique.items()))
