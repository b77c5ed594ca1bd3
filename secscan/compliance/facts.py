"""Facts about a scan as a whole: whether they hold, and a sentence that says so."""

from __future__ import annotations

from collections.abc import Callable

from secscan.compliance.controls import Fact
from secscan.compliance.look import A_CHANGE_ONLY, PACKAGE_GAPS, is_tolerated
from secscan.findings.levels import GapKind, WaiverState
from secscan.findings.scan import Scan

_OF_ADVISORIES = frozenset({GapKind.NO_ADVISORIES, GapKind.NO_INDEX, GapKind.UNKNOWN_PACKAGE})
"""Gaps about packages that are known by name and version all the same."""
_COUNTS = (WaiverState.USED, WaiverState.EXPIRING)


def holds(scan: Scan, fact: Fact) -> tuple[bool, str]:
    """Return whether a fact holds for a scan, and what there is to say of it."""
    if scan.judgement is None:
        return False, "nobody has judged this scan"
    return _CHECKS[fact](scan)


def _judged(scan: Scan) -> tuple[bool, str]:
    assert scan.judgement is not None  # noqa: S101 - `holds` has looked
    policy = scan.judgement.policy
    if scan.judgement.log_only:
        return False, f"the policy {policy} only logs, so it decides nothing"
    return True, f"judged by the policy {policy}"


def _inventory(scan: Scan) -> tuple[bool, str]:
    if scan.target.kind in A_CHANGE_ONLY:
        return False, f"only a change was looked at ({scan.target.kind}), not the whole"
    kinds = {kind for kind in PACKAGE_GAPS - _OF_ADVISORIES if not is_tolerated(scan, kind)}
    beyond = [gap for gap in scan.gaps if gap.kind in kinds]
    if beyond:
        return False, f"the inventory has gaps: {len(beyond)}, the first about {beyond[0].subject}"
    if not scan.packages:
        return False, "no package was looked up"
    return True, f"{len(scan.packages)} packages by name and version"


def _advisories_dated(scan: Scan) -> tuple[bool, str]:
    undated = [one.name for one in scan.advisories if not one.as_of]
    if undated or not scan.advisories:
        return False, f"nobody knows how old the advisories are ({', '.join(undated) or 'none were used'})"
    return True, f"advisories known up to {min(one.as_of for one in scan.advisories)[:10]} or later"


def _waivers_owned(scan: Scan) -> tuple[bool, str]:
    return _waivers(scan, "an owner, a reason and an end", lambda one: bool(one.owner and one.reason and one.expires))


def _waivers_approved(scan: Scan) -> tuple[bool, str]:
    return _waivers(scan, "who approved it", lambda one: bool(one.approved_by))


def _waivers(scan: Scan, what: str, has: Callable[..., bool]) -> tuple[bool, str]:
    assert scan.judgement is not None  # noqa: S101 - `holds` has looked
    counting = [one for one in scan.judgement.waivers if one.state in _COUNTS]
    without = [one.id for one in counting if not has(one)]
    if without:
        return False, f"the waiver {without[0]} does not say {what}"
    return True, f"each of {len(counting)} waivers that count says {what}" if counting else "no waiver counts"


def _revision_known(scan: Scan) -> tuple[bool, str]:
    target = scan.target
    if target.image is not None and target.digest:
        return True, f"the image {target.digest}"
    if not target.revision:
        return False, "no commit is known"
    if target.dirty is not False:
        return False, f"the commit {target.revision[:12]} had local changes, or nobody knows"
    return True, f"the commit {target.revision}, without local changes"


_CHECKS: dict[Fact, Callable[[Scan], tuple[bool, str]]] = {
    Fact.JUDGED: _judged,
    Fact.INVENTORY: _inventory,
    Fact.ADVISORIES_DATED: _advisories_dated,
    Fact.WAIVERS_OWNED: _waivers_owned,
    Fact.WAIVERS_APPROVED: _waivers_approved,
    Fact.REVISION_KNOWN: _revision_known,
}
