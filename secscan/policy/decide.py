"""The policy's decision on each finding: the first rule that matches decides, and the last one always matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta

import msgspec

from secscan.findings.judgement import Decision, OtherDecision
from secscan.findings.levels import Action
from secscan.findings.model import Finding, Marker, at_each_place
from secscan.policy.facts import Facts
from secscan.policy.match import Condition, Test, all_of, conditions, undecided_fields
from secscan.policy.model import MarkerTrust, Policy, Rule, Sla, SlaStart, Undecided

MARKER_RULE = "in-source-marker"
"""What a decision names as its rule where an in-source marker counted; no rule of a policy may be called so."""

FLOOR_RULE = "left-to-the-floor"
"""The last rule of a policy that has none of its own, since it stands on a floor that decides the rest."""

_STRICTNESS = {Action.BLOCK: 0, Action.WARN: 1, Action.ACCEPT: 2}


class Decider:
    """A policy made ready to decide many findings.

    Kind, class, severity and confidence take few values together, so for each combination that occurs the rules that
    can match at all are sorted out once; a finding is held against those only.
    """

    def __init__(self, policy: Policy) -> None:
        self._trusted = {trust.tool: trust for trust in policy.in_source_markers}
        self._rules = tuple(CompiledRule.of(rule) for rule in policy.rules)
        self._candidates: dict[tuple[str, str, str, str], tuple[_Candidate, ...]] = {}

    def decide(self, finding: Finding, facts: Facts) -> Decision:
        """Return the one decision on this finding, where it stands first; its further places are not looked at."""
        if finding.markers and self._trusted:
            for marker in finding.markers:
                if _counts(marker, self._trusted.get(marker.tool)):
                    return _by_marker(finding, facts, marker)
        head = (finding.kind, finding.defect, finding.severity, finding.confidence)
        candidates = self._candidates.get(head)
        if candidates is None:
            candidates = self._candidates[head] = tuple(_candidates(self._rules, finding, facts))
        for one in candidates:
            answer = one.test(finding, facts)
            if answer or (answer is None and one.compiled.blocks_undecided):
                return one.compiled.decision(finding, facts, undecided=answer is None)
        raise ValueError("the policy has no rule that matches every finding; load_policy refuses such a policy")


def decide_all(
    policy: Policy, findings: Iterable[Finding], facts_of: Callable[[Finding], Facts]
) -> tuple[Decision, ...]:
    """Return one decision per place of a finding, sorted by fingerprint: the order of the findings does not matter.

    Where the policy stands on a floor, the stricter of the two decisions holds, and both are shown.
    """
    own = Decider(policy)
    floor = Decider(policy.floor) if policy.floor else None
    decisions = []
    for finding in at_each_place(findings):
        facts = facts_of(finding)
        decision = own.decide(finding, facts)
        if floor is not None and policy.floor is not None:
            decision = _stricter(decision, policy.name, floor.decide(finding, facts), policy.floor.name)
        decisions.append(decision)
    return tuple(sorted(decisions, key=lambda one: one.fingerprint))


def _stricter(own: Decision, own_name: str, floor: Decision, floor_name: str) -> Decision:
    chosen, name, other, other_name = own, own_name, floor, floor_name
    if _STRICTNESS[floor.action] < _STRICTNESS[own.action] or own.rule == FLOOR_RULE:
        chosen, name, other, other_name = floor, floor_name, own, own_name
    said = OtherDecision(policy=other_name, action=other.action, rule=other.rule)
    return msgspec.structs.replace(chosen, policy=name, other=said)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its conditions compiled."""

    rule: Rule
    parts: tuple[Condition, ...]

    @classmethod
    def of(cls, rule: Rule) -> CompiledRule:
        """Return the rule, compiled."""
        return cls(rule, conditions(rule.match, rule.when))

    @property
    def blocks_undecided(self) -> bool:
        """Whether it decides on a finding that lacks the data it asks for."""
        return self.rule.action is Action.BLOCK and self.rule.undecided is Undecided.BLOCK

    def answer(self, finding: Finding, facts: Facts) -> bool | None:
        """Whether the rule matches; None: undecided."""
        return all_of(self.parts)(finding, facts)

    def decision(self, finding: Finding, facts: Facts, *, undecided: bool) -> Decision:
        """Return what the rule decides, given that it decides."""
        rule, reason, action = self.rule, self.rule.reason, self.rule.action
        if undecided:
            missing = ", ".join(undecided_fields(self.parts, finding, facts))
            reason = f"{reason} (not known of this finding: {missing}; what is not known blocks)"
        due = blocks_from(rule, finding, facts) if action is Action.BLOCK else None
        if due is not None:
            action, reason = Action.WARN, f"{reason} (blocks from {due.isoformat()})"
        return Decision(
            fingerprint=finding.fingerprint,
            action=action,
            rule=rule.id,
            reason=reason,
            due=due.isoformat() if due else "",
            new=facts.new,
            cause=facts.cause,
            first_seen=facts.first_seen.isoformat() if facts.first_seen else "",
        )


def blocks_from(rule: Rule, finding: Finding, facts: Facts) -> date | None:
    """Return the day from which a blocking rule blocks this finding; None where it does already.

    A time that cannot be counted, because nobody knows when the finding was first seen, is no time.
    """
    days: list[date] = []
    if rule.starts:
        days.append(date.fromisoformat(rule.starts))
    if rule.grace_days and facts.first_seen:
        days.append((facts.first_seen + timedelta(days=rule.grace_days)).date())
    if rule.sla and finding.severity in rule.sla.days:
        start = _sla_start(rule.sla, finding, facts)
        if start is not None:
            days.append(start + timedelta(days=rule.sla.days[finding.severity]))
    last = max(days, default=None)
    return last if last is not None and facts.at.astimezone(UTC).date() < last else None


def _sla_start(sla: Sla, finding: Finding, facts: Facts) -> date | None:
    seen = facts.first_seen.astimezone(UTC).date() if facts.first_seen else None
    if sla.start is SlaStart.FIRST_SEEN:
        return seen
    try:
        return date.fromisoformat(finding.published[:10])
    except ValueError:
        return seen


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A rule that can match findings with one combination of values, with the conditions that are left to try."""

    compiled: CompiledRule
    test: Test


def _candidates(rules: tuple[CompiledRule, ...], finding: Finding, facts: Facts) -> Iterator[_Candidate]:
    """Yield the rules that can match findings with the same head as this one; the last of them matches all."""
    for compiled in rules:
        head = all_of(tuple(part for part in compiled.parts if part.is_head))(finding, facts)
        if head is False or (head is None and not compiled.blocks_undecided):
            continue
        rest = tuple(part for part in compiled.parts if not part.is_head or part.test(finding, facts) is None)
        yield _Candidate(compiled, rest[0].test if len(rest) == 1 else all_of(rest))
        if not rest:
            return


def _counts(marker: Marker, trust: MarkerTrust | None) -> bool:
    return trust is not None and bool(marker.reason.strip() or not trust.reason_required)


def _by_marker(finding: Finding, facts: Facts, marker: Marker) -> Decision:
    why = f": {marker.reason.strip()}" if marker.reason.strip() else ""
    return Decision(
        fingerprint=finding.fingerprint,
        action=Action.ACCEPT,
        rule=MARKER_RULE,
        reason=f"the policy lets markers of {marker.tool} count, and line {marker.line} has one{why}",
        new=facts.new,
        cause=facts.cause,
        first_seen=facts.first_seen.isoformat() if facts.first_seen else "",
    )
