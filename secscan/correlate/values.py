"""The same secret in several places is one finding.

Whoever revokes it does so once, and must then look at every place. What each scanner said at a place stays with that
place, since the policy decides on each as if it stood alone: a copy in a folder of tests covers no other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from secscan.correlate.order import badness, file_order, region_order
from secscan.findings.levels import Kind
from secscan.findings.model import Finding
from secscan.findings.paths import is_test_path


def one_per_secret(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings with those of the same value as one, sorted as `merge` sorts them.

    They must have their fingerprints. Which place comes first does not depend on their order, and what tells that
    values are the same is gone from the result.
    """
    alone: list[Finding] = []
    secrets: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        bare = msgspec.structs.replace(finding, same="") if finding.same else finding
        if finding.same and finding.kind is Kind.SECRET and finding.package is None:
            secrets[finding.defect, finding.same].append(bare)
        else:
            alone.append(bare)
    whole = (*alone, *(_grouped(group) for group in secrets.values()))
    return tuple(sorted(whole, key=lambda one: (*file_order(one), one.fingerprint)))


def _grouped(group: Sequence[Finding]) -> Finding:
    first, *others = sorted(group, key=_worst_first)
    return msgspec.structs.replace(first, places=tuple(others)) if others else first


def _worst_first(finding: Finding) -> tuple[object, ...]:
    """The place by which the secret is known: the worst, the surest, one that is not said to be a test, one that is
    still there."""
    gone = finding.introduced is not None and not finding.introduced.in_head
    location = finding.location
    return (
        -badness(finding.severity),
        finding.confidence.order,
        is_test_path(location.path),
        gone,
        location.path,
        region_order(location.region),
        finding.fingerprint,
    )
