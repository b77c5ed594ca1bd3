"""The smallest upgrade that clears the findings of a package: in one file, from one version.

A saved scan holds, for each finding, the versions in which it is fixed. A version clears a finding for certain if it
is one of those, or not below the highest of them: between two of them may lie a branch that was never repaired. Where
versions are `1.25.12`, a later one of the same branch clears it too, unless that branch was repaired again later.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from secscan.findings.model import Finding, Value, at_each_place

_BRANCH = re.compile(r"v?([0-9]+\.[0-9]+)\.[0-9]+")
"""Versions of which all that begin alike are one branch."""


class Upgrade(Value, frozen=True, kw_only=True):
    """One version to change in one file."""

    path: str
    line: int
    name: str
    ecosystem: str
    version: str
    target: str = ""
    """The smallest version known to clear `clears`; empty where no finding has a fix."""
    clears: tuple[str, ...] = ()
    """Fingerprints of the findings that go."""
    unfixed: tuple[str, ...] = ()
    """Fingerprints of the findings for which no fix is known."""
    direct: bool | None = None


def upgrades(findings: Iterable[Finding], *, only: Collection[str] | None = None) -> tuple[Upgrade, ...]:
    """Return one upgrade for each package, version and file that has findings, those that clear most first.

    With `only`, findings of other fingerprints are none.
    """
    groups: dict[tuple[str, str, str, str], list[Finding]] = defaultdict(list)
    for one in at_each_place(findings):
        if one.package is not None and (only is None or one.fingerprint in only):
            package = one.package
            groups[one.location.path, package.ecosystem, package.name, package.version].append(one)
    found = [_upgrade(*key, group) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda one: (-len(one.clears), one.path, one.name, one.version)))


def _upgrade(path: str, ecosystem: str, name: str, version: str, group: list[Finding]) -> Upgrade:
    fixed = {one.fingerprint: one.package.fixed_versions for one in group if one.package}
    fixable = sorted(one for one, versions in fixed.items() if versions)
    first = min((one.location.region.start_line for one in group if one.location.region), default=0)
    direct = {one.package.direct for one in group if one.package}
    return Upgrade(
        path=path,
        line=first,
        name=name,
        ecosystem=ecosystem,
        version=version,
        target=smallest(ecosystem, [fixed[one] for one in fixable]) if fixable else "",
        clears=tuple(fixable),
        unfixed=tuple(sorted(one for one, versions in fixed.items() if not versions)),
        direct=direct.pop() if len(direct) == 1 else None,
    )


def smallest(ecosystem: str, fixed: Sequence[tuple[str, ...]]) -> str:
    """Return the smallest version that clears every finding; `fixed` holds the fixed versions of each, smallest first.

    Where versions have no order that we know, each that is needed is named.
    """
    from secscan.versions.order import order_of  # the rules of fourteen ecosystems

    order = order_of(ecosystem)
    keys = {one: order.key(one) for versions in fixed for one in versions}
    needed = sorted({versions[0] for versions in fixed})
    if len(needed) == 1 or None in keys.values():
        return " and ".join(needed)
    ordered = sorted(keys, key=lambda one: keys[one])
    return next(one for one in ordered if all(_clears(one, versions, keys) for versions in fixed))


def _clears(version: str, fixed: tuple[str, ...], keys: dict[str, Any]) -> bool:
    key = keys[version]
    if any(keys[one] == key for one in fixed) or all(keys[one] <= key for one in fixed):
        return True
    branch = _BRANCH.fullmatch(version)
    same = [keys[one] for one in fixed if branch and (of := _BRANCH.fullmatch(one)) and of[1] == branch[1]]
    return bool(same) and all(one <= key for one in same)
