"""`secscan vault rotate-plan`: what to do with the secrets that a scan found, and whether it was done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help="text or markdown.")] = "text",
) -> None:  # fmt: skip
    """Print the steps that replace the secrets which a scan found: revoke, make anew, write to Vault, refer to it, verify.

    With --diff, say of each whether the literal is gone and a reference stands in its stead. Exits 1 if one is still
    there, 3 if one could not be looked at.
    """
    from secscan.errors import UsageError
    from secscan.findings.levels import Kind, RunStatus
    from secscan.findings.scan import load
    from secscan.scanners.registry import SECRETS
    from secscan.secrets.rotation import rotation

    if format_name not in {"text", "markdown"}:
        raise UsageError(f"there is no format {format_name!r}", hint="give text or markdown")
    saved = load(scan)
    secrets = [one for one in saved.findings if one.kind is Kind.SECRET]
    if diff:
        raise typer.Exit(_check(saved, path, diff, markdown=format_name == "markdown"))
    if not any(one.scanner == SECRETS and one.status is RunStatus.COMPLETED for one in saved.scanners):
        sys.stderr.write("secscan: the detector of secrets was no complete part of this scan; there may be more\n")
    plans = [rotation(one) for one in secrets]
    _write(_markdown(plans) if format_name == "markdown" else _text(plans))


def _check(saved: Scan, path: Path, diff: str, *, markdown: bool) -> int:
    from secscan.errors import ExitCode
    from secscan.stores.replaced import Fate, Now, replaced
    from secscan.targets.open import range_ends

    names = {place.location.path for one in saved.findings for place in one.each}
    ends = range_ends(path, diff, names)
    now = _look(path, ends.last)
    if why := _not_looked(now):
        sys.stderr.write(f"secscan: {why}\n")
        return ExitCode.INCOMPLETE
    fates = replaced(
        saved.findings,
        Now(
            findings=now.findings,
            looked_at=frozenset(one.path for one in now.files),
            lost=frozenset(one.subject for one in now.gaps),
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


def _write(lines: Iterator[str]) -> None:
    from secscan.reports.escape import terminal

    for line in lines:
        sys.stdout.buffer.write(f"{terminal(line)}\n".encode("utf-8", errors="backslashreplace"))
    sys.stdout.buffer.flush()
