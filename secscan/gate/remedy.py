"""What turns the gate green: the smallest set of things to do, shown to be enough by judging again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from secscan.findings.judgement import Judgement, Remedy, RemedyStep
from secscan.findings.levels import Action, Verdict
from secscan.findings.model import Finding, at_each_place
from secscan.findings.scan import Scan
from secscan.gate.upgrades import upgrades


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
    for one in upgrades(finding for finding in findings if _is_fixable(finding)):
        yield RemedyStep(text=f"upgrade {one.name} {one.version} to {one.target} in {one.path}", clears=one.clears)


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
