"""A saved scan that contradicts itself is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from secscan.errors import SavedScanError
from secscan.findings.judgement import Judgement, Reason, verdict_of
from secscan.findings.levels import Verdict
from secscan.findings.scan import Scan, dumps, loads
from tests.support.scans import NOTE, SPREAD, TAINTED, run, scan_of

SCAN = scan_of(TAINTED, NOTE, SPREAD)
assert SCAN.judgement is not None
JUDGED: Judgement = SCAN.judgement


def reason(verdict: Verdict) -> Reason:
    return Reason(verdict=verdict, about="gap", subject="timeout", text="t")


def judgement(**fields: Any) -> Scan:
    return msgspec.structs.replace(SCAN, judgement=msgspec.structs.replace(JUDGED, **fields))


def runs(*scanners: Any) -> Scan:
    return msgspec.structs.replace(SCAN, scanners=scanners)


def test_what_we_write_does_not_contradict_itself() -> None:
    assert JUDGED.verdict is Verdict.FAILED
    assert loads(dumps(SCAN)) == SCAN


@pytest.mark.parametrize(
    ("scan", "said"),
    [
        (judgement(verdict=Verdict.PASSED), "the verdict is passed where its reasons say failed"),
        (judgement(verdict=Verdict.INCOMPLETE), "the verdict is incomplete where its reasons say failed"),
        (judgement(reasons=()), "the verdict is failed where its reasons say passed"),
        (
            judgement(verdict=Verdict.PASSED, reasons=(reason(Verdict.INCOMPLETE),)),
            "the verdict is passed where its reasons say incomplete",
        ),
        (judgement(decisions=JUDGED.decisions[:-1]), "there is no decision on it"),
        (judgement(decisions=(*JUDGED.decisions, JUDGED.decisions[0])), "there are 2 decisions on the finding"),
        (runs(run("bandit"), run("bandit")), "the scanner bandit stands there twice"),
        (runs(run("bandit", selected=1, looked_at=2)), "looked at 2 where 1 were counted"),
        (runs(run("bandit", selected=1, looked_at=-1)), "looked at -1 where 1 were counted"),
        (runs(run("bandit", selected=-1, looked_at=-1)), "looked at -1 where -1 were counted"),
    ],
)
def test_a_contradiction_is_damage(scan: Scan, said: str) -> None:
    with pytest.raises(SavedScanError, match=said) as caught:
        loads(dumps(scan), origin="x.json")
    assert caught.value.message.startswith("x.json is damaged: ")
    assert caught.value.hint == "scan again"


def test_the_worst_reason_is_the_verdict() -> None:
    failed, incomplete = reason(Verdict.FAILED), reason(Verdict.INCOMPLETE)
    assert verdict_of(()) is Verdict.PASSED
    assert verdict_of((incomplete,)) is Verdict.INCOMPLETE
    assert verdict_of((incomplete, failed)) is Verdict.FAILED
