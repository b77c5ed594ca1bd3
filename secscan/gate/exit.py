"""How the process ends, by the verdict."""

from __future__ import annotations

from secscan.errors import ExitCode
from secscan.findings.judgement import Judgement
from secscan.findings.levels import Verdict

_CODES = {
    Verdict.PASSED: ExitCode.PASSED,
    Verdict.FAILED: ExitCode.FAILED,
    Verdict.INCOMPLETE: ExitCode.INCOMPLETE,
}


def exit_code(judgement: Judgement) -> ExitCode:
    """Return the exit code; under a policy in `mode: log` that is always `PASSED`."""
    return ExitCode.PASSED if judgement.log_only else _CODES[judgement.verdict]


def stops(judgement: Judgement) -> bool:
    """Return whether the build ends here."""
    return exit_code(judgement) is not ExitCode.PASSED
