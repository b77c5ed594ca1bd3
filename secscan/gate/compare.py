"""Compares two saved scans. What the later one could not have seen is never called fixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from secscan.findings.judgement import Decision, strictest
from secscan.findings.levels import Cause, RunStatus
from secscan.findings.model import Finding, Gap, TargetInfo
from secscan.findings.scan import Scan
from secscan.gate.difference import FORMAT, Change, Changed, Difference, Entry, NotSeen, Side
from secscan.policy.baseline import PARTIAL, Baseline, baseline_of, facts_from, under_old_names
from secscan.policy.gone import what_is_gone

_OF_FILES = frozenset({"tree", "commit", *PARTIAL})
"""Kinds of target that look at files of a tree, whole or in part."""
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_ANOTHER = "the later scan looked at another target"


def compare(before: Scan, after: Scan) -> Difference:
    """Return what changed from one saved scan to another."""
    return _Comparison(before, after).difference()


def is_same_target(one: TargetInfo, other: TargetInfo) -> bool:
    """Whether two scans looked at the same thing, as far as its names tell: a part of a tree is of that tree, and one
    version of an image is the image."""
    if one.kind != other.kind and not _OF_FILES.issuperset((one.kind, other.kind)):
        return False
    if one.repository and other.repository:
        return (one.repository, one.prefix) == (other.repository, other.prefix)
    if one.image is not None:
        return _without_tag(one.name) == _without_tag(other.name)
    return one.name == other.name


@dataclass(frozen=True)
class _Pair:
    old: Finding
    new: Finding


class _Comparison:
    def __init__(self, before: Scan, after: Scan) -> None:
        self._before, self._after = before, after
        self._same_target = is_same_target(before.target, after.target)
        self._baseline: Baseline = msgspec.structs.replace(baseline_of(before), renames=renames_between(before, after))
        self._old_names = under_old_names(after.findings, self._baseline.renames)
        self._known = {place.fingerprint: one for one in before.findings for place in one.each}
        self._gone = {one.known.fingerprint: self._why(one.not_seen) for one in what_is_gone(self._baseline, after)}
        self._decided = (_decisions(before), _decisions(after))

    def difference(self) -> Difference:
        pairs, new = self._paired()
        changed = [(pair, changes) for pair in pairs if (changes := tuple(self._changes(pair)))]
        gone = list(self._wholly_gone({id(pair.old) for pair in pairs}))
        return Difference(
            format=FORMAT,
            before=_side(self._before),
            after=_side(self._after),
            warnings=tuple(_warnings(self._before, self._after, same=self._same_target)),
            new=tuple(_sorted(self._new(one) for one in new)),
            changed=tuple(Changed(finding=self._entry(pair.new, 1), changes=changes) for pair, changes in changed),
            fixed=tuple(_sorted(self._entry(one, 0) for one, why in gone if not why)),
            not_seen=tuple(NotSeen(finding=self._entry(one, 0), reason=why) for one, why in gone if why),
            same=len(self._after.findings) - len(new) - len(changed),
            new_gaps=tuple(_new_gaps(self._before, self._after)),
        )

    def _old_name(self, place: Finding) -> str:
        """The fingerprint, had its file not moved."""
        return self._old_names.get(place.fingerprint, place.fingerprint)

    def _why(self, not_seen: str) -> str:
        return not_seen if self._same_target else _ANOTHER

    def _paired(self) -> tuple[list[_Pair], list[Finding]]:
        """Findings of the later scan with what they were in the earlier one, which shares a place with them."""
        pairs, new = [], []
        for one in self._after.findings:
            names = (self._old_name(place) for place in one.each)
            old = next((self._known[name] for name in names if name in self._known), None)
            if old is None:
                new.append(one)
            else:
                pairs.append(_Pair(old, one))
        return pairs, new

    def _wholly_gone(self, paired: set[int]) -> Iterator[tuple[Finding, str]]:
        """Findings of which no place is left, with why they were not seen: one unseen place is enough."""
        for one in self._before.findings:
            if id(one) in paired or any(place.fingerprint not in self._gone for place in one.each):
                continue
            yield one, next((why for place in one.each if (why := self._gone[place.fingerprint])), "")

    def _changes(self, pair: _Pair) -> Iterator[Change]:
        old, new = self._entry(pair.old, 0), self._entry(pair.new, 1)
        compared = [("severity", old.severity, new.severity), ("confidence", old.confidence, new.confidence)]
        if old.action and new.action:
            compared.append(("decision", old.action, new.action))
        for what, was, now in (*compared, ("fixed versions", _fixes(pair.old), _fixes(pair.new))):
            if was != now:
                yield Change(what=what, before=str(was), after=str(now))
        yield from self._moves(pair)

    def _moves(self, pair: _Pair) -> Iterator[Change]:
        """Places that moved, came and went."""
        stay = {place.fingerprint: place for place in pair.old.each}
        now = {self._old_name(place): place for place in pair.new.each}
        for name, place in now.items():
            if name in stay and stay[name].place != place.place:
                yield Change(what="location", before=stay[name].place, after=place.place)
            elif name not in self._known:
                yield Change(what="new place", after=place.place)
        for name, place in stay.items():
            if name in self._gone:
                why = self._gone[name]
                yield Change(what="place not seen" if why else "place fixed", before=place.place, after=why)

    def _new(self, finding: Finding) -> Entry:
        """A new finding, and why it is new. Of another target, everything is."""
        cause: Cause | None = None
        if self._same_target:
            cause = facts_from(self._baseline, self._after, _NO_TIME)(finding).cause
        return msgspec.structs.replace(self._entry(finding, 1), cause=cause)

    def _entry(self, finding: Finding, side: int) -> Entry:
        decided = self._decided[side]
        here = [decided[place.fingerprint] for place in finding.each if place.fingerprint in decided]
        return Entry(
            fingerprint=finding.fingerprint,
            kind=finding.kind,
            severity=finding.severity,
            confidence=finding.confidence,
            title=finding.title,
            place=finding.place,
            places=len(finding.each),
            action=strictest(here).action if here else None,
        )


def renames_between(before: Scan, after: Scan) -> dict[str, str]:
    """Return the old path by the new one, of files that moved: their content tells, where no two files share it.

    What a scan of a part does not list may still be where it was; there nothing is taken for moved.
    """
    if after.target.kind in PARTIAL or before.target.kind in PARTIAL:
        return {}
    old, new = ({one.path: one.digest for one in scan.files} for scan in (before, after))
    left = _by_content({path: digest for path, digest in old.items() if path not in new})
    come = _by_content({path: digest for path, digest in new.items() if path not in old})
    return {come[digest]: left[digest] for digest in left.keys() & come.keys()}


def _by_content(files: Mapping[str, str]) -> dict[str, str]:
    """The one path of each content; none where there are several."""
    paths: dict[str, list[str]] = {}
    for path, digest in files.items():
        paths.setdefault(digest, []).append(path)
    return {digest: one[0] for digest, one in paths.items() if len(one) == 1}


def _warnings(before: Scan, after: Scan, *, same: bool) -> Iterator[str]:
    one, other = before.target, after.target
    if not same:
        yield (
            f"these are two targets: {one.kind} {one.name} and {other.kind} {other.name}; "
            "nothing of the first is called fixed"
        )
    elif one.kind in PARTIAL and other.kind not in PARTIAL:
        yield f"the earlier scan looked at a part ({one.kind}): what it did not look at shows as new"
    if other.kind in PARTIAL:
        yield f"the later scan looked at a part ({other.kind}): only what it looked at can show as fixed"
    for run in after.scanners:
        if run.status is RunStatus.FAILED:
            yield f"{run.scanner} failed in the later scan: {run.reason}"
    gone = {run.scanner for run in before.scanners} - {run.scanner for run in after.scanners}
    come = {run.scanner for run in after.scanners} - {run.scanner for run in before.scanners}
    if gone:
        yield f"not run in the later scan: {', '.join(sorted(gone))}"
    if come:
        yield f"run in the later scan only: {', '.join(sorted(come))}"
    was, now = before.judgement, after.judgement
    if was is None or now is None:
        yield "nobody judged one of the scans: decisions are not compared"
    elif was.policy_digest != now.policy_digest:
        yield f"they were judged by two policies ({was.policy}, {now.policy}): decisions may differ for that alone"


def _side(scan: Scan) -> Side:
    return Side(
        kind=scan.target.kind,
        name=scan.target.name,
        digest=scan.target.digest,
        revision=scan.target.revision,
        started=scan.run.started if scan.run else "",
        verdict=scan.judgement.verdict if scan.judgement else None,
        policy=scan.judgement.policy if scan.judgement else "",
        findings=len(scan.findings),
        gaps=len(scan.gaps),
    )


def _decisions(scan: Scan) -> dict[str, Decision]:
    return {one.fingerprint: one for one in scan.judgement.decisions} if scan.judgement else {}


def _fixes(finding: Finding) -> str:
    return ", ".join(finding.package.fixed_versions) if finding.package else ""


def _new_gaps(before: Scan, after: Scan) -> Iterator[Gap]:
    known = {(gap.scanner, gap.kind, gap.subject) for gap in before.gaps}
    yield from (gap for gap in after.gaps if (gap.scanner, gap.kind, gap.subject) not in known)


def _without_tag(name: str) -> str:
    """`shop` of `shop:1.2` and `host:5000/shop@sha256:...`."""
    head, slash, last = name.partition("@")[0].rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _sorted(entries: Iterator[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda one: (one.severity.order, one.confidence.order, one.place, one.fingerprint))
