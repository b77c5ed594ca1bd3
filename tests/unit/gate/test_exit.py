from __future__ import annotations

import pytest

from secscan.errors import ExitCode
from secscan.findings.judgement import Judgement
from secscan.findings.levels import Verdict
from secscan.gate.exit import exit_code, worst


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.PASSED, ExitCode.PASSED),
        (Verdict.FAILED, ExitCode.FAILED),
        (Verdict.INCOMPLETE, ExitCode.INCOMPLETE),
    ],
)
def test_each_verdict_has_its_exit_code_and_log_mode_has_none(verdict: Verdict, code: ExitCode) -> None:
    judgement = Judgement(policy="p", policy_digest="d", verdict=verdict)
    assert exit_code(judgement) is code
    assert exit_code(Judgement(policy="p", policy_digest="d", verdict=verdict, log_only=True)) is ExitCode.PASSED


def test_failed_beats_incomplete() -> None:
    assert worst([0, 3, 1]) == 1
    assert worst([0, 3]) == 3
    assert worst([1, 4]) == 4
    assert worst([0, 0]) == 0
