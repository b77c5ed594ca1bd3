"""Reports of a secret that point at more than the secret: from `kind: Secret` to the value, lines below.

Such a report begins in another statement than the ones that point at the value itself; it is the same secret as the
first of those that lie within it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping

from secscan.correlate.flows import Group, Key
from secscan.findings.levels import Kind
from secscan.findings.model import Finding


def join_wide_secrets(groups: Mapping[Key, list[Group]]) -> None:
    """Move each group of secrets that goes over several lines to the group of the first secret within it."""
    starts: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for (path, start, about), here in groups.items():
        if any(one.kind is Kind.SECRET for group in here for one in group):
            starts[path, about].append(start)
    for those in starts.values():
        those.sort()
    for key, here in groups.items():
        path, _, about = key
        if (path, about) not in starts:
            continue
        apart = []
        for group in here:
            inner = _first_within(group[0], key, groups, starts[path, about]) if _is_wide(group) else None
            if inner is None:
                apart.append(group)
            else:
                inner.extend(group)
        here[:] = apart


def _is_wide(group: Group) -> bool:
    return all(
        one.kind is Kind.SECRET and (region := one.location.region) is not None and region.last_line > region.start_line
        for one in group
    )


def _first_within(
    wide: Finding, key: Key, groups: Mapping[Key, list[Group]], starts: list[tuple[int, int]]
) -> Group | None:
    region = wide.location.region
    at = bisect_right(starts, key[1])
    if region is None or at == len(starts) or starts[at][0] > region.last_line:
        return None
    here = groups[key[0], starts[at], key[2]]
    return next(
        (group for group in here if group[0].location.region and region.overlaps(group[0].location.region)), None
    )
