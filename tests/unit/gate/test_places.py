"""A secret in several places is judged as strictly as if each place were a finding of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.correlate.values import one_per_secret
from secscan.findings.fingerprint import with_fingerprints
from secscan.findings.judgement import Decision, strictest
from secscan.findings.levels import Action, Confidence, Kind, RunStatus, Severity, Verdict, WaiverState
from secscan.findings.model import Finding, Introduced, Location, Marker, Region, ScannerRun, Source, TargetInfo
from secscan.findings.scan import FORMAT, FileState, Scan
from secscan.gate.again import backtest, uses_of
from secscan.gate.judge import judge, judged
from secscan.gate.rehearsal import rehearse
from secscan.gate.weakening import Terms, weakening
from secscan.policy.baseline import Baseline, baseline_of, facts_from
from secscan.policy.gone import fixed_since
from secscan.policy.load import Reader
from secscan.policy.model import MarkerTrust, Match, Policy, Waiver
from secscan.reports.present import Presentation
from tests.unit.policy import samples
from tests.unit.policy.samples import policy, read_policy, rule

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = Finding(
    kind=Kind.SECRET,
    defect="hardcoded-credential",
    title="Hard-coded password",
    message="A secret stands in the file.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    location=Location(path="a.py", region=Region(start_line=3)),
    sources=(Source(scanner="secrets", rule="secscan.secret.generic-password"),),
    remediation="Rotate it.",
    fingerprint="1aaaaaaa",
)
SECRETS = ScannerRun(scanner="secrets", status=RunStatus.COMPLETED, selected=3, looked_at=3, control=True)
STRICT = policy(rule("block", "secret", kind=["secret"]), required=("secrets",))


def at(path: str, fingerprint: str, **about: Any) -> Finding:
    return msgspec.structs.replace(
        SECRET, location=Location(path=path, region=Region(start_line=3)), fingerprint=fingerprint, **about
    )


SRC, TEST, NEW = at("src/a.py", "1aaaaaaa"), at("tests/b.py", "1bbbbbbb"), at("src/new.py", "1ccccccc")


def spread(*places: Finding) -> Finding:
    (one,) = one_per_secret(msgspec.structs.replace(place, same="x") for place in places)
    return one


def scan(*findings: Finding, **fields: Any) -> Scan:
    return Scan(
        **{
            "format": FORMAT,
            "secscan": "0",
            "target": TargetInfo(kind="tree", name="shop", digest="d", files=3, bytes=9),
            "scanners": (SECRETS,),
            "findings": findings,
            "gaps": (),
            **fields,
        }
    )


def waiver(*fingerprints: str, **fields: Any) -> Waiver:
    given_fields = {"id": "w", "reason": "a made-up value", "owner": "ana", "expires": "2026-05-01", **fields}
    return Waiver(fingerprints=fingerprints, **given_fields)


def verdict(finding: Finding, by: Policy = STRICT, **terms: Any) -> Verdict:
    return judge(scan(finding), by, NOW, **terms).verdict


def test_a_waiver_for_one_place_covers_that_place_only() -> None:
    both = spread(SRC, NEW)
    for one, other in ((SRC, NEW), (NEW, SRC)):
        judgement = judge(scan(both), STRICT, NOW, waivers=(waiver(one.fingerprint),))
        assert judgement.verdict is Verdict.FAILED
        assert [reason.subject for reason in judgement.reasons] == [other.fingerprint]
        assert judgement.waivers[0].fingerprints == (one.fingerprint,)
    assert verdict(both, waivers=(waiver(SRC.fingerprint, NEW.fingerprint),)) is Verdict.PASSED
    by_path = waiver(match=Match(paths=("tests/**",)))
    assert verdict(spread(SRC, TEST), waivers=(by_path,)) is Verdict.FAILED
    assert verdict(spread(TEST, at("tests/c.py", "1ddddddd")), waivers=(by_path,)) is Verdict.PASSED


def test_at_most_counts_places() -> None:
    judgement = judge(scan(spread(SRC, NEW)), STRICT, NOW, waivers=(waiver(match=Match(paths=("src/**",)), at_most=1),))
    assert (judgement.verdict, judgement.waivers[0].state) == (Verdict.FAILED, WaiverState.OVER)


def test_a_copy_in_the_baseline_covers_no_new_one() -> None:
    only_new = policy(rule("block", "new", kind=["secret"], new=True), required=("secrets",))
    baseline = baseline_of(scan(SRC))
    assert verdict(SRC, only_new, baseline=baseline) is Verdict.PASSED
    judgement = judge(scan(spread(SRC, NEW)), only_new, NOW, baseline=baseline)
    assert judgement.verdict is Verdict.FAILED
    assert {one.fingerprint: one.new for one in judgement.decisions} == {"1aaaaaaa": False, "1ccccccc": True}
    assert {one.fingerprint for one in baseline_of(scan(spread(SRC, NEW))).findings} == {"1aaaaaaa", "1ccccccc"}
    assert verdict(spread(SRC, NEW), only_new, baseline=baseline_of(scan(spread(SRC, NEW)))) is Verdict.PASSED


def test_a_place_that_is_gone_is_told_and_one_that_was_never_there_is_not() -> None:
    files = tuple(FileState(path=path, digest="1") for path in ("src/a.py", "src/new.py"))
    before = baseline_of(scan(spread(SRC, NEW), files=files))
    assert [one.path for one in fixed_since(before, scan(SRC, files=files))] == ["src/new.py"]
    assert fixed_since(before, scan(spread(SRC, NEW), files=files)) == ()


def test_places_in_renamed_files_are_known_again() -> None:
    def told(path: str) -> Finding:
        return at(path, "")

    old = spread(*with_fingerprints([told("old.py"), told("z.py")]))
    now = spread(*with_fingerprints([told("new.py"), told("z.py")]))
    baseline = msgspec.structs.replace(baseline_of(scan(old)), renames={"new.py": "old.py"})
    facts_of = facts_from(baseline, scan(now), NOW)
    assert [facts_of(one).new for one in now.each] == [False, False]


def test_a_copy_in_a_folder_of_tests_covers_none_elsewhere_nor_the_other_way_round() -> None:
    lenient = policy(
        rule("accept", "tests", kind=["secret"], paths=["tests/**"]),
        rule("block", "secret", kind=["secret"]),
        required=("secrets",),
    )
    assert verdict(TEST, lenient) is Verdict.PASSED
    both = judged(scan(spread(SRC, TEST)), lenient, NOW)
    assert both.judgement is not None
    assert both.judgement.verdict is Verdict.FAILED
    strict_on_tests = policy(rule("block", "tests", paths=["tests/**"]), required=("secrets",))
    assert verdict(SRC, strict_on_tests) is Verdict.PASSED
    seen = judged(scan(spread(SRC, TEST)), strict_on_tests, NOW)
    (shown,) = Presentation(seen).judged
    assert (shown.finding.place, shown.decision.fingerprint, shown.decision.rule) == (
        "tests/b.py:3",
        "1bbbbbbb",
        "tests",
    )
    assert [(one.finding.place, one.decision.action) for one in shown.places] == [("src/a.py:3", Action.ACCEPT)]


def test_severity_confidence_and_sources_are_those_of_the_place() -> None:
    unsure = at("tests/b.py", "1bbbbbbb", confidence=Confidence.LOW)
    sure_only = policy(rule("block", "sure", confidence=["high"]), required=("secrets",))
    decisions = judge(scan(spread(SRC, unsure)), sure_only, NOW).decisions
    assert [one.action for one in decisions] == [Action.BLOCK, Action.ACCEPT]
    by_other = at("src/new.py", "1ccccccc", sources=(Source(scanner="vault", rule="v"),))
    only_ours = policy(
        rule("accept", "ours", only_scanner=["secrets"]), rule("block", "rest", kind=["secret"]), required=("secrets",)
    )
    assert verdict(spread(SRC, by_other), only_ours) is Verdict.FAILED
    assert verdict(spread(SRC, NEW), only_ours) is Verdict.PASSED


def test_a_marker_counts_where_it_stands() -> None:
    trusting = policy(
        rule("block", "secret", kind=["secret"]),
        required=("secrets",),
        in_source_markers=(MarkerTrust(tool="bandit", reason_required=False),),
    )
    marked = at("tests/b.py", "1bbbbbbb", markers=(Marker(tool="bandit", text="nosec", line=3),))
    assert verdict(marked, trusting) is Verdict.PASSED
    assert verdict(spread(marked, SRC), trusting) is Verdict.FAILED


def test_one_reason_and_one_step_for_a_secret_that_name_all_places_which_block() -> None:
    judgement = judge(scan(spread(SRC, TEST, NEW)), STRICT, NOW, waivers=(waiver(SRC.fingerprint),))
    (reason,) = judgement.reasons
    assert reason.text.startswith("Hard-coded password (high) in src/new.py:3 and 1 more place: ")
    assert judgement.remedy is not None
    (step,) = judgement.remedy.steps
    assert step.clears == ("1bbbbbbb", "1ccccccc")
    assert judgement.remedy.left is Verdict.PASSED
    assert Presentation(judged(scan(spread(SRC, TEST, NEW)), STRICT, NOW)).cleared_by(step) == 1


def test_a_change_that_loosens_one_place_weakens_the_gate() -> None:
    loose = policy(
        rule("accept", "tests", paths=["tests/**"]), rule("block", "secret", kind=["secret"]), required=("secrets",)
    )
    finding = weakening(scan(spread(SRC, TEST)), Terms(STRICT), Terms(loose), NOW, files=["policy.yaml"])
    assert finding is not None
    assert "tests/b.py:3: accept by the rule tests" in finding.message
    assert "src/a.py" not in finding.message


def test_judging_a_saved_scan_again_knows_each_place() -> None:
    seen = judged(scan(spread(SRC, NEW)), STRICT, NOW, baseline=baseline_of(scan(SRC)), waivers=(waiver("1aaaaaaa"),))
    only_new = policy(rule("block", "new", new=True), required=("secrets",))
    again = backtest(seen, only_new, NOW)
    assert (again.after.verdict, again.flips) == (Verdict.FAILED, ())
    (flip,) = backtest(seen, policy(rule("warn", "all", kind=["secret"])), NOW).flips
    assert (flip.before.action, flip.after.action, flip.finding.place) == (Action.BLOCK, Action.WARN, "src/new.py:3")
    assert uses_of(seen, (waiver("1ccccccc"),), STRICT, NOW)[0].fingerprints == ("1ccccccc",)


def test_places_must_have_fingerprints_of_their_own() -> None:
    twice = msgspec.structs.replace(SRC, places=(msgspec.structs.replace(NEW, fingerprint=SRC.fingerprint),))
    for finding in (twice, msgspec.structs.replace(SRC, places=(msgspec.structs.replace(NEW, fingerprint=""),))):
        with pytest.raises(ValueError, match="fingerprint of their own"):
            judge(scan(finding), STRICT, NOW)


def test_a_place_that_nobody_decided_on_blocks() -> None:
    seen = judged(scan(spread(SRC, NEW)), policy(required=("secrets",)), NOW)
    assert seen.judgement is not None
    less = tuple(one for one in seen.judgement.decisions if one.fingerprint == SRC.fingerprint)
    (shown,) = Presentation(
        msgspec.structs.replace(seen, judgement=msgspec.structs.replace(seen.judgement, decisions=less))
    ).judged
    assert (shown.decision.action, shown.finding.place) == (Action.BLOCK, "src/new.py:3")


def test_of_two_that_warn_the_one_that_blocks_sooner_holds() -> None:
    def said(name: str, action: Action, due: str = "") -> Decision:
        return Decision(fingerprint=name, action=action, rule="r", due=due)

    warn, later, sooner = (
        said("w", Action.WARN),
        said("l", Action.WARN, "2027-01-01"),
        said("s", Action.WARN, "2026-05-01"),
    )
    block, accept = said("b", Action.BLOCK), said("a", Action.ACCEPT)
    assert strictest([accept, warn, later, sooner]) is sooner
    assert strictest([sooner, block, accept]) is block
    assert strictest([warn, said("x", Action.WARN)]) is warn


POLICY_ON_HISTORY = b"""
format: secscan.policy/1
name: history
rules:
  - {id: gone, when: "!finding.in_head && finding.introduced < date('2025-01-01')", action: warn, reason: old and gone}
  - {id: rest, action: block, reason: the rest}
tests:
  - {name: old, finding: {kind: secret, in_head: false, introduced: 2024-05-01}, expect: {rule: gone}}
  - {name: young, finding: {kind: secret, in_head: false, introduced: 2026-01-01}, expect: {rule: rest}}
  - {name: there, finding: {kind: secret, in_head: true, introduced: 2024-05-01}, expect: {rule: rest}}
  - {name: in a tree, finding: {kind: secret}, expect: {rule: rest}}
"""


def test_a_policy_can_ask_when_a_secret_came_and_whether_it_is_still_there() -> None:
    asking = read_policy(POLICY_ON_HISTORY)
    rehearsal = rehearse("policy.yaml", reader=Reader(file=lambda _: POLICY_ON_HISTORY))
    assert len(rehearsal.tried) == 4
    assert [problem for one in rehearsal.tried for problem in one.problems] == []
    old = Introduced(commit="c", author="a", date="2024-05-01T00:00:00Z")
    both = spread(
        at("a.py", "1aaaaaaa", introduced=old),
        at("b.py", "1bbbbbbb", introduced=msgspec.structs.replace(old, in_head=True)),
    )
    decisions = judge(scan(both), asking, NOW).decisions
    assert [one.action for one in decisions] == [Action.WARN, Action.BLOCK]


_MADE = st.builds(
    lambda finding, same, kind: msgspec.structs.replace(
        finding, same=same, kind=kind, package=None if same else finding.package
    ),
    samples.findings,
    st.sampled_from(["", "x", "y"]),
    st.sampled_from([Kind.SECRET, Kind.SECRET, Kind.SAST]),
)
_WAIVERS = st.builds(
    lambda number, paths, days: waiver(
        id=f"w{number}", match=Match(paths=paths), expires=(NOW + timedelta(days=days)).date().isoformat()
    ),
    st.integers(0, 10**6),
    st.sampled_from([("src/**",), ("tests/**",), ("**/*.py",), ("*",)]),
    st.sampled_from([-5, 20]),
)


@settings(max_examples=400)
@given(
    st.lists(_MADE, max_size=7, unique_by=lambda one: one.fingerprint),
    samples.policies,
    st.lists(_WAIVERS, max_size=2, unique_by=lambda one: one.id),
    st.sets(st.integers(0, 6)),
    st.randoms(use_true_random=False),
)
def test_findings_with_places_come_out_as_single_ones_do(
    singles: list[Finding], by: Policy, waivers: list[Waiver], known: set[int], random: Any
) -> None:
    bare = [msgspec.structs.replace(one, same="") for one in singles]
    baseline: Baseline = baseline_of(scan(*(one for at, one in enumerate(bare) if at in known)))
    whole = list(one_per_secret(singles))
    random.shuffle(whole)
    terms: dict[str, Any] = {"waivers": waivers, "baseline": baseline}
    split, together = (judge(scan(*some), by, NOW, **terms) for some in (bare, whole))
    assert together.verdict is split.verdict
    assert together.decisions == split.decisions
    assert together.waivers == split.waivers
    assert together.fixed == split.fixed
    blocked = {one.fingerprint for one in split.decisions if one.action is Action.BLOCK}
    stopped = [one for one in whole if any(here.fingerprint in blocked for here in one.each)]
    assert sum(one.about == "finding" for one in together.reasons) == len(stopped)
    assert together.remedy is None or split.remedy is None or together.remedy.left is split.remedy.left
