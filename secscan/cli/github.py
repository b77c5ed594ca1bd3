"""`secscan github`: the steps of the action, and what a workflow without it can use of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from secscan.errors import SecscanError
    from secscan.findings.scan import Scan

_NO_RIGHT = "this run is for a fork, or nobody knows from where, so that its token may not write"
TOKEN = "SECSCAN_GITHUB_TOKEN"  # noqa: S105 - the name of a variable


def base() -> None:
    """Find the commit that judges this run, and fetch it where the checkout does not have it.

    A step of the action. Sets the outputs policy-ref and baseline-ref.
    """
    from secscan.errors import SecscanError
    from secscan.github.base import base_of
    from secscan.github.inputs import read_inputs
    from secscan.github.workflow import say, set_outputs

    inputs, token = read_inputs(os.environ), os.environ.get(TOKEN, "")
    try:
        found = base_of(inputs, os.environ, token=token, warn=lambda text: say("warning", text, title="secscan"))
    except SecscanError as error:
        say("error", f"{error.message}. {error.hint}", title="secscan: incomplete")
        raise
    set_outputs({"policy-ref": found.policy_ref, "baseline-ref": found.baseline_ref})
    sys.stdout.write(f"judged by: {found.policy_ref or 'what is shipped, and what the inputs name'}\n")


def advisories() -> None:
    """Bring the advisory index of the action up to date. A step of the action.

    Where that fails, what is there goes on to be used: the scan says how old it is, and the policy how old it may be.
    """
    from secscan.cli.app import run
    from secscan.github.inputs import read_inputs
    from secscan.github.workflow import commands_stopped, say

    inputs = read_inputs(os.environ)
    with commands_stopped():
        code = run(
            [
                "advisories",
                "update",
                "--quiet",
                f"--from={inputs.text('advisories-from')}",
                "--",
                *inputs.words("advisories-ecosystems"),
            ]
        )
    if code:
        say("warning", "the advisories could not be brought up to date; see the log of this step", title="secscan")


def scan() -> None:
    """Scan, or merge shards, as the inputs of the action ask for, and tell GitHub what came of it. A step of the action.

    Exits as `secscan scan` does.
    """
    from tempfile import mkdtemp

    from secscan.cli.app import run, tell
    from secscan.errors import ExitCode, SecscanError
    from secscan.github.inputs import command_line, read_inputs
    from secscan.github.workflow import commands_stopped

    inputs = read_inputs(os.environ)
    folder = Path(mkdtemp(prefix="secscan-", dir=os.environ.get("RUNNER_TEMP") or None))
    why: list[SecscanError] = []
    with commands_stopped():
        try:
            arguments = command_line(
                inputs,
                folder,
                policy_ref=os.environ.get("SECSCAN_POLICY_REF", ""),
                baseline_ref=os.environ.get("SECSCAN_BASELINE_REF", ""),
            )
            wanted = {name: inputs.flag(name) for name in ("summary", "annotations", "upload-sarif")}
        except SecscanError as error:
            tell(error)
            why.append(error)
            code, wanted = int(error.exit_code), {}
        else:
            code = run(arguments, told=why.append)
    shown = {name.replace("-", "_"): on for name, on in wanted.items()}
    if inputs.text("shard") and code == ExitCode.PASSED:
        _tell_of_shard(folder, inputs.artifact)
    else:
        _tell_github(folder, code, why, artifact=inputs.artifact, **shown)
    raise typer.Exit(code)


def report(
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan (secscan.json).")],
    summary: Annotated[bool, typer.Option("--summary/--no-summary", help="Add the summary of the step.")] = True,
    annotations: Annotated[bool, typer.Option("--annotations/--no-annotations", help="Annotate lines of the change.")] = True,
) -> None:  # fmt: skip
    """Tell GitHub Actions of a saved scan: outputs, summary, annotations. For workflows without the action.

    Exits by the verdict, as `secscan scan` does.
    """
    from secscan.errors import ExitCode
    from secscan.findings.scan import load
    from secscan.gate.exit import exit_code
    from secscan.github.outputs import outputs_of
    from secscan.github.workflow import set_outputs

    scan = load(saved)
    code = exit_code(scan.judgement) if scan.judgement else ExitCode.INCOMPLETE
    set_outputs(outputs_of(scan, code))
    _show(scan, summary=summary, annotations=annotations)
    raise typer.Exit(code)


def comment(
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan (secscan.json).")],
    author: Annotated[str, typer.Option("--author", metavar="LOGIN", help="Who the token writes as.")] = "github-actions[bot]",
) -> None:  # fmt: skip
    """Make or replace the comment on the pull request of this run, with the token in SECSCAN_GITHUB_TOKEN.

    What fails here is a warning: the verdict is not told by a comment.
    """
    from secscan.ci.proposal import from_fork
    from secscan.errors import ReportError
    from secscan.findings.scan import load
    from secscan.github.comment import pull_request_of, put_comment
    from secscan.github.workflow import say
    from secscan.reports.contract import load_format
    from secscan.reports.pr_comment import mark

    scan, there = load(saved), pull_request_of(os.environ, os.environ.get(TOKEN, ""), author)
    if there is None:
        sys.stdout.write("no comment: this run is for no pull request\n")
        return
    if from_fork(os.environ):
        say("notice", f"no comment: {_NO_RIGHT}; see the summary", title="secscan")
        return
    try:
        done = put_comment(there, load_format("pr-comment").render(scan).decode("utf-8"), mark(scan))
    except ReportError as error:
        say("warning", f"no comment: {error.message}. {error.hint}", title="secscan")
    else:
        sys.stdout.write(f"comment {done}\n")


def _tell_github(
    folder: Path,
    code: int,
    why: Sequence[SecscanError],
    *,
    artifact: str,
    summary: bool = True,
    annotations: bool = True,
    upload_sarif: bool = False,
) -> None:
    """Outputs first: whatever breaks after them, the steps that follow know how the scan ended."""
    from secscan.ci.proposal import from_fork
    from secscan.errors import SecscanError
    from secscan.findings.scan import load
    from secscan.github.outputs import JUDGED, outputs_of, outputs_of_files, outputs_without_scan
    from secscan.github.workflow import say, set_outputs

    files = {**outputs_of_files(folder), "artifact-name": artifact}
    found, told = None, list(why)
    if code in JUDGED:
        try:
            found = load(folder / "secscan.json")
        except SecscanError as error:
            told.append(error)
    if found is None:
        set_outputs({**outputs_without_scan(code), **files})
        _tell_nothing_judged(code, told, summary=summary)
        return
    uploads = upload_sarif and "github-file" in files
    fork = uploads and from_fork(os.environ)
    set_outputs({**outputs_of(found, code), **files, "upload-sarif": str(uploads and not fork).lower()})
    if fork:
        say("notice", f"nothing goes to code scanning: {_NO_RIGHT}", title="secscan")
    _show(found, summary=summary, annotations=annotations)


def _tell_of_shard(folder: Path, artifact: str) -> None:
    """A shard that has done its work ends well, and has no verdict: whoever asks is told that it is incomplete."""
    from secscan.errors import ExitCode
    from secscan.findings.levels import Verdict
    from secscan.github.outputs import outputs_of_files
    from secscan.github.workflow import set_outputs

    outputs = {"verdict": Verdict.INCOMPLETE, "exit-code": str(int(ExitCode.PASSED)), "artifact-name": artifact}
    set_outputs({**outputs, **outputs_of_files(folder)})


def _tell_nothing_judged(code: int, why: Sequence[SecscanError], *, summary: bool) -> None:
    from secscan.github.workflow import add_summary, say
    from secscan.reports.escape import markdown

    reasons = [f"{one.message}. {one.hint}" for one in why] or ["The log of the step says why"]
    text = f"Nothing was judged, exit code {code}: {'; '.join(reasons)}."
    say("error", text, title="secscan: incomplete")
    if summary:
        page = f"## secscan: incomplete\n\n{markdown(text)}\n".encode("utf-8", "backslashreplace")
        add_summary(page, page)


def _show(scan: Scan, *, summary: bool, annotations: bool) -> None:
    from secscan.github.annotations import annotations_of
    from secscan.github.workflow import add_summary
    from secscan.reports.contract import load_format
    from secscan.reports.markdown_blocks import fitted, head
    from secscan.reports.present import Presentation

    if annotations:
        for one in annotations_of(scan):
            sys.stdout.buffer.write(one.command().encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    if summary:
        short = fitted(lambda _: [head(Presentation(scan))], 10_000)
        add_summary(load_format("markdown").render(scan), short)
