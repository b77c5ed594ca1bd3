"""What was there before a change, where the scan that says so is made for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from secscan.policy.baseline import Baseline

Values = Mapping[str, str]
"""Which value each secret has, by its fingerprint: equal where the values are; see `Finding.same`."""


def without_other_values(baseline: Baseline, now: Values, before: Values) -> Baseline:
    """Return the baseline without the secrets whose value is another one now.

    A fingerprint says where a secret stands and never what it is: a new password in the place of an old one was not
    there before.
    """
    changed = {one for one in now if now[one] != before.get(one)}
    kept = tuple(one for one in baseline.findings if one.fingerprint not in changed)
    return msgspec.structs.replace(baseline, findings=kept)


def joined_baselines(parts: Sequence[Baseline]) -> Baseline:
    """Return what any of the baselines knows: those of branches that come together. There must be one."""
    first, *others = parts
    for other in others:
        known = {one.fingerprint for one in first.findings}
        files = {one.path for one in first.files}
        first = msgspec.structs.replace(
            first,
            findings=(*first.findings, *(one for one in other.findings if one.fingerprint not in known)),
            packages=tuple(sorted({*first.packages, *other.packages})),
            files=(*first.files, *(one for one in other.files if one.path not in files)),
            renames={**other.renames, **first.renames},
        )
    return first
