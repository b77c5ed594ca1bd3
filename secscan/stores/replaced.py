"""Whether literals of an earlier scan are gone, with a reference in their stead. Pure: it compares findings and lines.

It errs to the safe side: another literal in the same place, or a new secret of the same kind anywhere in the files, is
taken for the old one that was moved, unless both have ids of the organisation's key that differ. Nor is any literal
known to be gone while there is a file that nobody could look at: it may have been moved there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from secscan.findings.levels import Kind
from secscan.findings.model import Finding, at_each_place
from secscan.secrets.rotation import kind_of
from secscan.secrets.texts import decoded
from secscan.stores.references.find import find


class Fate(StrEnum):
    """What became of a literal."""

    DONE = "done"
    GONE = "gone but no reference seen"
    THERE = "still there"
    UNKNOWN = "not looked at"


@dataclass(frozen=True, slots=True)
class Replaced:
    """One place of a finding, and what became of it."""

    finding: Finding
    fate: Fate
    detail: str


@dataclass(frozen=True, kw_only=True)
class Now:
    """What there is at the end of the range."""

    findings: tuple[Finding, ...]
    """All secrets in all files there."""
    looked_at: frozenset[str]
    """Path texts of all files there."""
    lost: frozenset[str] = frozenset()
    """What could not be looked at there, or not as a whole."""
    before: Mapping[str, bytes] = field(default_factory=dict)
    """Content at the beginning of the range, of the files with findings."""
    after: Mapping[str, bytes] = field(default_factory=dict)
    """Content at its end, of the same files, under their names there."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Names at its end, by those before, of what was renamed."""


_VARIABLE = re.compile(
    r"os\.environ\b|\bgetenv\s*\(|\bprocess\.env\b|\bENV\s*(?:\[|\.fetch)|\bSystem\.getenv\b|\bstd::env::var\b"
    r"|\bEnvironment\.GetEnvironmentVariable\b|\bsecretKeyRef\b|\bsecretRef\b|\$\{\{\s{0,9}secrets\.|\bvalueFrom\b"
    r"|\bget_secret_value\b|\bSecretManagerServiceClient\b|\bvar\.\w|\benv\(|\$\{?[A-Z][A-Z0-9_]{2,60}\b"
)
"""A variable, or a secret of the platform. What leads to Vault by its path is known to `stores.references`."""


def replaced(saved: Iterable[Finding], now: Now) -> tuple[Replaced, ...]:
    """Return what became of every secret of the saved findings, place by place, in their order."""
    earlier = [one for one in at_each_place(saved) if one.kind is Kind.SECRET]
    here = [one for one in at_each_place(now.findings) if one.kind is Kind.SECRET]
    known = {one.fingerprint for one in earlier}
    new = [one for one in here if one.fingerprint not in known]
    by_fingerprint = {one.fingerprint: one for one in here}
    return tuple(_became(one, by_fingerprint, here, new, now) for one in earlier)


def _became(
    one: Finding, by_fingerprint: Mapping[str, Finding], here: list[Finding], new: list[Finding], now: Now
) -> Replaced:
    path = now.renamed.get(one.location.path, one.location.path)
    if not kind_of(one):
        return Replaced(one, Fate.UNKNOWN, "the detector does not see it, only another scanner did; look yourself")
    if (same := by_fingerprint.get(one.fingerprint)) is not None:
        return Replaced(one, Fate.THERE, f"a literal stands in {same.place}")
    for other in here:
        if one.secret_id and other.secret_id == one.secret_id:
            return Replaced(one, Fate.THERE, f"the same value stands in {other.place}")
    for other in new:
        if kind_of(other) == kind_of(one) and not (one.secret_id and other.secret_id):
            return Replaced(one, Fate.THERE, f"moved, or another of its kind: {other.place}")
    if now.lost:
        lost = path if path in now.lost else min(now.lost)
        return Replaced(one, Fate.UNKNOWN, f"{lost} could not be looked at as a whole")
    if path not in now.looked_at:
        return Replaced(one, Fate.GONE, "the file is gone")
    line = reference_in(path, now.before.get(one.location.path, b""), now.after.get(path, b""))
    if line:
        return Replaced(one, Fate.DONE, f"a reference stands in {path}:{line}")
    return Replaced(one, Fate.GONE, f"no line that the range brought to {path} refers to a store or a variable")


def reference_in(path: str, before: bytes, after: bytes) -> int:
    """Return the first line, from 1, that is new and refers to a store or a variable; 0 where there is none."""
    text, _ = decoded(after)
    lines = text.split("\n")
    old = Counter(line.strip() for line in decoded(before)[0].split("\n"))
    brought = set()
    for number, line in enumerate(lines, start=1):
        if old[line.strip()] > 0:
            old[line.strip()] -= 1
        else:
            brought.add(number)
    leading = {one.region.start_line for one in find(path, text).references}
    leading |= {number for number in brought if _VARIABLE.search(lines[number - 1][:2000])}
    return min(brought & leading, default=0)
