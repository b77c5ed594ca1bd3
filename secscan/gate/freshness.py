"""How old the advisories were that packages were held against: old ones know nothing of what was found since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from secscan.findings.judgement import Reason
from secscan.findings.levels import Verdict
from secscan.findings.scan import Scan, is_time
from secscan.policy.model import Policy

_AHEAD = timedelta(days=1)
"""How far the clock of a feed may be ahead of ours."""
_HINT = "bring the advisory index up to date: secscan advisories update, or import; then scan again"
_HINT_OWN = "bring the database of {name} up to date with its own command; then scan again"


def stale_advisories(scan: Scan, policy: Policy, at: datetime) -> Iterator[Reason]:
    """Yield one reason for each part of the advisories that the policy finds too old, or whose age nobody knows.

    A time to come is no age: such advisories would never be too old.
    """
    if not policy.max_advisory_age:
        return
    ages = {one.name: one.as_of for one in scan.advisories}
    own = {one.name: one.ecosystems for one in scan.advisories if one.ecosystems}
    told = _bases([*ages, *(ecosystem for ecosystems in own.values() for ecosystem in ecosystems)])
    for name in sorted({package.partition(":")[0] for package in scan.packages} - told):
        ages[name] = ""
    oldest = at - timedelta(days=policy.max_advisory_age)
    for name, as_of in sorted(ages.items()):
        hint = _HINT_OWN.format(name=name) if name in own else _HINT
        if not is_time(as_of):
            yield _stale(name, hint, f"nobody knows how old the advisories of {name} are")
        elif datetime.fromisoformat(as_of) > at + _AHEAD:
            yield _stale(name, hint, f"the advisories of {name} say that they are of {as_of}, which is yet to come")
        elif datetime.fromisoformat(as_of) < oldest:
            days = (at - datetime.fromisoformat(as_of)).days
            text = f"the advisories of {name} are {days} days old; the policy allows {policy.max_advisory_age}"
            yield _stale(name, hint, text)


def _bases(names: Iterable[str]) -> set[str]:
    """`Debian` of `Debian:12`: packages are counted as `ecosystem:name@version`, whose first part is that."""
    return {name.partition(":")[0] for name in names}


def _stale(name: str, hint: str, text: str) -> Reason:
    return Reason(verdict=Verdict.INCOMPLETE, about="advisories", subject=name, text=text, hint=hint)
