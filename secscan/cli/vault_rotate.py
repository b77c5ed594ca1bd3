"""`secscan vault rotate-plan`: what to do with the secrets that a scan found, and whether it was done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from secscan.findings.model import Finding
    from secscan.findings.scan import Scan
    from secscan.secrets.rotation import Rotation
    from secscan.stores.replaced import Replaced


def rotate_plan(
    scan: Annotated[Path, typer.Option("--scan", metavar="FILE", help="The saved scan.")] = Path("secscan.json"),
    diff: Annotated[str, typer.Option("--diff", metavar="BASE...HEAD", help="Say instead whether these commits replaced the literals.")] = "",
    path: Annotated[Path, typer.Option("--path", help="With --diff: the folder that was scanned.", show_default="the working directory")] = Path(),
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="text|markdown", help="What to write.")] = "text",
) -> None:  # fmt: skip
    """Print the steps that replace the secrets which a scan found: revoke, make anew, write to Vault, refer to it, verify.

    With --diff, say of each whether the literal is gone and a reference stands in its stead. Exits 1 if one is still
    there, 3 if a file could not be looked at, or if the scan did not look for all secrets.
    """
    from secscan.errors import ExitCode, UsageError
    from secscan.findings.levels import Kind
    from secscan.findings.scan import load
    from secscan.secrets.rotation import rotation

    if format_name not in {"text", "markdown"}:
        raise UsageError(f"there is no format {format_name!r}", hint="give text or markdown")
    saved = load(scan)
    plans = [rotation(one) for one in saved.findings if one.kind is Kind.SECRET]
    why = _not_detected(saved)
    if why:
        _warn(f"this scan may lack secrets: {why}")
    if diff:
        raise typer.Exit(ExitCode.INCOMPLETE if why else _check(saved, path, diff, markdown=format_name == "markdown"))
    if plans or not why:  # nothing found by nobody is not said to be nothing
        _write(_markdown(plans) if format_name == "markdown" else _text(plans))
    if why:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _check(saved: Scan, path: Path, diff: str, *, markdown: bool) -> int:
    from secscan.errors import ExitCode
    from secscan.stores.replaced import Fate, Now, replaced
    from secscan.targets.open import range_ends

    names = {place.location.path for one in saved.findings for place in one.each}
    ends = range_ends(path, diff, names)
    now = _look(path, ends.last)
    if why := _not_looked(now):
        _warn(why)
        return ExitCode.INCOMPLETE
    fates = replaced(
        saved.findings,
        Now(
            findings=now.findings,
            looked_at=frozenset(one.path for one in now.files),
            lost=frozenset(_lost(now, {*names, *ends.renamed.values()})),
            before=ends.before,
            after=ends.after,
            renamed=ends.renamed,
        ),
    )
    _write(_fates(fates, markdown=markdown))
    there = {one.fate for one in fates}
    if Fate.THERE in there:
        return ExitCode.FAILED
    return ExitCode.INCOMPLETE if Fate.UNKNOWN in there else ExitCode.PASSED


def _lost(now: Scan, names: set[str]) -> Iterator[str]:
    """What could not be looked at. Links and submodules hold no text of this commit, unless they took a file's place."""
    from secscan.findings.levels import GapKind

    for one in now.gaps:
        if one.kind not in {GapKind.LINK, GapKind.SUBMODULE} or one.subject in names:
            yield one.subject


def _look(path: Path, commit: str) -> Scan:
    """Everything that is a secret in the files of a commit, by our own detector."""
    from secscan import pipeline
    from secscan.gate.weakening import Terms
    from secscan.policy.load import load_policy
    from secscan.scanners.registry import SECRETS, all_scanners, choose
    from secscan.scanners.runner import available_cores
    from secscan.targets.open import TargetRequest

    return pipeline.scan(
        pipeline.ScanRequest(
            target=TargetRequest(path=path, commit=commit),
            scanners=choose((SECRETS,)),
            terms=Terms(load_policy("secrets-only", scanners=tuple(all_scanners()))),
            advisories=None,
            jobs=available_cores(),
        ),
        progress=lambda _: None,
    )


def _not_detected(saved: Scan) -> str:
    """Why the detector of secrets did not do its work in a scan; empty where it did."""
    from secscan.findings.levels import RunStatus
    from secscan.scanners.registry import SECRETS

    runs = [one for one in saved.scanners if one.scanner == SECRETS]
    if not runs:
        return "the detector of secrets was no part of it"
    for run in runs:
        if run.status is not RunStatus.COMPLETED:
            return f"the detector of secrets {run.status}: {run.reason or 'it does not say why'}"
        if not run.control:
            return "the detector of secrets did not find its positive control, so it did not scan"
    return ""


def _not_looked(now: Scan) -> str:
    from secscan.findings.levels import RunStatus

    failed = [one for one in now.scanners if one.status is RunStatus.FAILED]
    return f"the files could not be looked at: {failed[0].reason}" if failed else ""


def _text(plans: Sequence[Rotation]) -> Iterator[str]:
    from secscan.reports.present import counted

    yield f"{counted(len(plans), 'secret')} to replace" if plans else "The scan found no secret."
    for plan in plans:
        yield ""
        yield _head(plan.finding)
        for number, step in enumerate(plan.steps, start=1):
            yield f"  {number}. {step.what}"
            if step.command:
                yield f"       {step.command}"


def _markdown(plans: Sequence[Rotation]) -> Iterator[str]:
    from secscan.secrets.rotation import code

    yield "# Secrets to replace" if plans else "The scan found no secret."
    for plan in plans:
        yield ""
        yield f"## {code(_head(plan.finding))}"
        yield ""
        for number, step in enumerate(plan.steps, start=1):
            yield f"{number}. [ ] {step.what}{f' {code(step.command)}' if step.command else ''}"


def _fates(fates: Sequence[Replaced], *, markdown: bool) -> Iterator[str]:
    from secscan.secrets.rotation import code

    if not fates:
        yield "The scan found no secret."
    for one in fates:
        if markdown:
            yield f"- **{one.fate}**: {code(_head(one.finding))}: {code(one.detail)}"
        else:
            yield f"{one.fate}: {_head(one.finding)}"
            yield f"    {one.detail}"


def _head(finding: Finding) -> str:
    state = f", {finding.secret_state}" if finding.secret_state else ""
    return f"{finding.title} in {finding.place} ({finding.severity}{state})"


def _warn(text: str) -> None:
    say(f"secscan: {text}")


def _write(lines: Iterator[str]) -> None:
    from secscan.reports.escape import terminal

    for line in lines:
        sys.stdout.buffer.write(f"{terminal(line)}\n".encode("utf-8", errors="backslashreplace"))
    sys.stdout.buffer.flush()
