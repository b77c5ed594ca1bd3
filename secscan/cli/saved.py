"""What commands on a saved scan share: the finding that is meant, and the policy that judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secscan.cli.reading import usual_reader
from secscan.errors import UsageError
from secscan.policy.load import load_policy, shipped_policies
from secscan.scanners.registry import all_scanners

if TYPE_CHECKING:
    from secscan.findings.model import Finding
    from secscan.findings.scan import Scan
    from secscan.policy.model import Policy

_SHORTEST = 4


def policy_of(scan: Scan, name: str, *, environment: str = "", floor: str = "") -> Policy | None:
    """Return the policy `name`; without one, the shipped policy that judged the scan, or None if no shipped one did.

    Raises `PolicyError`.
    """
    judged_by = scan.judgement.policy if scan.judgement else ""
    chosen = name or (judged_by if judged_by in shipped_policies() else "")
    if not chosen:
        return None
    return load_policy(
        chosen, scanners=tuple(all_scanners()), environment=environment, floor=floor, reader=usual_reader()
    )


def find_finding(scan: Scan, beginning: str) -> Finding:
    """Return the one finding whose fingerprint begins so, seen from the place that has it.

    Raises `UsageError` where there is none, or several.
    """
    if len(beginning) < _SHORTEST:
        raise UsageError(f"{beginning!r} is too short for a fingerprint", hint="give four characters or more")
    found = [
        (whole, one.fingerprint)
        for whole in scan.findings
        for one in whole.each
        if one.fingerprint.startswith(beginning)
    ]
    if len(found) == 1:
        whole, fingerprint = found[0]
        return whole.seen_from(fingerprint)
    if found:
        names = ", ".join(fingerprint for _, fingerprint in found[:4])
        raise UsageError(f"{len(found)} fingerprints begin with {beginning}: {names}", hint="give more of it")
    raise UsageError(
        f"no finding of the scan has the fingerprint {beginning[:80]}",
        hint="take it from the report of this very scan (`id:` in the terminal, Fingerprint in the HTML report)",
    )
