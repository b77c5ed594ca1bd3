"""A policy's tests, all of them: do they pass, which rules do they never reach, and what would they not notice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from secscan.gate.mutation import Score, score
from secscan.gate.trial import Tried, try_cases
from secscan.policy.load import Reader, load_draft, load_policy
from secscan.policy.model import Policy


@dataclass(frozen=True)
class Rehearsal:
    """How a policy's tests went."""

    tried: tuple[Tried, ...]
    rules: tuple[str, ...]
    """Ids of the rules that stand in the policy's own file."""
    never_hit: tuple[str, ...]
    """Those of them that decided on no finding of any test."""
    score: Score

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return all(one.passed for one in self.tried)


def rehearse(name: str, *, scanners: Collection[str] = (), floor: str = "", reader: Reader | None = None) -> Rehearsal:
    """Run the tests of a policy. Raises `PolicyError` where the policy cannot be read."""
    draft = load_draft(name, scanners=scanners, reader=reader)

    @cache
    def policy_in(environment: str) -> Policy:
        return load_policy(name, scanners=scanners, environment=environment, floor=floor, reader=reader)

    own = [one.value.id for one in draft.rules if one.node.origin == draft.node.origin]
    own += [rule.value.id for one in draft.environments.values() for rule in one.rules]
    tried = try_cases(draft.cases, policy_in)
    hit = {decision.rule for one in tried for decision in one.judgement.decisions}
    hit |= {decision.other.rule for one in tried for decision in one.judgement.decisions if decision.other}
    rules = tuple(dict.fromkeys(own))
    return Rehearsal(
        tried=tried,
        rules=rules,
        never_hit=tuple(rule for rule in rules if rule not in hit),
        score=score(policy_in(""), draft.cases, rules=rules, whole=draft.extends is None),
    )
