"""What must be shown before a verdict can be `passed`: that every scanner did its work, on something.

A scanner starts as incomplete and becomes completed by evidence only: its control found, and everything
that was counted for it looked at or accounted for by a gap. Imported results are no evidence of anything, and held to
none; only that a tool says itself that it failed counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings.evidence import explained_subjects, trouble
from secscan.findings.judgement import Reason
from secscan.findings.levels import RunStatus, Verdict
from secscan.findings.model import ScannerRun, TargetInfo
from secscan.findings.scan import Scan
from secscan.policy.model import Policy

_MAY_BE_EMPTY = frozenset({"staged", "diff", "commits", "paths", "vault"})
"""Targets in which no file at all is an ordinary answer: nothing was changed, or it is a server."""

_DOCTOR = "run `secscan doctor` to see which scanners are there and what to do"


def missing_evidence(scan: Scan, policy: Policy) -> tuple[Reason, ...]:
    """Return one reason for everything that was to be looked at and was not, as far as scanners and target tell."""
    about_scanners = (*_absent(scan.scanners, policy), *_run_reasons(scan, policy))
    nobody = (*_nobody_looked(scan.scanners), *_unaudited(scan))
    return (*_target_reasons(scan.target), *(about_scanners or nobody))


def _target_reasons(target: TargetInfo) -> Iterator[Reason]:
    if target.files == 0 and target.kind not in _MAY_BE_EMPTY:
        yield _incomplete(
            "target", target.name, "the target holds no file in scope", "check the path, and what was left out of scope"
        )


def _unaudited(scan: Scan) -> Iterator[Reason]:
    """A server has no files, so that every scanner of files has nothing to do there: one must have looked at it."""
    if scan.target.kind == "vault" and not any(
        run.status is RunStatus.COMPLETED and run.looked_at and not run.imported for run in scan.scanners
    ):
        yield _incomplete("target", scan.target.name, "nobody looked at the server", _DOCTOR)


def _absent(runs: tuple[ScannerRun, ...], policy: Policy) -> Iterator[Reason]:
    there = {run.scanner for run in runs if not run.imported}
    for name in sorted(set(policy.required) - there):
        yield _incomplete(
            "scanner",
            name,
            f"{name} is required by the policy and was not part of this scan",
            f"scan with it; {_DOCTOR}",
        )


def _nobody_looked(runs: tuple[ScannerRun, ...]) -> Iterator[Reason]:
    """For a policy that requires no scanner, or lets each fail: that nobody looked is still no reason to pass."""
    runs = tuple(run for run in runs if not run.imported)
    if not runs:
        yield _incomplete("scanner", "", "no scanner was part of this scan", _DOCTOR)
    elif not any(run.status is RunStatus.COMPLETED or run.not_applicable for run in runs):
        yield _incomplete("scanner", "", "no scanner completed", _DOCTOR)


def _run_reasons(scan: Scan, policy: Policy) -> Iterator[Reason]:
    explained = explained_subjects(scan)
    with_gaps = {gap.scanner for gap in scan.gaps}
    optional = frozenset(policy.optional)
    for run in sorted(scan.scanners, key=lambda one: (one.scanner, one.reason)):
        # Where all that concerns a scanner are gaps, those are the reasons, each as the policy takes its kind.
        only_gaps = run.status is RunStatus.SKIPPED and not run.selected and run.scanner in with_gaps
        text = "" if run.scanner in optional or only_gaps else trouble(run, explained)
        if text:
            yield _incomplete("scanner", run.scanner, text, run.hint or _DOCTOR)


def _incomplete(about: str, subject: str, text: str, hint: str) -> Reason:
    return Reason(verdict=Verdict.INCOMPLETE, about=about, subject=subject, text=text, hint=hint)
