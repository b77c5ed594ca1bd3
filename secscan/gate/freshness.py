"""How old the advisories were that packages were held against: old ones know nothing of what was found since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from secscan.findings.judgement import Reason
from secscan.findings.levels import Verdict
from secscan.findings.scan import Scan, is_time
from secscan.policy.model import Policy

_AHEAD = timedelta(days=1)
"""How far the clock of a feed may be ahead of ours."""
_HINT = "bring the advisory index up to date: secscan advisories update, or import; then scan again"


def stale_advisories(scan: Scan, policy: Policy, at: datetime) -> Iterator[Reason]:
    """Yield one reason for each part of the advisories that the policy finds too old, or whose age nobody knows.

    A time to come is no age: such advisories would never be too old.
    """
    if not policy.max_advisory_age:
        return
    ages = {one.name: one.as_of for one in scan.advisories}
    for name in sorted({package.partition(":")[0] for package in scan.packages} - _bases(ages)):
        ages[name] = ""
    oldest = at - timedelta(days=policy.max_advisory_age)
    for name, as_of in sorted(ages.items()):
        if not is_time(as_of):
            yield _stale(name, f"nobody knows how old the advisories of {name} are")
        elif datetime.fromisoformat(as_of) > at + _AHEAD:
            yield _stale(name, f"the advisories of {name} say that they are of {as_of}, which is yet to come")
        elif datetime.fromisoformat(as_of) < oldest:
            days = (at - datetime.fromisoformat(as_of)).days
            yield _stale(
                name, f"the advisories of {name} are {days} days old; the policy allows {policy.max_advisory_age}"
            )


def _bases(names: dict[str, str]) -> set[str]:
    """`Debian` of `Debian:12`: packages are counted as `ecosystem:name@version`, whose first part is that."""
    return {name.partition(":")[0] for name in names}


def _stale(name: str, text: str) -> Reason:
    return Reason(verdict=Verdict.INCOMPLETE, about="advisories", subject=name, text=text, hint=_HINT)
