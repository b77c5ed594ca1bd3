"""Scans over time: which counts, which is left out, and when findings came and went."""

from __future__ import annotations

import msgspec
import pytest

from secscan.compliance.assess import assess
from secscan.compliance.inputs import arrange
from secscan.compliance.model import Status
from secscan.errors import UsageError
from secscan.findings.scan import Scan
from tests.support.compliance import at, given, house, over_time
from tests.support.scans import PACKAGE, TAINTED, run, scan_of

BOTH, NONE = scan_of(TAINTED, PACKAGE), scan_of()
CRASHED = scan_of(scanners=(run("bandit"), run("pip-audit"), run("semgrep", control=False)))


def test_the_last_scan_counts_whatever_the_order_of_the_arguments() -> None:
    late, early = given("late", at(NONE, "2026-02-01")), given("early", at(BOTH, "2026-01-01"))
    for order in ([late, early], [early, late]):
        held = assess(order, house())
        assert held.subjects[0].states[0].status is Status.EVIDENCE
        assert [point.status for point in held.subjects[0].trends[0].points] == ["findings-open", "evidence"]


def test_a_finding_is_gone_only_when_everything_was_looked_at() -> None:
    days = ("2026-01-01", "2026-01-02", "2026-01-03")
    scans = [given(day, at(scan, day)) for day, scan in zip(days, (BOTH, CRASHED, NONE), strict=True)]
    (life,) = assess(scans, house()).subjects[0].trends[0].lives
    assert (life.first_seen, life.last_seen, life.gone) == tuple(
        f"{day}T10:00:00Z" for day in (days[0], days[0], days[2])
    )
    (life,) = assess(scans[:2], house()).subjects[0].trends[0].lives
    assert (life.gone, life.unsure) == ("", True)


def test_one_that_comes_back_is_there() -> None:
    scans = [given(str(day), at(scan, f"2026-01-0{day}")) for day, scan in enumerate((BOTH, NONE, BOTH), 1)]
    (life,) = assess(scans, house()).subjects[0].trends[0].lives
    assert (life.last_seen[:10], life.gone, life.unsure) == ("2026-01-03", "", False)


def test_the_first_time_may_be_older_than_the_scans() -> None:
    def known(scan: Scan) -> Scan:
        assert scan.judgement is not None
        old = tuple(
            msgspec.structs.replace(one, first_seen="2025-06-01T00:00:00+02:00") for one in scan.judgement.decisions
        )
        return msgspec.structs.replace(scan, judgement=msgspec.structs.replace(scan.judgement, decisions=old))

    scans = [given(str(day), at(known(BOTH), f"2026-01-0{day}")) for day in (1, 2)]
    (life,) = assess(scans, house()).subjects[0].trends[0].lives
    assert life.first_seen == "2025-06-01T00:00:00+02:00"


def test_different_targets_are_different_subjects() -> None:
    changes = (
        {},
        {"name": "till"},
        {"repository": "https://x"},
        {"branch": "main"},
        {"prefix": "a/"},
        {"kind": "image"},
    )
    inputs = arrange([given(str(change), at(NONE, "2026-01-01", **change)) for change in changes])
    assert len(inputs.timelines) == len(changes)


def test_since_leaves_out_what_is_older_and_says_so() -> None:
    inputs = over_time().inputs
    assert [one.name for one in inputs.left_out] == ["scan 1.json"]
    assert [len(one.inputs) for one in inputs.timelines] == [3, 1]


@pytest.mark.parametrize("since", ["soon", "2026-1-x", "20260101T00"])
def test_what_is_no_day_is_refused(since: str) -> None:
    with pytest.raises(UsageError, match="is not a day"):
        arrange([given("a", BOTH)], since=since)


def test_what_nobody_can_put_in_order_is_refused() -> None:
    timeless = msgspec.structs.replace(NONE, run=None)
    assert len(arrange([given("a", timeless)]).timelines) == 1
    with pytest.raises(UsageError, match="does not say when"):
        arrange([given("a", timeless), given("b", BOTH)])
    with pytest.raises(UsageError, match="same moment"):
        arrange([given("a", NONE), given("b", BOTH)])
    with pytest.raises(UsageError, match="is the same scan as a"):
        arrange([given("a", NONE), given("b", NONE)])
    with pytest.raises(UsageError, match="no scan began"):
        arrange([given("a", NONE)], since="2027-01-01")
    with pytest.raises(UsageError, match="no scan began"):
        arrange([given("a", timeless)], since="2020-01-01")
