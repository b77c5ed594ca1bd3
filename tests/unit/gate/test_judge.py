from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secscan.findings.levels import Confidence, GapKind, RunStatus, Severity, Verdict
from secscan.findings.model import Finding, Gap, ScannerRun, TargetInfo
from secscan.findings.scan import FORMAT, Scan
from secscan.gate.judge import judge
from secscan.policy.model import Mode, Policy, Tolerance
from tests.unit.policy import samples
from tests.unit.policy.samples import FLASK, SQL, changed, policy, rule

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TREE = TargetInfo(kind="tree", name="shop", digest="d", files=3, bytes=99)
BANDIT = ScannerRun(scanner="bandit", status=RunStatus.COMPLETED, selected=3, looked_at=3, control=True)
SEMGREP = changed(BANDIT, scanner="semgrep")
FAILED_RUN = ScannerRun(scanner="bandit", status=RunStatus.FAILED, reason="it was killed", hint="give it more memory")
NOTHING = ScannerRun(scanner="bandit", status=RunStatus.SKIPPED, idle=True, reason="nothing in the target concerns it")

BLOCKS_HIGH = rule("block", "high", severity=["high"])
DEMANDING = policy(BLOCKS_HIGH, required=("bandit",))


def scan(**fields: Any) -> Scan:
    given_fields = {"target": TREE, "scanners": (BANDIT,), "findings": (), "gaps": (), **fields}
    return Scan(format=FORMAT, secscan="0", **given_fields)


def gap(kind: GapKind = GapKind.UNPARSABLE, subject: str = "a.py", scanner: str = "bandit", **more: Any) -> Gap:
    return Gap(scanner=scanner, kind=kind, subject=subject, **more)


def tolerance(*kinds: GapKind, **more: Any) -> Tolerance:
    return Tolerance(kinds=kinds or (GapKind.UNPARSABLE,), reason="on purpose", **more)


def tolerating(*tolerances: Tolerance) -> Policy:
    return policy(BLOCKS_HIGH, required=("bandit",), tolerated_gaps=tolerances)


def test_nothing_wrong_passes() -> None:
    judgement = judge(scan(findings=(changed(SQL, severity=Severity.LOW),)), DEMANDING, NOW)
    assert judgement.verdict is Verdict.PASSED
    assert judgement.reasons == ()
    assert judgement.policy == "test"
    assert judgement.policy_digest == DEMANDING.digest
    assert not judgement.log_only


OPTIONAL = policy(BLOCKS_HIGH, optional=("bandit",))
EMPTY = changed(TREE, files=0)

INCOMPLETE: dict[str, tuple[Scan, Policy, str, str, str]] = {
    "a required scanner is absent": (
        scan(scanners=(SEMGREP,)),
        DEMANDING,
        "scanner",
        "bandit",
        "bandit is required by the policy and was not part of this scan",
    ),
    "no scanner at all": (
        scan(scanners=()),
        policy(),
        "scanner",
        "",
        "no scanner was part of this scan",
    ),
    "a required scanner failed": (
        scan(scanners=(FAILED_RUN,)),
        DEMANDING,
        "scanner",
        "bandit",
        "bandit failed: it was killed",
    ),
    "a scanner that nobody requires failed": (
        scan(scanners=(SEMGREP, FAILED_RUN)),
        policy(),
        "scanner",
        "bandit",
        "bandit failed: it was killed",
    ),
    "an optional scanner was the only one and failed": (
        scan(scanners=(FAILED_RUN,)),
        OPTIONAL,
        "scanner",
        "",
        "no scanner completed",
    ),
    "skipped although there was something to do": (
        scan(scanners=(changed(NOTHING, selected=3, reason="asked to"),)),
        DEMANDING,
        "scanner",
        "bandit",
        "bandit was skipped: asked to",
    ),
    "skipped, and nobody says that there was nothing to do": (
        scan(scanners=(changed(NOTHING, idle=False),)),
        DEMANDING,
        "scanner",
        "bandit",
        "bandit was skipped: nothing in the target concerns it",
    ),
    "nobody could look at anything": (
        scan(scanners=(changed(NOTHING, idle=False, reason="only gaps"),), gaps=(gap(),)),
        tolerating(tolerance()),
        "scanner",
        "",
        "no scanner completed",
    ),
    "completed without its control": (
        scan(scanners=(changed(BANDIT, control=False),)),
        DEMANDING,
        "scanner",
        "bandit",
        "bandit did not find its positive control, so it did not scan",
    ),
    "completed without its control with nothing selected": (
        scan(scanners=(changed(BANDIT, control=False, selected=0, looked_at=0),)),
        DEMANDING,
        "scanner",
        "bandit",
        "bandit did not find its positive control, so it did not scan",
    ),
    "not everything looked at": (
        scan(scanners=(changed(BANDIT, looked_at=1),)),
        DEMANDING,
        "scanner",
        "bandit",
        "bandit looked at 1 of 3, and no gap accounts for 2 of them",
    ),
    "not everything looked at, and a gap accounts for a part only": (
        scan(scanners=(changed(BANDIT, looked_at=1),), gaps=(gap(), gap(line=9))),
        tolerating(tolerance()),
        "scanner",
        "bandit",
        "bandit looked at 1 of 3, and no gap accounts for 1 of them",
    ),
    "a gap of another scanner accounts for nothing": (
        scan(scanners=(changed(BANDIT, looked_at=2),), gaps=(gap(scanner="secscan"),)),
        tolerating(tolerance()),
        "scanner",
        "bandit",
        "bandit looked at 2 of 3, and no gap accounts for 1 of them",
    ),
    "a gap about what is never counted accounts for nothing": (
        scan(scanners=(changed(BANDIT, looked_at=2),), gaps=(gap(GapKind.VERSION_RANGE, "flask>=2"),)),
        tolerating(tolerance(GapKind.VERSION_RANGE)),
        "scanner",
        "bandit",
        "bandit looked at 2 of 3, and no gap accounts for 1 of them",
    ),
    "more looked at than there was": (
        scan(scanners=(changed(BANDIT, looked_at=4),)),
        DEMANDING,
        "scanner",
        "bandit",
        "bandit says it looked at 4 where 3 were counted",
    ),
    "an empty tree": (
        scan(target=EMPTY, scanners=(NOTHING,)),
        DEMANDING,
        "target",
        "shop",
        "the target holds no file in scope",
    ),
    "a gap": (
        scan(gaps=(gap(),)),
        DEMANDING,
        "gap",
        "unparsable",
        "bandit could not look at 1 (unparsable): a.py",
    ),
    "a gap of our own inventory": (
        scan(gaps=(gap(GapKind.UNREADABLE, scanner="secscan"),)),
        DEMANDING,
        "gap",
        "unreadable",
        "secscan could not look at 1 (unreadable): a.py",
    ),
    "a gap of another kind than the tolerated one": (
        scan(gaps=(gap(GapKind.TIMEOUT),)),
        tolerating(tolerance()),
        "gap",
        "timeout",
        "bandit could not look at 1 (timeout): a.py",
    ),
    "a gap of another scanner than the tolerated one": (
        scan(gaps=(gap(),)),
        tolerating(tolerance(scanners=("semgrep",))),
        "gap",
        "unparsable",
        "bandit could not look at 1 (unparsable): a.py",
    ),
    "a gap elsewhere than where it is tolerated": (
        scan(gaps=(gap(),)),
        tolerating(tolerance(paths=("tests/**",))),
        "gap",
        "unparsable",
        "bandit could not look at 1 (unparsable): a.py",
    ),
    "one gap more than is tolerated, and then none of them is": (
        scan(gaps=(gap(), gap(subject="b.py"))),
        tolerating(tolerance(at_most=1), tolerance()),
        "gap",
        "unparsable",
        "bandit could not look at 2 (unparsable): a.py, b.py; the policy tolerates at most 1 such",
    ),
    "many gaps are one reason": (
        scan(gaps=tuple(gap(subject=f"{name}.py") for name in "edcba")),
        DEMANDING,
        "gap",
        "unparsable",
        "bandit could not look at 5 (unparsable): a.py, b.py, c.py and 2 more",
    ),
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_each_reason_alone_makes_the_verdict_incomplete(name: str) -> None:
    seen, judged_by, about, subject, text = INCOMPLETE[name]
    judgement = judge(seen, judged_by, NOW)
    assert judgement.verdict is Verdict.INCOMPLETE
    assert [(one.verdict, one.about, one.subject, one.text) for one in judgement.reasons] == [
        (Verdict.INCOMPLETE, about, subject, text)
    ]


@pytest.mark.parametrize("name", INCOMPLETE)
def test_failed_beats_each_of_them_and_both_reasons_are_kept(name: str) -> None:
    seen, judged_by, _, _, text = INCOMPLETE[name]
    judgement = judge(changed(seen, findings=(SQL,)), changed(judged_by, rules=(BLOCKS_HIGH, samples.CATCH_ALL)), NOW)
    assert judgement.verdict is Verdict.FAILED
    assert judgement.reasons[0].about == "finding"
    assert text in [one.text for one in judgement.reasons]


PASSED: dict[str, tuple[Scan, Policy]] = {
    "nothing in the target concerns the required scanner": (scan(scanners=(NOTHING,)), DEMANDING),
    "an optional scanner failed": (scan(scanners=(SEMGREP, FAILED_RUN)), OPTIONAL),
    "an optional scanner is absent": (scan(scanners=(SEMGREP,)), OPTIONAL),
    "gaps of an optional scanner": (scan(scanners=(SEMGREP, BANDIT), gaps=(gap(),)), OPTIONAL),
    "a gap accounts for what was not looked at": (
        scan(scanners=(changed(BANDIT, looked_at=2),), gaps=(gap(),)),
        tolerating(tolerance()),
    ),
    "all that concerns a scanner are gaps, and tolerated": (
        scan(scanners=(changed(NOTHING, idle=False, reason="only gaps"), SEMGREP), gaps=(gap(),)),
        tolerating(tolerance()),
    ),
    "as many gaps as are tolerated, counted by file": (
        scan(gaps=(gap(line=1), gap(line=2))),
        tolerating(tolerance(at_most=1)),
    ),
    "each tolerance counts for itself": (
        scan(gaps=(gap(subject="tests/a.py"), gap())),
        tolerating(tolerance(paths=("tests/**",), at_most=1), tolerance(at_most=1)),
    ),
    "an empty change": (scan(target=changed(EMPTY, kind="diff"), scanners=(NOTHING,)), DEMANDING),
    "nothing staged": (scan(target=changed(EMPTY, kind="staged"), scanners=(NOTHING,)), DEMANDING),
}


@pytest.mark.parametrize("name", PASSED)
def test_what_passes(name: str) -> None:
    assert judge(*PASSED[name], NOW).reasons == ()


def test_everything_at_once() -> None:
    seen = scan(
        target=EMPTY,
        scanners=(FAILED_RUN, changed(SEMGREP, control=False)),
        findings=(FLASK, SQL),
        gaps=(gap(GapKind.TIMEOUT), gap(subject="tests/a.py")),
    )
    judged_by = policy(BLOCKS_HIGH, required=("pip-audit", "bandit"), tolerated_gaps=(tolerance(),))
    judgement = judge(seen, judged_by, NOW)
    assert judgement.verdict is Verdict.FAILED
    assert [(one.about, one.subject) for one in judgement.reasons] == [
        ("finding", "1flask"),
        ("finding", "1sql"),
        ("target", "shop"),
        ("scanner", "pip-audit"),
        ("scanner", "bandit"),
        ("scanner", "semgrep"),
        ("gap", "timeout"),
    ]
    assert [(one.kind, one.count, one.reason) for one in judgement.tolerated] == [("unparsable", 1, "on purpose")]


def test_reasons_for_findings_say_what_where_why_and_what_to_do_worst_first() -> None:
    doubtful = changed(SQL, fingerprint="1b", confidence=Confidence.LOW)
    critical = changed(SQL, fingerprint="1c", severity=Severity.CRITICAL)
    judgement = judge(scan(findings=(doubtful, SQL, critical)), policy(rule("block", "all", kind=["sast"])), NOW)
    assert [one.subject for one in judgement.reasons] == ["1c", "1sql", "1b"]
    assert judgement.reasons[1].text == "SQL injection (high) in src/shop/db.py:12: because of all"
    assert judgement.reasons[1].hint == "Pass values as query parameters."


def test_hints_come_from_the_run_and_from_the_most_common_remedy() -> None:
    gaps = (gap(remedy="z"), gap(subject="b.py", remedy="a"), gap(subject="c.py", remedy="z"), gap(subject="d.py"))
    judgement = judge(scan(scanners=(FAILED_RUN,), gaps=gaps), DEMANDING, NOW)
    assert [one.hint for one in judgement.reasons] == ["give it more memory", "z"]


def test_tolerated_gaps_are_counted_by_kind_and_reason() -> None:
    other = Tolerance(kinds=(GapKind.UNPARSABLE,), reason="documentation", paths=("docs/**",))
    judged_by = tolerating(other, tolerance(GapKind.UNPARSABLE, GapKind.TIMEOUT))
    gaps = (gap(subject="docs/a.py"), gap(), gap(subject="b.py"), gap(GapKind.TIMEOUT))
    assert [(one.kind, one.count, one.reason) for one in judge(scan(gaps=gaps), judged_by, NOW).tolerated] == [
        ("timeout", 1, "on purpose"),
        ("unparsable", 1, "documentation"),
        ("unparsable", 2, "on purpose"),
    ]


def test_log_mode_says_what_it_would_have_been() -> None:
    judgement = judge(scan(findings=(SQL,)), changed(DEMANDING, mode=Mode.LOG), NOW)
    assert judgement.verdict is Verdict.FAILED
    assert judgement.log_only


def test_an_earlier_judgement_is_not_looked_at() -> None:
    passed = judge(scan(), DEMANDING, NOW)
    assert judge(scan(findings=(SQL,), judgement=passed), DEMANDING, NOW).verdict is Verdict.FAILED


@pytest.mark.parametrize("findings", [(SQL, SQL), (changed(SQL, fingerprint=""),)])
def test_findings_that_cannot_be_told_apart_are_a_bug(findings: tuple[Finding, ...]) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        judge(scan(findings=findings), DEMANDING, NOW)


def test_the_time_of_judgement_must_be_a_moment() -> None:
    with pytest.raises(ValueError, match="time zone"):
        judge(scan(), DEMANDING, datetime(2026, 1, 1))


runs = st.builds(
    lambda missing, selected, **fields: ScannerRun(
        selected=selected, looked_at=selected - min(missing, selected), **fields
    ),
    missing=st.sampled_from([0, 0, 0, 1]),
    selected=st.integers(0, 3),
    scanner=samples.names,
    status=st.sampled_from([RunStatus.COMPLETED, RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.SKIPPED]),
    control=st.sampled_from([True, True, False]),
    idle=st.booleans(),
)
scans = st.builds(
    lambda findings, gaps, scanners, kind, files: scan(
        findings=tuple(findings),
        gaps=tuple(gaps),
        scanners=tuple(scanners),
        target=changed(TREE, kind=kind, files=files),
    ),
    st.lists(samples.findings, max_size=3, unique_by=lambda one: one.fingerprint),
    st.lists(samples.gaps, max_size=3),
    st.lists(runs, max_size=4, unique_by=lambda one: one.scanner),
    st.sampled_from(["tree", "diff"]),
    st.sampled_from([0, 5]),
)
SOFTNESS = {Verdict.FAILED: 0, Verdict.INCOMPLETE: 1, Verdict.PASSED: 2}


def no_softer(before: Scan, after: Scan, judged_by: Policy) -> None:
    assert SOFTNESS[judge(after, judged_by, NOW).verdict] <= SOFTNESS[judge(before, judged_by, NOW).verdict]


@given(scans, samples.policies, samples.findings)
def test_one_more_finding_never_softens_the_verdict(seen: Scan, judged_by: Policy, more: Finding) -> None:
    no_softer(seen, changed(seen, findings=(*seen.findings, changed(more, fingerprint="1new"))), judged_by)


@given(scans, samples.policies, samples.gaps)
def test_one_more_thing_that_could_not_be_looked_at_never_softens_the_verdict(
    seen: Scan, judged_by: Policy, more: Gap
) -> None:
    """One more that was counted, not looked at, and has its gap. (A gap that is added for something that was missing
    without one does account for it, and may be tolerated.)"""
    more = changed(more, subject="src/new.py")
    concerned = {run.status: run for run in seen.scanners if run.scanner == more.scanner}
    assume(RunStatus.SKIPPED not in concerned or concerned[RunStatus.SKIPPED].idle)
    counts = {
        id(run): {"selected": run.selected + 1} if run.status is RunStatus.COMPLETED else {"idle": False}
        for run in concerned.values()
    }
    counted = tuple(changed(run, **counts.get(id(run), {})) for run in seen.scanners)
    no_softer(seen, changed(seen, gaps=(*seen.gaps, more), scanners=counted), judged_by)


@given(scans, samples.policies, st.data())
def test_a_failing_scanner_never_softens_the_verdict(seen: Scan, judged_by: Policy, data: st.DataObject) -> None:
    if not seen.scanners:
        return
    index = data.draw(st.integers(0, len(seen.scanners) - 1))
    broken = list(seen.scanners)
    broken[index] = changed(broken[index], status=RunStatus.FAILED)
    no_softer(seen, changed(seen, scanners=tuple(broken)), judged_by)
    if judged_by.required:
        gone = tuple(run for run in seen.scanners if run.scanner != judged_by.required[0])
        assert judge(changed(seen, scanners=gone), judged_by, NOW).verdict is not Verdict.PASSED


@given(scans, samples.policies)
def test_order_does_not_matter(seen: Scan, judged_by: Policy) -> None:
    mixed = random.Random(7)
    shuffled = changed(
        seen,
        findings=tuple(mixed.sample(seen.findings, len(seen.findings))),
        gaps=tuple(mixed.sample(seen.gaps, len(seen.gaps))),
        scanners=tuple(mixed.sample(seen.scanners, len(seen.scanners))),
    )
    assert judge(shuffled, judged_by, NOW) == judge(seen, judged_by, NOW)


def test_gaps_that_several_scanners_have_in_common_are_one_reason() -> None:
    both = [gap(GapKind.BROKEN_MANIFEST, "uv.lock", name) for name in ("osv", "pip-audit")]
    own = gap(GapKind.BROKEN_MANIFEST, "go.mod", "bandit")
    texts = [one.text for one in judge(scan(gaps=(*both, own)), DEMANDING, NOW).reasons]
    assert texts == [
        "bandit could not look at 1 (broken-manifest): go.mod",
        "osv and pip-audit could not look at 1 (broken-manifest): uv.lock",
    ]
