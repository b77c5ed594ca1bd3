"""Why a finding was decided as it was: every rule that was tried, and of each condition what was asked and what is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from secscan.findings.judgement import Decision
from secscan.findings.levels import Action
from secscan.findings.model import Finding
from secscan.policy.cel.build import Built
from secscan.policy.cel.fields import FIELDS
from secscan.policy.cel.types import Type
from secscan.policy.decide import FLOOR_RULE, MARKER_RULE, CompiledRule, blocks_from
from secscan.policy.facts import Facts
from secscan.policy.match import Condition
from secscan.policy.model import Policy, Rule

Because = Callable[[Decision, Finding, Facts], tuple[str, ...]]
"""Gives the parts of the condition of the rule that decided."""

_ANSWERS = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True)
class Part:
    """One condition of a rule: what the policy asks, what the finding has, and whether it holds (None: not known)."""

    name: str
    """The matcher's name, or the whole expression."""
    asked: str
    found: str
    answer: bool | None
    short: bool = True
    """Whether `name is found` says it; else it is an expression."""


@dataclass(frozen=True)
class Step:
    """One rule that was tried."""

    rule: Rule
    answer: bool | None
    parts: tuple[Part, ...]
    decides: bool


def facts_of_decision(decision: Decision, at: datetime) -> Facts:
    """Return what was known of a finding when it was decided on, at the time `at`."""
    seen = datetime.fromisoformat(decision.first_seen) if decision.first_seen else None
    return Facts(at=at, new=decision.new, cause=decision.cause, first_seen=seen)


def because(policy: Policy) -> Because:
    """Return what tells, of a decision by this policy or its floor, every part of the rule's condition."""
    compiled: dict[tuple[str, str], CompiledRule] = {}
    for one in (policy, policy.floor):
        for rule in one.rules if one else ():
            compiled.setdefault((one.name if one else "", rule.id), CompiledRule.of(rule))
    in_heads = {name for name, rule in compiled.items() if all(part.is_head for part in rule.parts)}
    told: dict[tuple[str, ...], tuple[str, ...]] = {}

    def tell(decision: Decision, finding: Finding, facts: Facts) -> tuple[str, ...]:
        name = (decision.policy or policy.name, decision.rule)
        if name not in in_heads:
            return _lines(compiled.get(name), finding, facts)
        head = (*name, finding.kind, finding.defect, finding.severity, finding.confidence)
        lines = told.get(head)
        if lines is None:
            lines = told[head] = _lines(compiled[name], finding, facts)
        return lines

    return tell


def _lines(rule: CompiledRule | None, finding: Finding, facts: Facts) -> tuple[str, ...]:
    parts = (part for one in rule.parts for part in _parts(one, finding, facts)) if rule else ()
    return tuple(_part_line(part) for part in parts)


def explain(policy: Policy, finding: Finding, facts: Facts) -> tuple[Step, ...]:
    """Return the rules in order up to the one that decides, with every part of their conditions."""
    steps = []
    for rule in policy.rules:
        compiled = CompiledRule.of(rule)
        answer = compiled.answer(finding, facts)
        decides = answer is True or (answer is None and compiled.blocks_undecided)
        parts = tuple(part for one in compiled.parts for part in _parts(one, finding, facts))
        steps.append(Step(rule, answer, parts, decides))
        if decides:
            break
    return tuple(steps)


def explanation(policy: Policy, decision: Decision, finding: Finding, at: datetime) -> Iterator[str]:
    """Yield the explanation of a decision as lines of text. Nothing in it is escaped.

    The rules come in order up to the one that decides, with every part of its condition; those of the floor as well,
    where the policy stands on one.
    """
    facts = facts_of_decision(decision, at)
    if decision.rule == MARKER_RULE:
        yield f"* {MARKER_RULE}: {decision.action}, {decision.reason}"
        return
    yield f"Rules of the policy {policy.name}, in order; the first that matches decides:"
    yield from _rules(policy, finding, facts)
    if policy.floor is not None:
        yield f"Rules of its floor {policy.floor.name}; of both decisions the stricter holds:"
        yield from _rules(policy.floor, finding, facts)


def _rules(policy: Policy, finding: Finding, facts: Facts) -> Iterator[str]:
    for step in explain(policy, finding, facts):
        if not step.decides:
            failed = next(part for part in step.parts if part.answer is not True)
            word = "no" if step.answer is False else "not known"
            yield f"  {step.rule.id}: {word}, {failed.name} {'is' if failed.short else 'does not hold:'} {failed.found}"
            continue
        yield f"* {step.rule.id}: {step.rule.action}, {step.rule.reason}"
        if not step.parts and step.rule.id != FLOOR_RULE:
            yield "    it matches every finding"
        for part in step.parts:
            yield f"    {_part_line(part)}"
        if step.answer is None:
            yield "    what is not known blocks"
        due = blocks_from(step.rule, finding, facts) if step.rule.action is Action.BLOCK else None
        if due is not None:
            yield f"    it only warns until then: it blocks from {due.isoformat()}"


def _part_line(part: Part) -> str:
    return f"{_ANSWERS[part.answer]}: {part.asked} (here: {part.found})"


def _parts(condition: Condition, finding: Finding, facts: Facts) -> Iterator[Part]:
    answer = condition.test(finding, facts)
    if condition.built is None:
        asked = f"{condition.field}: {_shown(condition.wanted)}"
        yield Part(condition.field, asked, _shown(_actual(condition.field, finding, facts)), answer)
        return
    text = str(condition.wanted)
    offset = condition.built.part.start
    yield Part(f"`{text}`", f"when: {text}", _values(condition.built, finding, facts), answer, short=False)
    for atom in _atoms(condition.built) if condition.built.is_logic else ():
        piece = text[atom.part.start - offset : atom.part.end - offset]
        yield Part(f"`{piece}`", f"  {piece}", _values(atom, finding, facts), atom.value(finding, facts), short=False)


def _atoms(built: Built) -> Iterator[Built]:
    """The conditions that `&&`, `||`, `!` and `?:` join."""
    for one in built.parts:
        if one.is_logic:
            yield from _atoms(one)
        else:
            yield one


def _values(built: Built, finding: Finding, facts: Facts) -> str:
    """The values of the fields that a part asks for."""
    shown = [f"{name} = {_typed(FIELDS[name].type, FIELDS[name].get(finding, facts))}" for name in sorted(built.fields)]
    return ", ".join(shown) or "nothing of the finding"


def _typed(kind: Type, value: Any) -> str:
    if isinstance(value, int | float) and value == value and kind.name in ("timestamp", "duration"):
        if kind.name == "duration":
            return f"{value / 86_400_000_000:.1f} days"
        return datetime.fromtimestamp(value / 1_000_000, UTC).isoformat()
    return _shown(value)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "true" if value else "false"
        case tuple():
            return f"[{', '.join(_shown(one) for one in value)}]"
        case float() if value != value:
            return "none"
        case "":
            return "none"
        case StrEnum():
            return value.value
    return str(value)


_ACTUAL: dict[str, Callable[[Finding, Facts], Any]] = {
    "paths": FIELDS["path"].get,
    "paths_not": FIELDS["path"].get,
    "cwe": FIELDS["cwes"].get,
    "identifier": FIELDS["identifiers"].get,
    "scanner": FIELDS["scanners"].get,
    "only_scanner": FIELDS["scanners"].get,
    "rule": FIELDS["rules"].get,
    "licence_not": FIELDS["licence"].get,
    "epss_at_least": FIELDS["epss"].get,
    "cvss_at_least": FIELDS["cvss"].get,
    "older_than_days": lambda _, facts: (facts.at - facts.first_seen).days if facts.first_seen else None,
    "image_layer": lambda finding, _: finding.layer.base if finding.layer else "",
}
"""Where the value comes from that a matcher is held against, where it has not the name of a field."""


def _actual(name: str, finding: Finding, facts: Facts) -> Any:
    get = _ACTUAL.get(name) or FIELDS[name].get
    return get(finding, facts)
