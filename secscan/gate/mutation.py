"""Would a policy's tests notice if it were weaker? Each mutant is the policy with one small change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

import msgspec

from secscan.findings.levels import Action, Confidence, Severity
from secscan.gate.trial import try_case
from secscan.policy.cases import Case
from secscan.policy.model import (
    USUAL_TERMS,
    Match,
    Mode,
    Policy,
    Rule,
    Sla,
    Tolerance,
    Undecided,
    WaiverTerms,
    with_digest,
)

ValueT = TypeVar("ValueT")

_SOFTER = {Action.BLOCK: Action.WARN, Action.WARN: Action.ACCEPT, Action.ACCEPT: Action.WARN}
_SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)
_CONFIDENCES = tuple(Confidence)


@dataclass(frozen=True)
class Mutant:
    """A policy with one change."""

    about: str
    """What was changed, in words."""
    policy: Policy


@dataclass(frozen=True)
class Score:
    """How many mutants the tests noticed."""

    noticed: int
    missed: tuple[Mutant, ...]

    @property
    def total(self) -> int:
        """How many there were."""
        return self.noticed + len(self.missed)

    @property
    def percent(self) -> float:
        """Noticed of all, in percent; 100 where there is nothing to change."""
        return 100.0 * self.noticed / self.total if self.total else 100.0


@dataclass(frozen=True)
class Own:
    """What a policy's own file says, and so is for its own tests to watch; what it extends has tests of its own."""

    rules: frozenset[str]
    """Ids of rules."""
    demands: frozenset[str] = frozenset()
    """Fields of `Policy` beside the rules."""
    tolerances: int = 0
    """How many of the tolerated gaps, from the first."""


DEMANDS = frozenset(
    {"mode", "required", "optional", "tolerated_gaps", "max_advisory_age", "in_source_markers", "waiver_terms"}
)
"""Every demand of which there are mutants."""


def score(policy: Policy, cases: Collection[Case], own: Own) -> Score:
    """Try the cases that are about the plain policy, none of its environments, against every mutant."""
    plain = [case for case in cases if not case.environment]
    noticed, missed = 0, []
    for mutant in mutants(policy, own):
        if any(not try_case(case, mutant.policy).passed for case in plain):
            noticed += 1
        else:
            missed.append(mutant)
    return Score(noticed, tuple(missed))


def mutants(policy: Policy, own: Own) -> Iterator[Mutant]:
    """Yield the mutants: each rule removed or softened, each condition dropped, each threshold moved; and of the
    demands each scanner no longer required, each tolerance removed or widened, and so on."""
    for at, rule in enumerate(policy.rules):
        if rule.id not in own.rules:
            continue
        if not rule.matches_all:
            yield _with(policy, at, None, f"the rule {rule.id} removed")
        for changed, about in _changed_rules(rule):
            yield _with(policy, at, changed, f"the rule {rule.id}: {about}")
    for field, mutant in _changed_demands(policy, own.tolerances):
        if field in own.demands:
            yield mutant


def _changed_demands(policy: Policy, tolerances: int) -> Iterator[tuple[str, Mutant]]:
    other = Mode.ENFORCE if policy.mode is Mode.LOG else Mode.LOG
    yield "mode", _mutant(f"`mode: {other}`", policy, mode=other)
    for name in policy.required:
        yield "required", _mutant(f"{name} no longer required", policy, required=_less(policy.required, name))
    for name in policy.optional:
        yield "optional", _mutant(f"{name} no longer optional", policy, optional=_less(policy.optional, name))
    for trust in policy.in_source_markers:
        rest = _less(policy.in_source_markers, trust)
        turned = msgspec.structs.replace(trust, reason_required=not trust.reason_required)
        word = "need" if turned.reason_required else "do not need"
        for about, markers in (("do not count", rest), (f"{word} a reason", (*rest, turned))):
            mutant = _mutant(f"markers of {trust.tool} {about}", policy, in_source_markers=markers)
            yield "in_source_markers", mutant
    for at, tolerance in enumerate(policy.tolerated_gaps[:tolerances]):
        for changed_one, about in _changed_tolerances(tolerance):
            kept = (*policy.tolerated_gaps[:at], *changed_one, *policy.tolerated_gaps[at + 1 :])
            what = f"tolerated gaps, {', '.join(tolerance.kinds)}: {about}"
            yield "tolerated_gaps", _mutant(what, policy, tolerated_gaps=kept)
    if policy.max_advisory_age:
        for days, about in ((0, "of any age"), (policy.max_advisory_age + 1, "a day older")):
            yield "max_advisory_age", _mutant(f"advisories may be {about}", policy, max_advisory_age=days)
    for field, value, about in _changed_terms(policy.waiver_terms):
        terms = msgspec.structs.replace(policy.waiver_terms, **{field: value})
        yield "waiver_terms", _mutant(f"waivers: {about}", policy, waiver_terms=terms)


def _less(values: tuple[ValueT, ...], gone: ValueT) -> tuple[ValueT, ...]:
    return tuple(one for one in values if one != gone)


def _changed_terms(terms: WaiverTerms) -> Iterator[tuple[str, object, str]]:
    """Terms that are not the usual ones: the policy has chosen them, so its tests should know."""
    if terms.longest_days != USUAL_TERMS.longest_days:
        yield "longest_days", terms.longest_days + 1, "a day longer"
    if terms.warn_days != USUAL_TERMS.warn_days:
        yield "warn_days", max(0, terms.warn_days - 1), "warned of a day later"
    for level in terms.approval:
        yield "approval", _less(terms.approval, level), f"no approval for {level}"
    for state in terms.fail_on:
        yield "fail_on", _less(terms.fail_on, state), f"{state} does not fail"


def _mutant(about: str, policy: Policy, **changes: object) -> Mutant:
    return Mutant(about, with_digest(msgspec.structs.replace(policy, **changes)))


def _with(policy: Policy, at: int, rule: Rule | None, about: str) -> Mutant:
    changed = (rule,) if rule is not None else ()
    return _mutant(about, policy, rules=(*policy.rules[:at], *changed, *policy.rules[at + 1 :]))


def _changed_rules(rule: Rule) -> Iterator[tuple[Rule, str]]:
    replace = msgspec.structs.replace
    softer = _SOFTER[rule.action]
    yield replace(rule, action=softer, undecided=Undecided.BLOCK), f"{softer} instead of {rule.action}"
    if rule.action is Action.BLOCK and not rule.matches_all:
        other = Undecided.NEXT if rule.undecided is Undecided.BLOCK else Undecided.BLOCK
        if _can_be_undecided(rule):
            yield replace(rule, undecided=other), f"undecided: {other}"
    if rule.match is not None:
        for match, about in _changed_matches(rule.match):
            yield replace(rule, match=match), about
    if rule.when and rule.match is not None:
        yield replace(rule, when=""), "without `when`"
    if rule.starts:
        later = date.fromisoformat(rule.starts) + timedelta(days=1)
        yield replace(rule, starts=later.isoformat()), "starts a day later"
    if rule.grace_days:
        yield replace(rule, grace_days=rule.grace_days + 1), "a day more of grace"
    for level, days in rule.sla.days.items() if rule.sla else ():
        longer = Sla(days={**rule.sla.days, level: days + 1}, start=rule.sla.start) if rule.sla else None
        yield replace(rule, sla=longer), f"a day more for {level}"


def _can_be_undecided(rule: Rule) -> bool:
    match = rule.match
    if match is None:
        return bool(rule.when)
    return bool(
        rule.when
        or (match.severity and Severity.UNKNOWN not in match.severity)
        or match.cause
        or match.licence
        or match.licence_not
        or match.secret_state
        or match.image_layer
        or any(
            value is not None
            for value in (
                *(match.known_exploited, match.direct, match.new),
                *(match.epss_at_least, match.cvss_at_least, match.older_than_days),
            )
        )
    )


def _changed_matches(match: Match) -> Iterator[tuple[Match, str]]:
    replace = msgspec.structs.replace
    for field in match.__struct_fields__:
        value = getattr(match, field)
        if value in ((), None):
            continue
        name = "class" if field == "defect" else field
        empty: object = () if isinstance(value, tuple) else None
        if replace(match, **{field: empty}) != Match():
            yield replace(match, **{field: empty}), f"without `{name}`"
        if isinstance(value, bool):
            yield replace(match, **{field: not value}), f"`{name}: {str(not value).lower()}`"
        elif isinstance(value, float | int):
            step = 1 if isinstance(value, int) or value > 1 else 0.05
            yield replace(match, **{field: value + step}), f"`{name}` a little higher"
    yield from _moved(match, "severity", match.severity, _SEVERITIES)
    yield from _moved(match, "confidence", match.confidence, _CONFIDENCES)


def _moved(match: Match, field: str, named: tuple[str, ...], scale: tuple[str, ...]) -> Iterator[tuple[Match, str]]:
    """The threshold one level up (the lowest level that is named, left out) and one down (the next one, let in)."""
    levels = [level for level in scale if level in named]
    if not levels:
        return
    if len(named) > 1:
        fewer = tuple(level for level in named if level != levels[-1])
        yield msgspec.structs.replace(match, **{field: fewer}), f"`{field}` without {levels[-1]}"
    at = scale.index(levels[-1]) + 1
    if at < len(scale):
        yield msgspec.structs.replace(match, **{field: (*named, scale[at])}), f"`{field}` with {scale[at]}, too"


def _changed_tolerances(tolerance: Tolerance) -> Iterator[tuple[tuple[Tolerance, ...], str]]:
    replace: Callable[..., Tolerance] = msgspec.structs.replace
    yield (), "removed"
    if tolerance.at_most is not None:
        yield (replace(tolerance, at_most=tolerance.at_most + 1),), "one more"
    if tolerance.paths:
        yield (replace(tolerance, paths=()),), "everywhere"
    if tolerance.scanners:
        yield (replace(tolerance, scanners=()),), "of any scanner"
