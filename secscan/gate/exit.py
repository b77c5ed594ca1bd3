"""How the process ends, by the verdict."""

from __future__ import annotations

from collections.abc import Collection

from secscan.errors import ExitCode
from secscan.findings.judgement import Judgement
from secscan.findings.levels import Verdict

_CODES = {
    Verdict.PASSED: ExitCode.PASSED,
    Verdict.FAILED: ExitCode.FAILED,
    Verdict.INCOMPLETE: ExitCode.INCOMPLETE,
}

_WORST_FIRST = (ExitCode.BUG, ExitCode.FAILED, ExitCode.INCOMPLETE)


def exit_code(judgement: Judgement) -> ExitCode:
    """Return the exit code; under a policy in `mode: log` that is always `PASSED`."""
    return ExitCode.PASSED if judgement.log_only else _CODES[judgement.verdict]


def stops(judgement: Judgement) -> bool:
    """Return whether the build ends here."""
    return exit_code(judgement) is not ExitCode.PASSED


def worst(codes: Collection[int]) -> ExitCode:
    """Return how several scans end together: failed beats incomplete."""
    return next((code for code in _WORST_FIRST if code in codes), ExitCode.PASSED)
