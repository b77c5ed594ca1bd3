"""What scans show about controls: every status, and that nothing that was not looked at looks clean."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from secscan.compliance.assess import assess
from secscan.compliance.model import Assessment, ControlState, Status
from secscan.findings.levels import GapKind, Kind, RunStatus, Verdict
from secscan.findings.model import Gap, Package
from secscan.findings.scan import Scan
from secscan.gate.judge import judged
from secscan.policy.load import load_policy
from tests.support.compliance import MAP, at, given, house
from tests.support.scans import AT, HOUSE_POLICY, MARKED, NOTE, PACKAGE, SPREAD, TAINTED, run, scan_of, waiver

SECRETS = run("secrets", kinds=(Kind.SECRET,))
ALL = (run("bandit"), run("pip-audit"), SECRETS, run("semgrep"))


def held(*scans: Scan, data: bytes = MAP) -> Assessment:
    return assess([given(str(number), scan) for number, scan in enumerate(scans)], house(data))


def state(scan: Scan, control: str, data: bytes = MAP) -> ControlState:
    (subject,) = held(scan, data=data).subjects
    return next(one for one in subject.states if one.id == control)


def seen(*findings: Any, **fields: Any) -> Scan:
    return scan_of(*findings, **{"scanners": ALL, **fields})


def test_where_everything_was_looked_at_and_nothing_found_there_is_evidence() -> None:
    here = state(seen(), "H.1")
    assert (here.status, here.doubts, here.found) == (Status.EVIDENCE, (), ())
    assert here.looked == ("bandit 1.0: 4 of 4", "semgrep 1.0: 4 of 4")
    assert (here.cwes, here.cwes_looked_for) == (2, 2)


def test_a_finding_that_nobody_accepts_is_open() -> None:
    here = state(seen(TAINTED), "H.1")
    assert (here.status, here.open, here.accepted) == (Status.FINDINGS_OPEN, 1, 0)
    assert here.found[0].cwes == (89,)
    assert state(seen(TAINTED), "H.2").status is Status.EVIDENCE


def test_a_warning_is_open_too() -> None:
    scan = seen(MARKED)
    assert scan.judgement is not None
    warned = msgspec.structs.replace(scan.judgement.decisions[0], action="warn", due="2026-03-01")
    scan = msgspec.structs.replace(scan, judgement=msgspec.structs.replace(scan.judgement, decisions=(warned,)))
    here = state(msgspec.json.decode(msgspec.json.encode(scan), type=Scan), "H.1")
    assert here.status is Status.FINDINGS_OPEN
    assert here.found[0].due == "2026-03-01"


def test_what_a_waiver_accepts_is_waived_and_never_evidence() -> None:
    policy = load_policy(str(HOUSE_POLICY), scanners=[])
    good, old = waiver("w", fingerprints=("aaaa0001",)), waiver("w", fingerprints=("aaaa0001",), expires="2025-01-01")
    here = state(judged(seen(TAINTED), policy, AT, waivers=(good,)), "H.1")
    assert (here.status, here.open, here.accepted, here.found[0].waiver) == (Status.WAIVED, 0, 1, "w")
    assert state(judged(seen(TAINTED), policy, AT, waivers=(old,)), "H.1").status is Status.FINDINGS_OPEN


def test_what_a_rule_of_the_policy_accepts_is_no_evidence_either() -> None:
    data = MAP.replace(b"cwes: [78, 89]", b"classes: [assert-used]")
    here = state(seen(NOTE), "H.1", data)
    assert (here.status, here.found[0].waiver) == (Status.WAIVED, "")


def test_each_place_of_a_secret_is_decided_by_itself() -> None:
    policy = load_policy(str(HOUSE_POLICY), scanners=[])
    some = waiver("w", fingerprints=("dddd0001", "dddd0003"))
    here = state(judged(seen(SPREAD), policy, AT, waivers=(some,)), "H.3")
    assert here.status is Status.FINDINGS_OPEN
    assert here.accepted >= 2
    assert len(here.found) == len(SPREAD.each)


UNTOLD = run("secrets", kinds=(Kind.SECRET,), status=RunStatus.SKIPPED, selected=0, looked_at=0, reason="only gaps")


@pytest.mark.parametrize(
    ("scanners", "said"),
    [
        ((run("bandit"), run("pip-audit"), run("semgrep")), "no scanner that looks for secret was part of the scan"),
        ((*ALL[:2], run("secrets", kinds=(Kind.SECRET,), status=RunStatus.FAILED, reason="killed"), ALL[3]), "killed"),
        ((*ALL[:2], run("secrets", kinds=(Kind.SECRET,), control=False), ALL[3]), "positive control"),
        ((*ALL[:2], run("secrets", kinds=(Kind.SECRET,), looked_at=3), ALL[3]), "looked at 3 of 4"),
        ((*ALL[:2], run("secrets", kinds=(Kind.SECRET,), status=RunStatus.SKIPPED, reason="off"), ALL[3]), "off"),
        ((*ALL[:2], UNTOLD, ALL[3]), "only gaps"),
        (
            (*ALL[:2], msgspec.structs.replace(UNTOLD, idle=True), ALL[3]),
            "nothing in scope",
        ),
        ((*ALL[:2], run("secrets", kinds=(Kind.SECRET,), selected=0, looked_at=0), ALL[3]), "nothing in scope"),
    ],
)
def test_a_scanner_that_did_not_look_is_no_evidence(scanners: tuple[Any, ...], said: str) -> None:
    here = state(seen(scanners=scanners), "H.3")
    assert here.status is Status.NOT_EVALUATED
    assert said in " ".join(here.doubts)


def test_one_scanner_of_a_kind_that_failed_is_enough_not_to_know() -> None:
    failed = (run("bandit"), *ALL[1:3], run("semgrep", status=RunStatus.FAILED, reason="killed", control=False))
    assert state(seen(scanners=failed), "H.1").status is Status.NOT_EVALUATED
    assert state(seen(scanners=failed), "H.2").status is Status.EVIDENCE


def test_open_and_not_looked_at_show_both_and_waived_never_hides_the_second() -> None:
    gap = Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="shop/old.py")
    scan = seen(TAINTED, gaps=(gap,))
    here = state(scan, "H.1")
    assert (here.status, bool(here.doubts)) == (Status.FINDINGS_OPEN, True)
    good = waiver("w", fingerprints=("aaaa0001",))
    accepted = judged(scan, load_policy(str(HOUSE_POLICY), scanners=[]), AT, waivers=(good,))
    assert state(accepted, "H.1").status is Status.NOT_EVALUATED
    assert held(scan).overall[0].incomplete


@pytest.mark.parametrize(
    ("scanner", "kind", "not_known"),
    [
        ("bandit", GapKind.UNPARSABLE, {"H.1"}),
        ("pip-audit", GapKind.NOT_ASSESSED, {"H.2"}),
        ("secscan", GapKind.UNREADABLE, {"H.1", "H.2", "H.3"}),
        ("secscan", GapKind.BROKEN_MANIFEST, {"H.2"}),
        ("a scanner that nobody knows", GapKind.TIMEOUT, {"H.1", "H.2", "H.3"}),
    ],
)
def test_a_gap_concerns_the_controls_that_its_scanner_covers(scanner: str, kind: GapKind, not_known: set[str]) -> None:
    (subject,) = held(seen(gaps=(Gap(scanner=scanner, kind=kind, subject="x"),))).subjects
    assert {one.id for one in subject.states if one.status is Status.NOT_EVALUATED} == not_known


def test_a_gap_that_the_policy_tolerates_is_shown_and_no_doubt() -> None:
    gap = Gap(scanner="pip-audit", kind=GapKind.VERSION_RANGE, subject="requests>=2")
    here = state(seen(gaps=(gap,)), "H.2")
    assert here.status is Status.EVIDENCE
    assert here.tolerated == ("pip-audit could not look at 1 (version-range): requests>=2",)


def test_an_unjudged_scan_is_evidence_for_nothing() -> None:
    (subject,) = held(msgspec.structs.replace(seen(TAINTED), judgement=None)).subjects
    by_id = {one.id: one for one in subject.states}
    assert by_id["H.1"].status is Status.FINDINGS_OPEN
    assert {by_id[name].status for name in ("H.2", "H.3")} == {Status.NOT_EVALUATED}
    assert all("nobody has judged this scan" in by_id[name].doubts for name in ("H.1", "H.2", "H.3"))


@pytest.mark.parametrize("kind", ["diff", "staged", "paths", "stdin"])
def test_a_scan_of_a_change_says_nothing_of_the_whole(kind: str) -> None:
    scan = at(seen(), "2026-01-31", kind=kind)
    assert state(scan, "H.1").status is Status.NOT_EVALUATED
    assert "only a change" in state(scan, "H.1").doubts[0]


def test_a_policy_that_only_logs_decides_nothing() -> None:
    scan = seen()
    logged = msgspec.structs.replace(scan, judgement=msgspec.structs.replace(scan.judgement, log_only=True))
    assert state(logged, "H.2").status is Status.NOT_EVALUATED
    assert "only logs" in state(logged, "H.2").doubts[0]


def test_what_scanners_cannot_test_is_left_to_people_unless_something_is_found() -> None:
    assert state(seen(), "H.4").status is Status.MANUAL
    assert state(seen(), "5 (b)").status is Status.MANUAL
    overflow = msgspec.structs.replace(TAINTED, identifiers=("CWE-787",), fingerprint="aaaa0042")
    assert state(seen(overflow), "5 (b)").status is Status.FINDINGS_OPEN
    unsaid = MAP.replace(b"    manual: Code in C\n", b"")
    assert state(seen(), "5 (b)", unsaid).status is Status.NOT_EVALUATED


def test_a_named_scanner_must_have_completed() -> None:
    data = MAP.replace(b"kinds: [secret]", b"kinds: [secret]\n        scanners: [gitleaks]")
    assert state(seen(), "H.3", data).doubts == ("gitleaks had to look, and did not complete",)


def test_a_finding_that_belongs_nowhere_is_unmapped_and_never_forced() -> None:
    (subject,) = held(seen(NOTE, TAINTED)).subjects
    assert [one.fingerprint for one in subject.unmapped] == ["aaaa0005"]


def test_the_cwe_of_a_library_is_not_that_of_the_code() -> None:
    library = msgspec.structs.replace(PACKAGE, identifiers=("CVE-2026-1", "CWE-89"))
    assert state(seen(library), "H.1").status is Status.EVIDENCE
    assert state(seen(library), "H.2").status is Status.FINDINGS_OPEN
    assert isinstance(library.package, Package)


def test_of_several_targets_the_worst_holds() -> None:
    both = held(at(seen(), "2026-01-31", name="till"), at(seen(TAINTED), "2026-01-31"))
    assert [len(one.states) for one in both.subjects] == [5, 5]
    assert {one.id: one.status for one in both.overall} == {
        "H.1": Status.FINDINGS_OPEN,
        "H.2": Status.EVIDENCE,
        "H.3": Status.EVIDENCE,
        "H.4": Status.MANUAL,
        "5 (b)": Status.MANUAL,
    }
    assert both.counts[Status.EVIDENCE] == 2


def test_no_control_is_clean_and_incomplete_at_once() -> None:
    gap = Gap(scanner="secscan", kind=GapKind.UNREADABLE, subject="x")
    for scan in (seen(), seen(gaps=(gap,)), seen(TAINTED), scan_of(scanners=())):
        for one in held(scan).subjects[0].states:
            assert not (one.status is Status.EVIDENCE and one.doubts)
            assert not (one.status is Status.WAIVED and one.doubts)


FACTS = (
    MAP
    + b"""\
  - id: H.6
    title: It is judged
    evidence:
      - facts: [judged, waivers-owned]
"""
)
IDLE = {"status": RunStatus.SKIPPED, "idle": True, "selected": 0, "looked_at": 0, "control": False}


def lenient(scan: Scan) -> Scan:
    """The scan as a policy would have it that demands nothing."""
    assert scan.judgement is not None
    passed = msgspec.structs.replace(scan.judgement, verdict=Verdict.PASSED, reasons=())
    return msgspec.structs.replace(scan, judgement=passed)


def unsaid(scan: Scan) -> Scan:
    assert scan.judgement is not None
    return msgspec.structs.replace(
        scan, judgement=msgspec.structs.replace(scan.judgement, verdict=Verdict.INCOMPLETE, reasons=())
    )


@pytest.mark.parametrize(
    ("scan", "said"),
    [
        (msgspec.structs.replace(seen(), judgement=None), "nobody has judged this scan"),
        (seen(target=msgspec.structs.replace(seen().target, files=0)), "the target holds no file in scope"),
        (at(seen(), "2026-01-01", kind="staged"), "only a change was looked at (staged)"),
        (at(seen(), "2026-01-01", kind="diff"), "only a change was looked at (diff)"),
        (seen(scanners=(SECRETS,)), "bandit is required by the policy and was not part of this scan"),
        (seen(gaps=(Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="old.py"),)), "old.py"),
        # A failed verdict may hide that it would be incomplete, too.
        (seen(TAINTED, scanners=(run("bandit"), run("semgrep"))), "pip-audit is required"),
        (seen(scanners=()), "was not part of this scan"),
        (lenient(seen(scanners=())), "no scanner completed"),
        (lenient(seen(scanners=(run("import:x", kinds=(Kind.SAST,)),))), "no scanner completed"),
        (lenient(seen(scanners=(run("bandit", control=False),))), "no scanner completed"),
        (lenient(seen(scanners=(run("bandit", **IDLE),))), "no scanner completed"),
        (lenient(seen(scanners=(run("bandit", selected=0, looked_at=0),))), "nothing was in scope"),
        (unsaid(seen()), "the verdict is incomplete"),
    ],
)
def test_facts_alone_are_no_evidence_where_the_scan_is_none(scan: Scan, said: str) -> None:
    assert state(seen(), "H.6", FACTS).status is Status.EVIDENCE
    here = state(scan, "H.6", FACTS)
    assert here.status is Status.NOT_EVALUATED
    assert said in " ".join(here.doubts)
