"""Brings the findings of all scanners together: one defect, one finding, with every source that reported it.

`merge` is a pure function of the *set* of findings: their order makes no difference, merging twice is
merging once, and every source that reported a defect is found in exactly one result. What decides is in
`correlate.places` (source code) and `correlate.packages` (vulnerabilities of packages).
"""

from __future__ import annotations

from collections.abc import Iterable

from secscan.correlate.order import file_order, in_order
from secscan.correlate.packages import merge_packages
from secscan.correlate.places import merge_places
from secscan.findings.fingerprint import with_fingerprints
from secscan.findings.model import Finding


def merge(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return one finding per defect, sorted by path, region, class and fingerprint, each with a fingerprint of its own.

    Findings whose every source carries the note `correlate.flows.SANITIZER_SEEN` are evidence: they weigh on
    others and are never returned. Time grows with the number of findings (times its logarithm, for sorting).
    """
    current = in_order(findings)
    while True:
        packaged = [finding for finding in current if finding.package is not None]
        placed = [finding for finding in current if finding.package is None]
        merged = in_order([*merge_packages(packaged), *merge_places(placed)])
        # What was merged can meet one more of its kind only now, so until nothing changes. Twice is usual: the
        # second time finds each on its own.
        if len(merged) == len(current):
            return tuple(sorted(with_fingerprints(merged), key=lambda one: (*file_order(one), one.fingerprint)))
        current = merged
