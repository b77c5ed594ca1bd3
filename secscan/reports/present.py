"""What all reports share: order by what to do first, counts, and the words for a verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from secscan.findings.judgement import Decision, Judgement, Reason, RemedyStep, strictest
from secscan.findings.levels import Action, RunStatus, Severity, Verdict
from secscan.findings.model import Finding, Gap, ScannerRun
from secscan.findings.scan import Scan

_WELL_KNOWN = {"CVE": 0, "GHSA": 1, "PYSEC": 2}

_ACTIONS = (Action.BLOCK, Action.WARN, Action.ACCEPT)

_RANK = {action: at for at, action in enumerate(_ACTIONS)}

_UNJUDGED = Judgement(policy="", policy_digest="", verdict=Verdict.INCOMPLETE)
"""A scan that nobody judged has not passed."""


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A finding with the decision on it, seen from the place that decided. As `findings.model.Value` it holds no
    cycle."""

    finding: Finding
    decision: Decision
    places: tuple[Judged, ...] = ()
    """The further places, each with the decision there."""

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key: what to do first."""
        finding = self.finding
        region = finding.location.region
        return (
            _RANK[self.decision.action],
            finding.severity.order,
            finding.confidence.order,
            finding.location.path,
            region.start_line if region else 0,
            finding.fingerprint,
        )


@dataclass(frozen=True)
class GapGroup:
    """Gaps of one kind by one scanner."""

    scanner: str
    kind: str
    gaps: tuple[Gap, ...]

    @property
    def remedy(self) -> str:
        """The first remedy that one of them names."""
        return next(iter(self.remedies), "")

    @property
    def details(self) -> tuple[str, ...]:
        """Why, each reason once, the most frequent first."""
        return _by_count(gap.detail for gap in self.gaps)

    @property
    def remedies(self) -> tuple[str, ...]:
        """What to do, each once, the most frequent first."""
        return _by_count(gap.remedy for gap in self.gaps)


@dataclass(frozen=True)
class Presentation:
    """A judged scan, arranged for reading."""

    scan: Scan

    @property
    def judgement(self) -> Judgement:
        """The judgement; one that says incomplete, where the scan has none."""
        return self.scan.judgement or _UNJUDGED

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """Every finding with its decision, what to do first at the head. A finding nobody decided on blocks."""
        decisions = {one.fingerprint: one for one in self.judgement.decisions}
        return tuple(sorted((_judged(one, decisions) for one in self.scan.findings), key=lambda judged: judged.order))

    def with_action(self, action: Action) -> tuple[Judged, ...]:
        """The findings that the policy says this of."""
        return self._with_action[action]

    @cached_property
    def _with_action(self) -> dict[Action, tuple[Judged, ...]]:
        return {action: tuple(one for one in self.judged if one.decision.action is action) for action in _ACTIONS}

    @cached_property
    def by_action(self) -> dict[str, int]:
        """How many findings are blocked, warned of, accepted."""
        counts = Counter(one.decision.action for one in self.judged)
        return {action.value: counts[action] for action in _ACTIONS}

    @cached_property
    def by_severity(self) -> dict[str, int]:
        """How many findings there are of each severity, worst first."""
        counts = Counter(one.finding.severity for one in self.judged)
        return {level.value: counts[level] for level in sorted(Severity, key=lambda one: one.order)}

    def cleared_by(self, step: RemedyStep) -> int:
        """How many findings a step clears: one, however many places it has."""
        return len({self._finding_at[one] for one in step.clears if one in self._finding_at})

    @cached_property
    def _finding_at(self) -> dict[str, int]:
        """Which finding, by the fingerprints of its places."""
        return {one.fingerprint: at for at, whole in enumerate(self.scan.findings) for one in whole.each}

    @cached_property
    def failures(self) -> tuple[Reason, ...]:
        """Reasons for `failed`."""
        return tuple(one for one in self.judgement.reasons if one.verdict is Verdict.FAILED)

    @cached_property
    def doubts(self) -> tuple[Reason, ...]:
        """Reasons for `incomplete`."""
        return tuple(one for one in self.judgement.reasons if one.verdict is Verdict.INCOMPLETE)

    @cached_property
    def gap_groups(self) -> tuple[GapGroup, ...]:
        """All gaps, by scanner and kind."""
        groups: dict[tuple[str, str], list[Gap]] = defaultdict(list)
        for gap in self.scan.gaps:
            groups[gap.scanner, gap.kind].append(gap)
        return tuple(GapGroup(scanner, kind, tuple(gaps)) for (scanner, kind), gaps in sorted(groups.items()))

    @property
    def sentence(self) -> str:
        """The verdict in one sentence, without a full stop."""
        if self.scan.judgement is None:
            return "nobody has judged this scan"
        parts = []
        waivers = sum(one.about == "waiver" for one in self.failures)
        if len(self.failures) > waivers:
            parts.append(f"the policy blocks {counted(len(self.failures) - waivers, 'finding')}")
        if waivers:
            parts.append(f"{counted(waivers, 'waiver')} {_verb(waivers, 'is', 'are')} not in order")
        if doubts := len(self.doubts):
            parts.append(f"{counted(doubts, 'thing')} that had to be looked at {_verb(doubts, 'was', 'were')} not")
        if not parts:
            parts.append("nothing blocks, and everything that had to be looked at was")
        text = "; ".join(parts)
        if self.judgement.log_only:
            return f"{text}. The policy only logs, so the build goes on"
        return text


def _by_count(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text, _ in Counter(filter(None, texts)).most_common())


def _judged(finding: Finding, decisions: Mapping[str, Decision]) -> Judged:
    if not finding.places:
        return Judged(finding, decisions.get(finding.fingerprint) or _missing(finding))
    each = [Judged(one, decisions.get(one.fingerprint) or _missing(one)) for one in finding.each]
    holds = strictest(one.decision for one in each)
    return Judged(
        finding.seen_from(holds.fingerprint),
        holds,
        tuple(one for one in each if one.finding.fingerprint != holds.fingerprint),
    )


def _missing(finding: Finding) -> Decision:
    return Decision(fingerprint=finding.fingerprint, action=Action.BLOCK, rule="", reason="nobody decided on it")


def kept_of(scan: Scan, run: ScannerRun) -> int:
    """How many files a scanner did not look at again, since its word on them was kept from an earlier scan."""
    return next((one.kept for one in (scan.run.timings if scan.run else ()) if one.scanner == run.scanner), 0)


def ran_as(run: ScannerRun, kept: int = 0) -> str:
    """How a scanner ended, in a few words. `kept`: see `kept_of`."""
    if run.imported and run.status == "completed":
        return "its results were imported; nobody saw it look"
    if run.status == "completed":
        earlier = f" ({kept} in earlier scans)" if kept else ""
        return f"looked at {run.looked_at} of {run.selected}{earlier}"
    return run.reason or run.status


def not_done(view: Presentation) -> tuple[str, ...]:
    """What makes the verdict incomplete, then every other scanner that failed, a sentence each."""
    doubted = {one.subject for one in view.doubts if one.about == "scanner"}
    failed = (one for one in view.scan.scanners if one.status is RunStatus.FAILED and one.scanner not in doubted)
    return (
        *(". ".join(filter(None, (one.text, one.hint))) for one in view.doubts),
        *(f"{one.scanner} failed: {ran_as(one)}" for one in failed),
    )


def not_looked_at(view: Presentation) -> tuple[str, ...]:
    """Everything that was not looked at, a sentence each: what was not done, and every gap, also those that the policy
    tolerates."""
    return (
        *not_done(view),
        *(
            f"{one.scanner} could not look at {one.subject} ({one.kind})" + (f": {one.detail}" if one.detail else "")
            for one in view.scan.gaps
        ),
    )


def gap_sentence(gap: Gap) -> str:
    """What could not be looked at, by whom, why, and what to do."""
    parts = (f"{gap.scanner} could not look at {gap.subject} ({gap.kind})", gap.detail, gap.remedy)
    return ". ".join(part for part in parts if part)


def decided_by(decision: Decision) -> str:
    """By what a finding is decided: `waiver flask`, `rule serious`."""
    return f"waiver {decision.waiver}" if decision.waiver else f"rule {decision.rule or 'none'}"


def alike(decision: Decision) -> tuple[object, ...]:
    """Everything that a decision says, but for the finding it is on: equal for all findings that are decided alike, so
    that a report can put it into its words once."""
    return (
        decision.action,
        decision.rule,
        decision.reason,
        decision.because,
        decision.waiver,
        decision.due,
        decision.new,
        decision.cause,
        decision.first_seen,
        decision.policy,
        decision.other,
    )


def main_identifier(finding: Finding) -> str:
    """The id by which people know a vulnerability: its CVE, else what its first database calls it."""
    ids = [one for one in finding.identifiers if not one.startswith("CWE-")]
    return min(ids, key=lambda one: (_WELL_KNOWN.get(one.partition("-")[0], 9), one), default="")


def introduction(finding: Finding) -> str:
    """Which commit brought a finding and whether it still stands, in a few words; empty where no history tells."""
    one = finding.introduced
    if one is None:
        return ""
    who = ", ".join(part for part in (one.author, one.date[:10]) if part)
    return f"commit {one.commit[:12]} ({who}), {'in HEAD' if one.in_head else 'not in HEAD any more'}"


def newness(decision: Decision) -> str:
    """Whether a finding is new and why, and when it will block, in a few words; empty where nothing tells."""
    words = []
    if decision.new:
        words.append(f"new, by a change of the {decision.cause}" if decision.cause else "new")
    elif decision.first_seen:
        words.append(f"first seen {decision.first_seen[:10]}")
    if decision.due:
        words.append(f"blocks from {decision.due}")
    return "; ".join(words)


def other_decision(decision: Decision) -> str:
    """What the other of policy and floor says, in a few words; empty where only one judged."""
    if decision.other is None:
        return ""
    other = decision.other
    return f"decided by {decision.policy}; {other.policy} says {other.action} ({other.rule})"


def sources_of(finding: Finding) -> str:
    """Who reported a finding: `bandit B608, semgrep secscan.py.sql...`."""
    rules: dict[str, None] = {f"{one.scanner} {one.rule}": None for here in finding.each for one in here.sources}
    return ", ".join(rules)


def counted(number: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many
