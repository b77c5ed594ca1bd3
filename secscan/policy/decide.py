"""The policy's decision on each finding: the first rule that matches decides, and the last one always matches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from secscan.findings.judgement import Decision
from secscan.findings.levels import Action
from secscan.findings.model import Finding, Marker
from secscan.policy.match import Condition, Test, all_of, conditions, undecided_fields
from secscan.policy.model import MarkerTrust, Policy, Rule, Undecided

MARKER_RULE = "in-source-marker"
"""What a decision names as its rule where an in-source marker counted; no rule of a policy may be called so."""


class Decider:
    """A policy made ready to decide many findings.

    Kind, class, severity and confidence take few values together, so for each combination that occurs the rules that
    can match at all are sorted out once; a finding is held against those only.
    """

    def __init__(self, policy: Policy) -> None:
        self._trusted = {trust.tool: trust for trust in policy.in_source_markers}
        self._rules = tuple(_Compiled(rule, conditions(rule.match) if rule.match else ()) for rule in policy.rules)
        self._candidates: dict[tuple[str, str, str, str], tuple[_Candidate, ...]] = {}

    def decide(self, finding: Finding) -> Decision:
        """Return the one decision on this finding."""
        if finding.markers and self._trusted:
            for marker in finding.markers:
                if _counts(marker, self._trusted.get(marker.tool)):
                    return _by_marker(finding, marker)
        head = (finding.kind, finding.defect, finding.severity, finding.confidence)
        candidates = self._candidates.get(head)
        if candidates is None:
            candidates = self._candidates[head] = tuple(_candidates(self._rules, finding))
        for one in candidates:
            answer = one.test(finding)
            if answer or (answer is None and one.blocks_undecided):
                return one.compiled.decision(finding, undecided=answer is None)
        raise ValueError("the policy has no rule that matches every finding; load_policy refuses such a policy")


def decide(policy: Policy, finding: Finding) -> Decision:
    """Return the policy's decision on one finding; for many, use `decide_all`."""
    return Decider(policy).decide(finding)


def decide_all(policy: Policy, findings: Iterable[Finding]) -> tuple[Decision, ...]:
    """Return one decision per finding, sorted by fingerprint: the order of the findings does not matter."""
    decider = Decider(policy)
    return tuple(sorted((decider.decide(finding) for finding in findings), key=lambda one: one.fingerprint))


_HEAD = frozenset({"kind", "class", "severity", "confidence"})
"""Fields whose conditions are answered once per combination of their values."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule with its conditions compiled."""

    rule: Rule
    parts: tuple[Condition, ...]

    def decision(self, finding: Finding, *, undecided: bool) -> Decision:
        reason = self.rule.reason
        if undecided:
            missing = ", ".join(undecided_fields(self.parts, finding))
            reason = f"{reason} (not known of this finding: {missing}; what is not known blocks)"
        return Decision(fingerprint=finding.fingerprint, action=self.rule.action, rule=self.rule.id, reason=reason)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A rule that can match findings with one combination of values, with the conditions that are left to try."""

    compiled: _Compiled
    test: Test
    blocks_undecided: bool


def _candidates(rules: tuple[_Compiled, ...], finding: Finding) -> Iterator[_Candidate]:
    """Yield the rules that can match findings with the same head as this one; the last of them matches all."""
    for compiled in rules:
        rule = compiled.rule
        blocks_undecided = rule.action is Action.BLOCK and rule.undecided is Undecided.BLOCK
        head = all_of(tuple(part for part in compiled.parts if part.field in _HEAD))(finding)
        if head is False or (head is None and not blocks_undecided):
            continue
        rest = tuple(part for part in compiled.parts if part.field not in _HEAD or part.test(finding) is None)
        yield _Candidate(compiled, rest[0].test if len(rest) == 1 else all_of(rest), blocks_undecided)
        if not rest:
            return


def _counts(marker: Marker, trust: MarkerTrust | None) -> bool:
    return trust is not None and bool(marker.reason.strip() or not trust.reason_required)


def _by_marker(finding: Finding, marker: Marker) -> Decision:
    why = f": {marker.reason.strip()}" if marker.reason.strip() else ""
    return Decision(
        fingerprint=finding.fingerprint,
        action=Action.ACCEPT,
        rule=MARKER_RULE,
        reason=f"the policy lets markers of {marker.tool} count, and line {marker.line} has one{why}",
    )
