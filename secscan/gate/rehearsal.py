"""A policy's tests, all of them: do they pass, which rules do they never reach, and what would they not notice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from secscan.gate.mutation import DEMANDS, Own, Score, score
from secscan.gate.trial import Tried, try_cases
from secscan.policy.document import Draft, Placed
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

    own = _own(draft)
    tried = try_cases(draft.cases, policy_in)
    hit = {decision.rule for one in tried for decision in one.judgement.decisions}
    hit |= {decision.other.rule for one in tried for decision in one.judgement.decisions if decision.other}
    named = dict.fromkeys(one.value.id for part in (draft, *draft.environments.values()) for one in part.rules)
    inherited = {one.value.id for one in draft.rules} - own.rules
    rules = tuple(name for name in named if name not in inherited)
    return Rehearsal(
        tried=tried,
        rules=rules,
        never_hit=tuple(rule for rule in rules if rule not in hit),
        score=score(policy_in(""), draft.cases, own),
    )


def _own(draft: Draft) -> Own:
    """What the policy's own file says, of all that holds in it."""

    def is_own(placed: Placed[Any]) -> bool:
        return placed.node.origin == draft.node.origin

    given: dict[str, Iterable[Placed[Any]]] = {
        "mode": [draft.mode] if draft.mode else [],
        "required": draft.required or (),
        "optional": draft.optional or (),
        "tolerated_gaps": draft.tolerated_gaps or (),
        "max_advisory_age": [draft.max_advisory_age] if draft.max_advisory_age else [],
        "in_source_markers": draft.in_source_markers or (),
        "waiver_terms": draft.terms.values(),
    }
    demands = {name for name, placed in given.items() if any(map(is_own, placed))}
    return Own(
        rules=frozenset(one.value.id for one in draft.rules if is_own(one)),
        demands=DEMANDS if draft.extends is None else frozenset(demands),
        tolerances=sum(map(is_own, draft.tolerated_gaps or ())),
    )
