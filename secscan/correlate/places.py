"""The same defect in source code, seen by several tools, is one finding.

The key is (file, smallest enclosing simple statement, class of defect). Measured on 954 findings of eight
applications, neither lines nor the tools' CWE ids merge them rightly: calls spread over lines are missed, and one line
holds several defects.

A taint rule that has judged a sink outweighs a pattern's guess at the same place, with the flow it found or the
sanitizer it saw; a union of all tools was measured to be worse than the best of them. Nothing is dropped: what is
outweighed stays, at low confidence, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from secscan.correlate.combine import combine
from secscan.correlate.flows import Flows, Group, Key, is_evidence, start_of
from secscan.correlate.order import by_specificity, worst
from secscan.correlate.regions import split_by_defect
from secscan.correlate.stores import with_state
from secscan.correlate.wide import join_wide_secrets
from secscan.findings.defects import OTHER
from secscan.findings.levels import Confidence, Kind
from secscan.findings.model import Finding, Source

TRACED = "data flow from the source to the sink was traced"

_OUTWEIGHED = "outweighed by a taint rule that saw a sanitizer"
_GUESS_BESIDE_FLOW = "a guess beside a traced data flow: its severity does not count"

SHADOWS = {"process-start": "command-injection"}
"""Class -> the class that it is only a weaker word for, where both point at the same call.

bandit reports every process started without a shell (B603, B606); where a rule has shown that its arguments are
injected, that is the same defect. `untrusted-search-path` is none of these: it has another remedy and stays a
defect of its own; so does `risky-import`, which stands in another statement.
"""

_MOST_COMPARED = 64
"""How many defects of one statement a weaker report is compared with."""


def merge_places(findings: Sequence[Finding]) -> list[Finding]:
    """Merge findings in files, given in order; evidence is weighed and left out."""
    buckets: dict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        buckets[_key(finding)].append(finding)
    groups = {key: split_by_defect(bucket) for key, bucket in buckets.items()}
    _join_shadows(groups)
    join_wide_secrets(groups)
    flows = Flows(groups)
    result: list[Finding] = []
    for key, here in groups.items():
        sink = flows.sink_of(key)
        if sink is not None:
            sink.extend(one for group in here for one in group)
            here.clear()
    for key, here in groups.items():
        cleared_by = flows.cleared_by(key)
        result.extend(
            with_state(_merged(group, cleared_by), group) for group in here if not all(map(is_evidence, group))
        )
    return result


def _key(finding: Finding) -> Key:
    """Two findings of unknown class are the same only where the same rule says so; two without a place in a file, where
    they have the same name (`symbol`) too."""
    location = finding.location
    about = finding.defect if location.region else f"{finding.defect} {location.symbol}".rstrip()
    if about == OTHER:
        about = min((f"{OTHER} {source.scanner} {source.rule}" for source in finding.sources), default=OTHER)
    return (location.path, start_of(location.statement or location.region), about)


def _join_shadows(groups: dict[Key, list[Group]]) -> None:
    """Move the groups of a weaker class to the group of the stronger one that points at the same call."""
    for key, here in groups.items():
        if key[2] not in SHADOWS:
            continue
        stronger = groups.get((key[0], key[1], SHADOWS[key[2]]), [])
        strong = [group for group in stronger if not all(map(is_evidence, group))]
        apart = []
        for weak in here:
            met = next((group for group in strong[:_MOST_COMPARED] if _touch(weak, group)), None)
            if met is None:
                apart.append(weak)
            else:
                met.extend(weak)
        here[:] = apart


def _touch(weak: Group, strong: Group) -> bool:
    one, other = weak[0].location.region, strong[0].location.region
    return one is not None and other is not None and one.overlaps(other)


def _merged(group: Sequence[Finding], cleared_by: Sequence[Source]) -> Finding:
    if len(group) == 1 and not group[0].trace and not cleared_by:
        return group[0]
    ordered = [one for one in group if not is_evidence(one)]
    evidence = [source for one in group if is_evidence(one) for source in one.sources] or list(cleared_by)
    classes = {one.defect for one in ordered}
    ranked = by_specificity(one for one in ordered if SHADOWS.get(one.defect) not in classes)
    primary = ranked[0]
    if primary.trace:
        return _traced(primary, ordered)
    if evidence:
        return _outweighed(primary, ordered, evidence)
    return msgspec.structs.replace(
        combine(primary, [_as_shadow(one, primary) for one in ordered if one is not primary]),
        kind=_kind(ordered),
        severity=worst(one.severity for one in ranked),
        confidence=min((one.confidence for one in ranked), key=lambda one: one.order),
    )


def _traced(primary: Finding, everyone: Sequence[Finding]) -> Finding:
    def counts(one: Finding) -> bool:
        return one.defect == primary.defect and bool(one.trace or one.confidence is not Confidence.LOW)

    others = []
    for one in everyone:
        if one is not primary:
            guess = one.defect == primary.defect and not counts(one)
            others.append(_noted(one, _GUESS_BESIDE_FLOW) if guess else _as_shadow(one, primary))
    merged = combine(primary, others)
    return msgspec.structs.replace(
        merged,
        kind=_kind(everyone),
        severity=worst(one.severity for one in everyone if counts(one)),
        confidence=Confidence.HIGH,
        notes=tuple(sorted({*merged.notes, TRACED})),
    )


def _outweighed(primary: Finding, everyone: Sequence[Finding], evidence: Sequence[Source]) -> Finding:
    rules = ", ".join(sorted({f"{source.scanner} {source.rule}" for source in evidence}))
    note = f"a sanitizer stands between source and sink, as {rules} saw; what remains is a pattern's guess"
    others = [_as_shadow(one, primary) for one in everyone if one is not primary]
    merged = combine(_noted(primary, _OUTWEIGHED), [_noted(one, _OUTWEIGHED) for one in others])
    return msgspec.structs.replace(
        merged,
        kind=_kind(everyone),
        severity=worst(one.severity for one in everyone if one.defect == primary.defect),
        confidence=Confidence.LOW,
        notes=tuple(sorted({*merged.notes, note})),
    )


def _as_shadow(finding: Finding, primary: Finding) -> Finding:
    """Say in its sources why a report of a weaker class did not count."""
    same = finding.defect == primary.defect
    return finding if same else _noted(finding, f"reported as {finding.defect}, which is the same call")


def _noted(finding: Finding, note: str) -> Finding:
    """Return the finding with a note on each of its sources that has none."""
    sources = tuple(msgspec.structs.replace(source, note=source.note or note) for source in finding.sources)
    return msgspec.structs.replace(finding, sources=sources)


def _kind(everyone: Iterable[Finding]) -> Kind:
    """A secret stays one, whoever else reported the place."""
    kinds = [one.kind for one in everyone]
    return Kind.SECRET if Kind.SECRET in kinds else kinds[0]
