"""What turns the gate green: the smallest set of things to do, shown to be enough by judging again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from packaging.version import InvalidVersion, Version

from secscan.findings.judgement import Judgement, Remedy, RemedyStep
from secscan.findings.levels import Action, Verdict
from secscan.findings.model import Finding, at_each_place
from secscan.findings.scan import Scan


def remedy(scan: Scan, judgement: Judgement, judge_again: Callable[[Scan], Judgement]) -> Remedy:
    """Return the fewest steps that clear every finding that blocks: an upgrade for all findings of one package in one
    manifest, a repair or a waiver for each other, in all places where it blocks. Every finding that blocks must go, so
    no set is smaller."""
    blocked = {one.fingerprint for one in judgement.decisions if one.action is Action.BLOCK}
    groups = [here for each in scan.findings if (here := [one for one in each.each if one.fingerprint in blocked])]
    upgrades = _upgrades(one for here in groups for one in here)
    steps = [*upgrades, *(_repair(here) for here in groups if not _is_fixable(here[0]))]
    steps += [RemedyStep(text=f"{one.text}. {one.hint}") for one in judgement.reasons if one.about == "waiver"]
    cleared = msgspec.structs.replace(
        scan,
        findings=tuple(one for one in at_each_place(scan.findings) if one.fingerprint not in blocked),
        judgement=None,
    )
    again = judge_again(cleared)
    steps += [
        RemedyStep(text=f"{one.text}. To close it: {one.hint or 'see the report'}")
        for one in again.reasons
        if one.verdict is Verdict.INCOMPLETE
    ]
    return Remedy(
        steps=tuple(sorted(steps, key=lambda one: (-len(one.clears), one.text, one.clears))), left=again.verdict
    )


def _is_fixable(finding: Finding) -> bool:
    return finding.package is not None and bool(finding.package.fixed_versions)


def _upgrades(findings: Iterable[Finding]) -> Iterator[RemedyStep]:
    by_package: defaultdict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for one in findings:
        if one.package is not None and one.package.fixed_versions:
            by_package[one.location.path, one.package.name, one.package.version].append(one)
    for (path, name, version), group in by_package.items():
        needed = {one.package.fixed_versions[0] for one in group if one.package}
        ecosystem = group[0].package.ecosystem if group[0].package else ""
        target = _highest(needed) if ecosystem == "PyPI" else " and ".join(sorted(needed))
        yield RemedyStep(
            text=f"upgrade {name} {version} to {target} in {path}",
            clears=tuple(sorted(one.fingerprint for one in group)),
        )


def _highest(versions: set[str]) -> str:
    """The version that clears all: the highest of those that clear each, by PEP 440. One that is none has no order."""
    try:
        return str(max(versions, key=Version))
    except InvalidVersion:
        return " and ".join(sorted(versions))


def places_of(here: Sequence[Finding]) -> str:
    """Name the places of a finding: the first, and how many there are besides."""
    more = len(here) - 1
    return here[0].place + (f" and {more} more place{'' if more == 1 else 's'}" if more else "")


def _repair(here: Sequence[Finding]) -> RemedyStep:
    """One step for a finding at all of these places."""
    first = here[0]
    how = f": {first.remediation}" if first.remediation else ""
    return RemedyStep(
        text=f"repair or waive {first.title} in {places_of(here)}{how}",
        clears=tuple(sorted(one.fingerprint for one in here)),
    )
