"""Why a finding was decided as it was: every rule that was tried, and of each condition what was asked and what is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from secscan.findings.model import Finding
from secscan.policy.cel.build import Built
from secscan.policy.cel.fields import FIELDS
from secscan.policy.cel.types import Type
from secscan.policy.decide import CompiledRule
from secscan.policy.facts import Facts
from secscan.policy.match import Condition, conditions
from secscan.policy.model import Policy, Rule

_ANSWERS = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True)
class Part:
    """One condition of a rule: what the policy asks, what the finding has, and whether it holds (None: not known)."""

    asked: str
    found: str
    answer: bool | None


@dataclass(frozen=True)
class Step:
    """One rule that was tried."""

    rule: Rule
    answer: bool | None
    parts: tuple[Part, ...]
    decides: bool


def explain(policy: Policy, finding: Finding, facts: Facts) -> tuple[Step, ...]:
    """Return the rules in order up to the one that decides, with every part of their conditions."""
    steps = []
    for rule in policy.rules:
        compiled = CompiledRule(rule, conditions(rule.match, rule.when))
        answer = compiled.answer(finding, facts)
        decides = answer is True or (answer is None and compiled.blocks_undecided)
        parts = tuple(part for one in compiled.parts for part in _parts(one, finding, facts))
        steps.append(Step(rule, answer, parts, decides))
        if decides:
            break
    return tuple(steps)


def explanation(policy: Policy, finding: Finding, facts: Facts) -> Iterator[str]:
    """Yield the explanation as lines of text, also for reports. Nothing in it is escaped."""
    for step in explain(policy, finding, facts):
        if not step.decides:
            failed = next((part for part in step.parts if part.answer is not True), None)
            why = f"{failed.asked}: {failed.found}" if failed else ""
            word = "no" if step.answer is False else "not known"
            yield f"  {step.rule.id}: {word}{f' ({why})' if why else ''}"
            continue
        yield f"* {step.rule.id}: {step.rule.action}, {step.rule.reason}"
        if not step.parts:
            yield "    it matches every finding"
        for part in step.parts:
            yield f"    {_ANSWERS[part.answer]}: {part.asked}  [{part.found}]"
        if step.answer is None:
            yield "    what is not known blocks"


def _parts(condition: Condition, finding: Finding, facts: Facts) -> Iterator[Part]:
    answer = condition.test(finding, facts)
    if condition.built is None:
        asked = f"{condition.field}: {_shown(condition.wanted)}"
        yield Part(asked, _shown(_actual(condition.field, finding, facts)), answer)
        return
    text = str(condition.wanted)
    offset = condition.built.part.start
    yield Part(f"when: {text}", _values(condition.built, finding, facts), answer)
    for atom in _atoms(condition.built) if condition.built.is_logic else ():
        piece = text[atom.part.start - offset : atom.part.end - offset]
        yield Part(f"  {piece}", _values(atom, finding, facts), atom.value(finding, facts))


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
    "epss_at_least": FIELDS["epss"].get,
    "cvss_at_least": FIELDS["cvss"].get,
    "older_than_days": lambda _, facts: (facts.at - facts.first_seen).days if facts.first_seen else None,
    "image_layer": lambda finding, _: finding.layer.base if finding.layer else "",
}
"""Where the value comes from that a matcher is held against, where it has not the name of a field."""


def _actual(name: str, finding: Finding, facts: Facts) -> Any:
    get = _ACTUAL.get(name) or FIELDS[name].get
    return get(finding, facts)
