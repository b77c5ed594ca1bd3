"""What turns the gate green: the smallest set of things to do, shown to be enough by judging again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from packaging.version import InvalidVersion, Version

from secscan.findings.judgement import Judgement
from secscan.findings.levels import Action, Verdict
from secscan.findings.model import Finding
from secscan.findings.scan import Scan


@dataclass(frozen=True)
class Step:
    """One thing to do, and the findings that it clears."""

    text: str
    clears: tuple[str, ...] = ()
    """Fingerprints; empty for what is not about findings."""


@dataclass(frozen=True)
class Remedy:
    """Everything to do."""

    steps: tuple[Step, ...]
    left: Verdict
    """The verdict once all of it is done, by judging again without the findings that it clears: `passed`, unless
    something was not looked at."""


def remedy(scan: Scan, judgement: Judgement, judge_again: Callable[[Scan], Judgement]) -> Remedy:
    """Return the fewest steps that clear every finding that blocks: an upgrade for all findings of one package in one
    manifest, a repair or a waiver for each other. Every finding that blocks must go, so no set is smaller."""
    blocked = {one.fingerprint for one in judgement.decisions if one.action is Action.BLOCK}
    findings = [one for one in scan.findings if one.fingerprint in blocked]
    steps = [*_upgrades(findings), *(_repair(one) for one in findings if not _is_fixable(one))]
    steps += [Step(f"{one.text}. {one.hint}") for one in judgement.reasons if one.about == "waiver"]
    cleared = msgspec.structs.replace(
        scan, findings=tuple(one for one in scan.findings if one.fingerprint not in blocked), judgement=None
    )
    again = judge_again(cleared)
    steps += [
        Step(f"{one.text}. To close it: {one.hint or 'see the report'}")
        for one in again.reasons
        if one.verdict is Verdict.INCOMPLETE
    ]
    return Remedy(tuple(sorted(steps, key=lambda one: (-len(one.clears), one.text))), again.verdict)


def _is_fixable(finding: Finding) -> bool:
    return finding.package is not None and bool(finding.package.fixed_versions)


def _upgrades(findings: Iterable[Finding]) -> Iterable[Step]:
    by_package: defaultdict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for one in findings:
        if one.package is not None and one.package.fixed_versions:
            by_package[one.location.path, one.package.name, one.package.version].append(one)
    for (path, name, version), group in by_package.items():
        target = _highest({one.package.fixed_versions[0] for one in group if one.package})
        yield Step(f"upgrade {name} {version} to {target} in {path}", tuple(sorted(one.fingerprint for one in group)))


def _highest(versions: set[str]) -> str:
    """The version that clears all: the highest of those that clear each. Where they have no order we know, all."""
    try:
        return str(max(versions, key=Version))
    except InvalidVersion:
        return " and ".join(sorted(versions))


def _repair(finding: Finding) -> Step:
    how = f": {finding.remediation}" if finding.remediation else ""
    return Step(f"repair or waive {finding.title} in {finding.place}{how}", (finding.fingerprint,))
