from __future__ import annotations

from typing import Any

import msgspec
import pytest

from secscan.correlate.merge import merge
from secscan.findings.levels import GapKind, Kind, Severity
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Report
from secscan.scanners.vault_audit import SCANNER, Checks
from secscan.stores.vault.hygiene.audit import CHECKS

PIECE = Checks(ids=tuple(CHECKS))


def parsed(**answer: Any) -> Report:
    document = {"problems": [], "unlooked": [], "done": sorted(CHECKS), "proved": sorted(CHECKS), **answer}
    said = msgspec.json.encode(document)
    return SCANNER.parse(Ended(argv=(), exit_code=0, stdout=said, stderr=b"", seconds=0, peak_megabytes=0), PIECE)


def test_a_problem_is_a_finding_about_its_place() -> None:
    (found,) = parsed(problems=[["2.1", "sys/policies/acl/all", "`*` gives sudo.", "high"]]).findings
    assert (found.kind, found.defect, found.severity) == (Kind.MISCONFIGURATION, "excessive-permissions", Severity.HIGH)
    assert found.location.path == "vault:sys/policies/acl/all"
    assert found.sources[0].rule == "secscan.vault.2.1"
    assert found.identifiers == ("CWE-250", "CWE-269")


def test_two_checks_at_one_place_stay_two() -> None:
    same = "auth/jwt/role/ci"
    report = parsed(problems=[["3.3", same, "x", None], ["3.4", same, "y", None], ["3.5", same, "z", None]])
    merged = merge(report.findings)
    assert sorted(one.sources[0].rule[-3:] for one in merged) == ["3.3", "3.4", "3.5"]
    assert len({one.fingerprint for one in merged}) == 3


def test_a_check_that_was_not_done_is_a_gap_that_accounts_for_it() -> None:
    report = parsed(unlooked=[["1.1", "not allowed", "let it"]], done=sorted(set(CHECKS) - {"1.1"}))
    (gap,) = report.gaps
    assert (gap.kind, gap.subject, gap.detail) == (GapKind.NOT_ASSESSED, "secscan.vault.1.1", "not allowed")
    assert len(report.looked_at) == len(CHECKS) - 1
    assert report.control


def test_a_check_that_does_not_find_its_control_did_not_look() -> None:
    assert not parsed(proved=sorted(set(CHECKS) - {"5.5"})).control


@pytest.mark.parametrize("answer", [{"done": ["9.9"]}, {"proved": ["x"]}, {"problems": [["9.1", "a", "b", None]]}])
def test_a_check_that_nobody_asked_for_is_no_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(MalformedOutput):
        parsed(**answer)


def test_a_name_of_others_is_path_text() -> None:
    (found,) = parsed(problems=[["2.1", "sys/policies/acl/\x1b[31m\u202e", "x", None]]).findings
    assert found.location.path == "vault:sys/policies/acl/%1B[31m%E2%80%AE"
