"""Scans with a cache, and how a scan looks apart from what its one member `run` says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from secscan.cache.results import Cache, open_cache
from secscan.findings.scan import Scan, dumps
from secscan.gate.weakening import Terms
from secscan.pipeline import ScanRequest, scan_with_terms
from secscan.policy.load import load_policy
from secscan.process import Limits
from secscan.scanners.contract import Scanner
from secscan.scanners.registry import all_scanners
from secscan.targets.open import TargetRequest

_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@contextmanager
def cache_in(folder: Path, **options: Any) -> Iterator[Cache]:
    """An open cache in `folder`."""
    cache = open_cache(folder, **options)
    try:
        yield cache
    finally:
        cache.store.close()


def named(*names: str) -> dict[str, Scanner[Any]]:
    """The scanners with these names."""
    return {name: all_scanners()[name] for name in names}


def scanned(tree: Path, scanners: dict[str, Scanner[Any]], cache: Cache | None = None, *, jobs: int = 2) -> Scan:
    """Scan a tree with these scanners, and judge it by a policy that requires none, at a fixed time."""
    request = ScanRequest(
        target=TargetRequest(path=tree),
        scanners=scanners,
        terms=Terms(load_policy("secrets-only")),
        advisories=None,
        limits=Limits(seconds=300),
        jobs=jobs,
        cache=cache,
        judged_at=_AT,
    )
    return scan_with_terms(request, progress=lambda _event: None)[0]


def lasting(scan: Scan) -> bytes:
    """The saved scan without what depends on the clock or the machine."""
    return dumps(msgspec.structs.replace(scan, run=None))


def kept(scan: Scan) -> dict[str, int]:
    """How many files each scanner did not look at again."""
    return {one.scanner: one.kept for one in scan.run.timings} if scan.run else {}
