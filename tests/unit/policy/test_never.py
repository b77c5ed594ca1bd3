"""Rules that can never decide: what is said of them holds for random rules and findings."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.findings.levels import Cause
from secscan.findings.model import Finding
from secscan.policy.facts import Facts
from secscan.policy.model import Match, Rule
from secscan.policy.never import contradiction, takes_all
from tests.unit.policy.samples import changed, decide, findings, matches, policy, rule, rules

AT = datetime(2026, 1, 31, tzinfo=UTC)
facts = st.sampled_from(
    [
        Facts(at=AT),
        Facts(at=AT, new=False, first_seen=AT),
        Facts(at=AT, new=True, cause=Cause.CODE, first_seen=AT),
    ]
)


@settings(max_examples=400)
@given(rules, rules, st.lists(st.tuples(findings, facts), min_size=1, max_size=8))
def test_a_rule_below_one_that_takes_all_never_decides(
    one: Rule, other: Rule, seen: list[tuple[Finding, Facts]]
) -> None:
    # Half of all pairs are made related, or hardly one would be.
    for below in (other, changed(other, match=_narrower(one.match, other.match))):
        pair = (changed(one, id="above"), changed(below, id="below"))
        if takes_all(*pair):
            judged = policy(*pair)
            assert "below" not in {decide(judged, finding, known).rule for finding, known in seen}


def _narrower(wide: Match | None, more: Match | None) -> Match | None:
    """All conditions of the one, and those of the other besides."""
    if wide is None or more is None:
        return wide or more
    return Match(**{name: getattr(wide, name) or getattr(more, name) for name in Match.__struct_fields__})


@settings(max_examples=400)
@given(matches, findings)
def test_what_contradicts_itself_matches_nothing(match: Match, finding: Finding) -> None:
    if contradiction(match) and not (finding.kind in ("sast", "secret", "dast") and finding.package is not None):
        blocking = changed(rule("block", undecided="next"), match=match)
        assert decide(policy(blocking), finding).rule == "rest"


def test_pairs_by_hand() -> None:
    high = rule("block", severity=["high"])
    assert takes_all(high, rule("block", severity=["high"], kind=["sast"]))
    assert not takes_all(rule("block", severity=["high"], kind=["sast"]), high)
    # A finding of unknown severity is left by the first and blocked by the second.
    assert not takes_all(rule("warn", severity=["high"]), rule("block", severity=["high"], kind=["sast"]))
    assert not takes_all(rule("block", undecided="next", severity=["high"]), high)
    assert takes_all(rule("warn", severity=["high"]), rule("warn", severity=["high"], kind=["sast"]))
    assert takes_all(
        rule("accept", severity=["high", "unknown"]), rule("block", severity=["high", "unknown"], new=None)
    )
    assert takes_all(rule("warn", paths_not=["src/**"]), rule("warn", paths_not=["src/**", "lib/**"]))
    assert not takes_all(rule("warn", paths_not=["src/**", "lib/**"]), rule("warn", paths_not=["src/**"]))
    assert takes_all(rule("warn", epss_at_least=0.1), rule("warn", epss_at_least=0.5))
    assert not takes_all(rule("warn", epss_at_least=0.5), rule("warn", epss_at_least=0.1))
